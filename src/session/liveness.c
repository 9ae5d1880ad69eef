#include "session/liveness.h"

#include "base/span.h"
#include <stdio.h>

void liveness_init(struct liveness *l, uint64_t interval_us, uint64_t timeout_us, uint64_t now_us)
{
    *l = (struct liveness){
        .interval_us = interval_us, .timeout_us = timeout_us, .last_ping_us = now_us};
}

void liveness_sent(struct liveness *l, struct slice payload, uint64_t now_us)
{
    struct liveness_ping *ping = &l->pings[l->next];

    l->next = (l->next + 1) % LIVENESS_PINGS;
    l->forgotten += ping->waiting;
    ping->sent_us = now_us;
    ping->len = (uint8_t)(payload.len < LIVENESS_PAYLOAD ? payload.len : LIVENESS_PAYLOAD);
    if (ping->len)
        memcpy(ping->payload, payload.data, ping->len);
    ping->waiting = true;
}

bool liveness_pong(struct liveness *l, struct slice payload, uint64_t now_us, uint64_t *rtt_us)
{
    unsigned i;

    /* The latest first: nothing else distinguishes equal payloads. */
    for (i = 0; i < LIVENESS_PINGS; i++) {
        const struct liveness_ping *ping =
            &l->pings[(l->next + LIVENESS_PINGS - 1 - i) % LIVENESS_PINGS];

        if (ping->waiting && slice_equal(slice_make(ping->payload, ping->len), payload)) {
            *rtt_us = now_us - ping->sent_us;
            break;
        }
    }
    if (i == LIVENESS_PINGS)
        return false;
    for (; i < LIVENESS_PINGS; i++)
        l->pings[(l->next + LIVENESS_PINGS - 1 - i) % LIVENESS_PINGS].waiting = false;
    return true;
}

uint64_t liveness_unanswered(const struct liveness *l)
{
    uint64_t n = l->forgotten;

    for (unsigned i = 0; i < LIVENESS_PINGS; i++)
        n += l->pings[i].waiting;
    return n;
}

enum liveness_action liveness_due(struct liveness *l, uint64_t last_in_us, uint64_t now_us,
                                  uint64_t *wait_us)
{
    *wait_us = UINT64_MAX;
    if (last_in_us >= l->overdue_from_us)
        l->overdue_from_us = 0;
    if (l->overdue_from_us && l->timeout_us) {
        *wait_us = span_between(now_us, l->overdue_from_us + l->timeout_us);
        if (*wait_us == 0)
            return LIVENESS_LOST;
    }
    if (l->interval_us) {
        uint64_t next_ping = span_between(now_us, l->last_ping_us + l->interval_us);

        if (next_ping == 0) {
            l->last_ping_us = now_us;
            if (!l->overdue_from_us)
                l->overdue_from_us = now_us;
            return LIVENESS_PING;
        }
        if (next_ping < *wait_us)
            *wait_us = next_ping;
    }
    return LIVENESS_WAIT;
}

size_t liveness_payload(struct liveness *l, char text[24])
{
    return (size_t)snprintf(text, 24, "%llu", (unsigned long long)++l->sequence);
}
