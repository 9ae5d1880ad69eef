#include "decode/joining.h"

#include "decode/notes.h"

void joining_clear(struct joining *h)
{
    buf_clear(&h->texts);
}

int joining_send(struct joining *h, struct decode_layer *l, struct slice text)
{
    uint8_t *at;

    if (h->unconfirmed == 0 || text.len == 0 || decode_arena(l)->failed)
        return decode_send_text(l, text);
    h->texts.max = JOINING_MAX;
    at = buf_reserve(&h->texts, sizeof text.len + text.len);
    if (!at)
        return -1;
    memcpy(at, &text.len, sizeof text.len);
    memcpy(at + sizeof text.len, text.data, text.len);
    buf_filled(&h->texts, sizeof text.len + text.len);
    return 0;
}

int joining_answered(struct joining *h, struct decode_layer *l)
{
    if (h->unconfirmed > 0)
        h->unconfirmed--;
    while (h->unconfirmed == 0 && h->texts.len > 0) {
        size_t n;

        memcpy(&n, buf_data(&h->texts), sizeof n);
        buf_consume(&h->texts, sizeof n);
        if (decode_send_text(l, slice_make(buf_data(&h->texts), n)) != 0)
            return -1;
        buf_consume(&h->texts, n);
    }
    return 0;
}

int joining_findings(const struct joining *h, const char *for_what, struct buf *out)
{
    return h->texts.len == 0
               ? 0
               : notes_finding(out, "messages were not sent, because no answer to %s came",
                               for_what);
}
