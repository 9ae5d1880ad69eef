/*
 * decode_findings: what a stack reports about its connection: findings, names of close codes,
 * and lines for a pipe.
 */
#include "decode/decode_private.h"

void decode_closed(struct decode_stack *stack, uint16_t code, uint64_t now_us)
{
    stack->now_us = now_us;
    stack->close_code = code;
}

static void find(struct decode_stack *stack)
{
    stack->found = true;
    buf_reset(&stack->findings);
    for (unsigned i = 0; i < stack->count; i++) {
        struct decode_layer *l = &stack->layers[i];

        if (l->decoder->findings && l->decoder->findings(l, &stack->findings) != 0)
            return;
    }
}

const char *decode_finding(struct decode_stack *stack, unsigned index)
{
    const char *at, *end;

    if (!stack->found)
        find(stack);
    if (stack->findings.len == 0)
        return NULL;
    at = (const char *)buf_data(&stack->findings);
    end = at + stack->findings.len;
    for (; at != end && index > 0; index--)
        at += strlen(at) + 1;
    return at == end ? NULL : at;
}

const char *decode_close_name(const struct decode_stack *stack, uint16_t code)
{
    const char *name = NULL;

    for (unsigned i = 0; i < stack->count && !name; i++)
        name = stack->layers[i].decoder->close_name ? stack->layers[i].decoder->close_name(code)
                                                    : NULL;
    return name;
}

const char *decode_close_advice(const struct decode_stack *stack, uint16_t code)
{
    const char *advice = NULL;

    for (unsigned i = 0; i < stack->count && !advice; i++) {
        const struct decoder *d = stack->layers[i].decoder;

        advice = d->close_advice ? d->close_advice(code) : NULL;
    }
    return advice;
}

int decode_piped(struct decode_stack *stack, const struct event_decoded *item, struct buf *out)
{
    struct decode_layer *l = &stack->layers[item->layer];

    if (l->decoder->piped)
        return l->decoder->piped(l, item, out);
    if (item->role == DECODED_HEARTBEAT || item->role == DECODED_CONTROL ||
        item->role == DECODED_CARRIER)
        return 0;
    return buf_append_slice(out, item->data) == 0 ? 1 : -1;
}
