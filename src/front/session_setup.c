#include "front/session_setup.h"

struct session_config session_setup(const struct options *o, uint64_t start_us,
                                    uint64_t default_max)
{
    return (struct session_config){
        .channel = CHANNEL_WS,
        .ws =
            {
                .handshake = o->handshake,
                .dial = o->dial,
                .max_message = o->ws.max_message ? o->ws.max_message : default_max,
                .max_frame = o->ws.max_frame,
                .max_fragments = o->ws.max_fragments,
                .connect_timeout_us = o->ws.connect_timeout_us,
                .close_timeout_us = o->ws.close_timeout_us,
                .no_pong = o->ws.no_pong,
                .lenient = o->ws.lenient,
            },
        .header_cmd = o->ws.header_cmd,
        .follow = o->ws.follow,
        .max_redirects = (unsigned)(o->ws.max_redirects < 1000 ? o->ws.max_redirects : 1000),
        .ping_interval_us = o->ws.ping_interval_us,
        .ping_timeout_us = o->ws.ping_timeout_us,
        .account =
            {
                .seq = o->account.seq,
                .id = o->account.id,
                .epoch = o->account.epoch,
                .resume = o->account.resume,
                .resume_query = o->account.resume_query,
                .fail_on_loss = o->account.fail_on_loss,
            },
        .start_us = start_us,
    };
}
