#include "app/session_setup.h"

/* --max-message of answers and events if none is given: they are held whole. */
#define MAX_ANSWER (64ull * 1024 * 1024)

static struct backoff_plan backoff_setup(const struct retry_options *o)
{
    struct backoff_plan plan;

    (void)backoff_preset(o->preset, &plan); /* the options let no other name pass */
    if (o->tries != RETRY_PRESET)
        plan.tries = (uint32_t)o->tries;
    if (o->delay_us != RETRY_PRESET)
        plan.base_us = o->delay_us;
    if (o->max_delay_us != RETRY_PRESET)
        plan.cap_us = o->max_delay_us;
    if (o->factor > 0)
        plan.factor = o->factor;
    switch (o->jitter) {
    case RETRY_JITTER_NONE:
        plan.jitter = BACKOFF_EXACT;
        break;
    case RETRY_JITTER_FULL:
        plan.jitter = BACKOFF_FULL;
        break;
    case RETRY_JITTER_FRACTION:
        plan.jitter = BACKOFF_FRACTION;
        plan.fraction = o->fraction;
        break;
    default:
        break;
    }
    return plan;
}

static struct retry_config retry_setup(const struct retry_options *o)
{
    if (!o->preset)
        return (struct retry_config){.enabled = false};
    return (struct retry_config){
        .enabled = true,
        .plan = backoff_setup(o),
        .max_time_us = o->max_time_us,
        .stable_after_us = o->stable_after_us,
        .on = o->on,
        .not_on = o->not_on,
    };
}

struct session_config session_setup(const struct connect_options *o, uint64_t start_us,
                                    uint64_t default_max)
{
    return (struct session_config){
        .channel = o->http.channel,
        .ws =
            {
                .handshake = o->handshake,
                .dial = o->dial,
                .max_message = o->ws.max_message ? o->ws.max_message : default_max,
                .max_frame = o->ws.max_frame,
                .max_fragments = o->ws.max_fragments,
                .connect_timeout_us = o->ws.connect_timeout_us,
                .follow = o->ws.follow,
                .max_redirects =
                    (unsigned)(o->ws.max_redirects < 1000 ? o->ws.max_redirects : 1000),
                .close_timeout_us = o->ws.close_timeout_us,
                .no_pong = o->ws.no_pong,
                .lenient = o->ws.lenient,
            },
        .poll =
            {
                .common = {.no_keepalive = o->http.no_keepalive},
                .every_us = o->http.every_us,
                .jitter_us = o->http.jitter_us,
                .long_poll = o->http.long_poll,
                .method = o->http.method,
                .data = o->http.data,
            },
        .items = o->http.items,
        .fallback =
            {
                .url = o->http.fallback_text ? &o->http.fallback : NULL,
                .kind = o->http.fallback_channel,
                .after =
                    (unsigned)(o->http.fallback_after < 1000000 ? o->http.fallback_after : 1000000),
                .stable_us = o->retry.stable_after_us,
            },
        .max_answer = o->ws.max_message ? o->ws.max_message : MAX_ANSWER,
        .header_cmd = o->ws.header_cmd,
        .ping_interval_us = o->ws.ping_interval_us,
        .ping_timeout_us = o->ws.ping_timeout_us,
        .account =
            {
                .seq = o->account.seq,
                .seq_from = o->account.seq_from,
                .prev = o->account.prev,
                .id = o->account.id,
                .epoch = o->account.epoch,
                .resume = o->account.resume,
                .resume_query = o->account.resume_query,
                .catches_up = o->account.catchup_text != NULL,
                .fail_on_loss = o->account.fail_on_loss,
            },
        .decode = &o->decode,
        .greeting = o->on_connect,
        .retry = retry_setup(&o->retry),
        .catchup = o->account.catchup_text ? &o->account.catchup : NULL,
        .offline_queue = o->retry.offline_queue,
        .start_us = start_us,
    };
}
