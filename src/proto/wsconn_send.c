#include "proto/wsconn_private.h"

static uint8_t *reserve_more(struct wsconn *c, size_t n)
{
    if (c->config.spares)
        buf_take(&c->out, &c->config.spares->written);
    return buf_reserve(&c->out, n);
}

/* As buf_reserve, without the call where there is room. */
static inline uint8_t *reserve(struct wsconn *c, size_t n)
{
    struct buf *out = &c->out;

    if (out->cap - out->start - out->len >= n && out->data)
        return out->data + out->start + out->len;
    return reserve_more(c, n);
}

static void count_frame(struct wsconn *c, unsigned opcode, size_t wire)
{
    c->counters.frames_out++;
    c->counters.wire_out += wire;
    if (opcode == OPCODE_PING)
        c->counters.pings_out++;
    else if (opcode == OPCODE_PONG)
        c->counters.pongs_out++;
}

static void fill_sent(struct event_frame *sent, const struct frame_header *h, size_t wire,
                      struct slice shown)
{
    *sent = (struct event_frame){
        .opcode = h->opcode,
        .fin = h->fin,
        .rsv = h->rsv,
        .masked = h->masked,
        .length = shown.len,
        .wire = wire,
        .wire_length = h->length,
        .payload = shown,
    };
    if (h->masked)
        memcpy(sent->key, h->key, sizeof h->key);
}

/* Queue a frame: header as given, payload masked with its key. shown: the user's payload, before
 * compression. */
static inline int queue(struct wsconn *c, const struct frame_header *h, struct slice payload,
                        struct slice shown, struct event_frame *sent)
{
    uint8_t *to;
    size_t size;

    if (payload.len > SIZE_MAX - FRAME_HEADER_MAX)
        return WSCONN_FAILED;
    to = reserve(c, FRAME_HEADER_MAX + payload.len);
    if (!to)
        return WSCONN_FAILED;
    size = frame_encode(to, h);
    if (h->masked)
        frame_mask(to + size, payload.data, payload.len, h->key, 0);
    else if (payload.len > 0)
        memcpy(to + size, payload.data, payload.len);
    size += payload.len;
    buf_filled(&c->out, size);
    count_frame(c, h->opcode, size);
    if (sent)
        fill_sent(sent, h, size, shown);
    return 0;
}

/* RFC 6455, section 5.3: a client masks each frame with a fresh, unpredictable key; if none is
 * available, nothing is sent. */
static inline int draw_key(struct wsconn *c, struct frame_header *h)
{
    h->masked = c->config.role == WSCONN_CLIENT;
    return h->masked && rng_key(c->rng, h->key) < 0 ? WSCONN_FAILED : 0;
}

/* Compress a piece into c->deflated. */
static int deflate_piece(struct wsconn *c, struct slice data, bool final)
{
    const struct deflate_params *p = &c->config.deflate;
    bool server = c->config.role == WSCONN_SERVER;

    if (!c->deflater)
        c->deflater = deflater_new(
            server ? p->server_max_window_bits : p->client_max_window_bits,
            server ? p->server_no_context_takeover : p->client_no_context_takeover, p->level);
    buf_reset(&c->deflated);
    buf_trim(&c->deflated, MEMORY_KEPT);
    if (c->config.spares)
        buf_take(&c->deflated, &c->config.spares->deflated);
    if (!c->deflater || deflater_write(c->deflater, data.data, data.len, final, &c->deflated) < 0)
        return WSCONN_FAILED;
    return 0;
}

/* The context has seen bytes that the peer never will: forget it. A new one refers to nothing
 * before it, so the peer can follow. */
static void forget_context(struct wsconn *c)
{
    deflater_free(c->deflater);
    c->deflater = NULL;
}

int wsconn_send_message(struct wsconn *c, enum opcode type, struct slice data, bool first,
                        bool final, struct event_frame *sent)
{
    bool compressed = first ? c->config.deflate.enabled : c->sending_compressed;
    struct frame_header h;
    struct slice payload = data;
    int result;

    if (c->close_sent)
        return WSCONN_CLOSED;
    if (draw_key(c, &h) < 0)
        return WSCONN_FAILED;
    if (compressed) {
        result = deflate_piece(c, data, final);
        payload = buf_slice(&c->deflated);
    } else {
        result = 0;
    }
    h.opcode = first ? (uint8_t)type : OPCODE_CONT;
    h.fin = final;
    h.rsv = first && compressed ? 4 : 0;
    h.length = payload.len;
    if (result == 0)
        result = queue(c, &h, payload, data, sent);
    if (result < 0) {
        if (compressed)
            forget_context(c);
        return result;
    }
    c->sending_compressed = compressed;
    c->counters.payload_out += data.len;
    c->counters.messages_out += final;
    return 0;
}

/* The most common message of a client: one frame of up to 125 bytes that no sink shows. */
static inline int send_short(struct wsconn *c, enum opcode type, struct slice data)
{
    size_t size = 6 + data.len;
    uint8_t *to = reserve(c, size);

    if (!to || rng_key(c->rng, to + 2) < 0)
        return WSCONN_FAILED;
    to[0] = (uint8_t)(0x80 | type);
    to[1] = (uint8_t)(0x80 | data.len);
    frame_mask(to + 6, data.data, data.len, to + 2, 0);
    buf_filled(&c->out, size);
    c->counters.frames_out++;
    c->counters.wire_out += size;
    c->counters.payload_out += data.len;
    c->counters.messages_out++;
    c->sending_compressed = false;
    return 0;
}

int wsconn_send_all(struct wsconn *c, enum opcode type, const struct slice *messages, size_t count,
                    size_t *sent)
{
    bool plain = c->config.role == WSCONN_CLIENT && !c->config.deflate.enabled;
    size_t done = 0;
    int result = c->close_sent ? WSCONN_CLOSED : 0;

    while (done < count && result == 0) {
        if (plain && messages[done].len <= 125)
            result = send_short(c, type, messages[done]);
        else
            result = wsconn_send_message(c, type, messages[done], true, true, NULL);
        done += result == 0;
    }
    *sent = done;
    return result;
}

static int send_control(struct wsconn *c, enum opcode opcode, struct slice data,
                        struct event_frame *sent)
{
    struct frame_header h = {.opcode = (uint8_t)opcode, .fin = true, .length = data.len};

    if (c->close_sent)
        return WSCONN_CLOSED;
    if (draw_key(c, &h) < 0)
        return WSCONN_FAILED;
    return queue(c, &h, data, data, sent);
}

int wsconn_send_control(struct wsconn *c, enum opcode opcode, struct slice data,
                        struct event_frame *sent)
{
    if (data.len > FRAME_CONTROL_MAX)
        data.len = FRAME_CONTROL_MAX;
    return send_control(c, opcode, data, sent);
}

/* At most `max` bytes of a text, ending between characters. */
static size_t cut_text(struct slice text, size_t max)
{
    size_t n = max;

    if (text.len <= max)
        return text.len;
    while (n > 0 && n > max - 3 && (text.data[n] & 0xC0) == 0x80)
        n--;
    return n;
}

int wsconn_send_close(struct wsconn *c, uint16_t code, struct slice reason,
                      struct event_frame *sent)
{
    size_t n = 0;
    int result;

    if (c->close_sent)
        return WSCONN_CLOSED;
    if (code != 0 && code != CLOSE_NO_STATUS) {
        n = cut_text(reason, FRAME_CONTROL_MAX - 2);
        c->scratch[0] = (uint8_t)(code >> 8);
        c->scratch[1] = (uint8_t)code;
        if (n > 0)
            memcpy(c->scratch + 2, reason.data, n);
        n += 2;
    }
    result = send_control(c, OPCODE_CLOSE, slice_make(c->scratch, n), sent);
    if (result == 0)
        c->close_sent = true;
    return result;
}

int wsconn_send_frame(struct wsconn *c, const struct frame_spec *spec, struct slice payload,
                      struct event_frame *sent)
{
    struct frame_header h = {
        .opcode = spec->opcode & 0x0F,
        .fin = spec->fin,
        .rsv = spec->rsv & 7,
        .length = spec->length_given ? spec->length : payload.len,
    };
    int result = 0;

    switch (spec->mask) {
    case FRAME_MASK_ROLE:
        result = draw_key(c, &h);
        break;
    case FRAME_MASK_FRESH:
        h.masked = true;
        result = rng_key(c->rng, h.key);
        break;
    case FRAME_MASK_KEY:
        h.masked = true;
        memcpy(h.key, spec->key, sizeof h.key);
        break;
    case FRAME_MASK_OFF:
        break;
    }
    if (result < 0)
        return WSCONN_FAILED;
    result = queue(c, &h, payload, payload, sent);
    if (result == 0 && h.opcode == OPCODE_CLOSE)
        c->close_sent = true;
    return result;
}

struct slice wsconn_pending(const struct wsconn *c)
{
    return buf_slice(&c->out);
}

void wsconn_sent(struct wsconn *c, size_t n)
{
    buf_consume(&c->out, n);
    if (n < c->pongs_end)
        c->pongs_end -= n;
    else
        c->pongs = c->pongs_end = 0;
    buf_trim(&c->out, MEMORY_KEPT);
}
