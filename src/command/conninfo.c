#include "command/conninfo.h"

#include <stdio.h>

#define US_PER_S 1000000u
/* Of a handshake's head and a refused upgrade's body together. */
#define HEAD_MAX ((size_t)512 * 1024)

static void head_init(struct conninfo_head *h)
{
    h->there = false;
    buf_init(&h->bytes, HEAD_MAX);
    buf_init(&h->fields, HEAD_MAX);
}

static void head_clear(struct conninfo_head *h)
{
    buf_clear(&h->bytes);
    buf_clear(&h->fields);
    h->there = false;
}

/* Copy bytes whose place in memory is reserved. */
static struct slice keep(struct buf *bytes, struct slice s)
{
    uint8_t *to = buf_data(bytes) + bytes->len;

    if (s.len == 0)
        return slice_make(NULL, 0);
    memcpy(to, s.data, s.len);
    bytes->len += s.len;
    return slice_make(to, s.len);
}

static size_t size_of_fields(const struct field *fields, size_t count)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += fields[i].name.len + fields[i].value.len;
    return n;
}

static const struct field *keep_fields(struct conninfo_head *h, const struct field *fields,
                                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct field f = {keep(&h->bytes, fields[i].name), keep(&h->bytes, fields[i].value)};

        buf_append(&h->fields, &f, sizeof f); /* reserved: cannot fail */
    }
    return (const struct field *)(const void *)buf_data(&h->fields);
}

/* Room for all that is kept of a head, so that nothing moves while it is copied. */
static bool head_reserve(struct conninfo_head *h, size_t bytes, size_t fields)
{
    buf_clear(&h->bytes);
    buf_clear(&h->fields);
    h->there = buf_reserve(&h->bytes, bytes + 1) &&
               buf_reserve(&h->fields, (fields + 1) * sizeof(struct field));
    return h->there;
}

static void keep_request(struct conninfo_head *h, const struct event *ev)
{
    const struct event_request *r = &ev->request;
    size_t method = strlen(r->method) + 1;

    if (!head_reserve(
            h, method + r->target.len + r->raw.len + size_of_fields(r->headers, r->header_count),
            r->header_count))
        return;
    h->ev = *ev;
    h->ev.request.method = (const char *)keep(&h->bytes, slice_make(r->method, method)).data;
    h->ev.request.target = keep(&h->bytes, r->target);
    h->ev.request.raw = keep(&h->bytes, r->raw);
    h->ev.request.headers = keep_fields(h, r->headers, r->header_count);
}

static void keep_response(struct conninfo_head *h, const struct event *ev)
{
    const struct event_response *r = &ev->response;

    if (!head_reserve(h,
                      r->reason.len + r->raw.len + r->body.len +
                          size_of_fields(r->headers, r->header_count),
                      r->header_count))
        return;
    h->ev = *ev;
    h->ev.response.hint = ""; /* it was shown when received */
    h->ev.response.reason = keep(&h->bytes, r->reason);
    h->ev.response.raw = keep(&h->bytes, r->raw);
    h->ev.response.body = keep(&h->bytes, r->body);
    h->ev.response.headers = keep_fields(h, r->headers, r->header_count);
}

#define COPY(to, from) snprintf((to), sizeof(to), "%s", (from) ? (from) : "")

static void keep_connect(struct conninfo *r, const struct event_connect *c)
{
    COPY(r->address, c->address);
    COPY(r->local, c->local);
    r->port = c->port;
    r->connect_us = c->us;
    r->tls = false;
}

static void keep_tls(struct conninfo *r, const struct event_tls *t)
{
    r->tls = true;
    r->tls_verified = t->verified;
    r->tls_us = t->us;
    COPY(r->tls_version, t->version);
    COPY(r->tls_cipher, t->cipher);
    COPY(r->tls_subject, t->subject);
    COPY(r->tls_issuer, t->issuer);
    COPY(r->tls_until, t->not_after);
}

static void keep_open(struct conninfo *r, const struct event *ev)
{
    r->open = true;
    r->opened_us = ev->at_us;
    r->opening_us = ev->open.us;
    COPY(r->url, ev->open.url);
    COPY(r->subprotocol, ev->open.subprotocol);
    COPY(r->extensions, ev->open.extensions);
    memset(r->flow, 0, sizeof r->flow);
}

/* Bring the ring to this second: seconds without anything are zero. */
static void turn_to(struct conninfo_flow *f, uint64_t second)
{
    uint64_t steps = second > f->second ? second - f->second : 0;

    for (uint64_t i = 1; i <= steps && i <= CONNINFO_SECONDS; i++) {
        f->per_second[(f->second + i) % CONNINFO_SECONDS] = 0;
        f->bytes_per_second[(f->second + i) % CONNINFO_SECONDS] = 0;
    }
    f->second += steps;
}

static void count_message(struct conninfo_flow *f, const struct event *ev)
{
    const struct event_message *m = &ev->message;
    size_t slot;

    turn_to(f, ev->at_us / US_PER_S);
    slot = (size_t)(f->second % CONNINFO_SECONDS);
    f->bytes_per_second[slot] += m->data.len;
    f->bytes += m->data.len;
    if (!m->final)
        return;
    f->per_second[slot]++;
    f->smallest = f->messages == 0 || m->total < f->smallest ? m->total : f->smallest;
    f->largest = m->total > f->largest ? m->total : f->largest;
    f->messages++;
}

static void count_frame(struct conninfo_flow *f, const struct event_frame *frame)
{
    if (frame->opcode >= OPCODE_CLOSE)
        return;
    f->plain += frame->length;
    f->packed += frame->wire_length;
}

void conninfo_init(struct conninfo *r)
{
    *r = (struct conninfo){0};
    head_init(&r->request);
    head_init(&r->response);
}

void conninfo_clear(struct conninfo *r)
{
    head_clear(&r->request);
    head_clear(&r->response);
}

void conninfo_event(struct conninfo *r, const struct event *ev)
{
    r->last_us = ev->at_us;
    switch (ev->kind) {
    case EVENT_CONNECT:
        keep_connect(r, &ev->connect);
        break;
    case EVENT_TLS:
        keep_tls(r, &ev->tls);
        break;
    case EVENT_REQUEST:
        keep_request(&r->request, ev);
        r->response.there = false;
        break;
    case EVENT_RESPONSE:
        keep_response(&r->response, ev);
        break;
    case EVENT_OPEN:
        keep_open(r, ev);
        break;
    case EVENT_MESSAGE:
        count_message(&r->flow[ev->dir], ev);
        break;
    case EVENT_FRAME:
        count_frame(&r->flow[ev->dir], &ev->frame);
        break;
    case EVENT_CLOSE:
        r->open = false;
        break;
    default:
        break;
    }
}

void conninfo_rate(const struct conninfo *r, enum event_dir dir, uint64_t at_us, double *messages,
                   double *bytes)
{
    struct conninfo_flow f = r->flow[dir];
    uint64_t now = at_us / US_PER_S, first = r->opened_us / US_PER_S;
    uint64_t seconds = 0;

    *messages = *bytes = 0;
    turn_to(&f, now);
    /* The second that is not over yet does not count. */
    for (uint64_t s = now; s > first && seconds + 1 < CONNINFO_SECONDS; seconds++) {
        s--;
        *messages += (double)f.per_second[s % CONNINFO_SECONDS];
        *bytes += (double)f.bytes_per_second[s % CONNINFO_SECONDS];
    }
    if (seconds > 0) {
        *messages /= (double)seconds;
        *bytes /= (double)seconds;
    }
}
