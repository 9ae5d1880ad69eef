/* The handshake, byte for byte but for its secrets. */
#include "sink/human.h"

#include "base/blank.h"
#include "base/utf8.h"
#include "sink/common.h"
#include "sink/redact.h"

/* What of a refusal's body is shown: enough to recognise the page; more of it to who asked. */
#define BODY_LINES      12
#define BODY_BYTES      1200
#define BODY_LINES_MORE 200
#define BODY_BYTES_MORE ((size_t)16 << 10)
#define BODY_DUMP       128

static void put_redacted_target(struct human *h, struct slice target)
{
    buf_reset(&h->scratch);
    if (redact_target(&h->scratch, target, h->config.utf8) < 0)
        h->failed = true;
    human_safe(h, buf_slice(&h->scratch));
}

/* "METHOD SP target SP version" (RFC 9112, section 3). */
static void put_request_line(struct human *h, struct slice line)
{
    const uint8_t *first = memchr(line.data, ' ', line.len);
    const uint8_t *last = memrchr(line.data, ' ', line.len);
    size_t from, to;

    if (!first) {
        human_safe(h, line);
        return;
    }
    from = (size_t)(first - line.data) + 1;
    to = last > first ? (size_t)(last - line.data) : line.len;
    human_safe(h, slice_make(line.data, from));
    put_redacted_target(h, slice_make(line.data + from, to - from));
    human_safe(h, slice_from(line, to));
}

/* The value between its blanks, which stay. */
static void put_value(struct human *h, struct slice name, struct slice value)
{
    struct slice inner = blank_trim(value);
    size_t from = (size_t)(inner.data - value.data), to = from + inner.len;

    human_safe(h, slice_make(value.data, from));
    buf_reset(&h->scratch);
    if (redact_field(&h->scratch, name, inner, h->config.utf8) < 0)
        h->failed = true;
    human_safe(h, buf_slice(&h->scratch));
    human_safe(h, slice_from(value, to));
}

/* A line after the first. *name is the field that a folded line continues (RFC 9112, section 5.2):
 * a secret may be folded too. */
static void put_field_line(struct human *h, struct slice line, struct slice *name)
{
    const uint8_t *colon = memchr(line.data, ':', line.len);
    size_t end;

    if (is_blank(line.data[0]) && name->len > 0) {
        put_value(h, *name, line);
        return;
    }
    if (!colon) {
        *name = slice_make(NULL, 0);
        human_safe(h, line);
        return;
    }
    end = (size_t)(colon - line.data);
    *name = slice_make(line.data, end);
    while (name->len > 0 && is_blank(name->data[name->len - 1]))
        name->len--; /* "Cookie : x" is malformed, and as secret */
    human_safe(h, slice_make(line.data, end + 1));
    put_value(h, *name, slice_from(line, end + 1));
}

static void put_head_line(struct human *h, struct slice line, bool first, bool request,
                          struct slice *name)
{
    if (line.len == 0)
        return;
    if (h->config.show_secrets)
        human_safe(h, line);
    else if (!first)
        put_field_line(h, line, name);
    else if (request)
        put_request_line(h, line);
    else
        human_safe(h, line);
}

static void put_head(struct human *h, const struct event *ev, struct slice raw, bool request)
{
    struct slice name = {NULL, 0};
    size_t i = 0;

    while (i < raw.len) {
        const uint8_t *newline = memchr(raw.data + i, '\n', raw.len - i);
        size_t n = newline ? (size_t)(newline - raw.data) - i : raw.len - i;
        bool crlf = newline && n > 0 && raw.data[i + n - 1] == '\r';
        struct slice line = slice_make(raw.data + i, crlf ? n - 1 : n);

        if (i == 0)
            human_begin_bare(h, ev);
        else
            human_next(h, 0);
        human_style(h, STYLE_DIM);
        human_put(h, request ? ">" : "<");
        human_style(h, STYLE_PLAIN);
        human_put(h, line.len > 0 ? " " : "");
        put_head_line(h, line, i == 0, request, &name);
        if (newline && !crlf) {
            /* RFC 9112, section 2.2 lets a reader accept it; a user who debugs should know. */
            human_style(h, STYLE_DIM);
            human_put(h, " \\n alone");
            human_style(h, STYLE_PLAIN);
        }
        i += n + (newline ? 1 : 0);
    }
}

void human_request(struct human *h, const struct event *ev)
{
    put_head(h, ev, ev->request.raw, true);
}

static bool is_text(const struct event_response *r)
{
    struct utf8 u = {0};

    if (memchr(r->body.data, '\0', r->body.len))
        return false;
    return utf8_check(&u, r->body.data, r->body.len) == r->body.len &&
           (utf8_complete(&u) || r->body_cut);
}

static void put_body(struct human *h, const struct event_response *r)
{
    if (r->body.len == 0)
        return;
    if (!is_text(r))
        human_dump(h, r->body, 0, 2, BODY_DUMP, 0);
    else if (h->include)
        human_excerpt(h, r->body, 2, BODY_LINES_MORE, BODY_BYTES_MORE, 0);
    else
        human_excerpt(h, r->body, 2, BODY_LINES, BODY_BYTES, 0);
    if (r->body_cut) {
        human_next(h, 2);
        human_style(h, STYLE_DIM);
        human_put(h, "the body goes on beyond what was read");
        human_style(h, STYLE_PLAIN);
    }
}

/* Status and body as a number (FNV-1a): fields may differ by a date. */
static uint64_t digest(const struct event_response *r)
{
    const uint64_t prime = UINT64_C(0x100000001B3);
    uint64_t hash = (UINT64_C(0xCBF29CE484222325) ^ (uint64_t)r->status) * prime;

    for (size_t i = 0; i < r->body.len; i++)
        hash = (hash ^ r->body.data[i]) * prime;
    return hash ? hash : 1;
}

/* The same page for each attempt: the error that follows is enough. */
static bool is_repeated(struct human *h, const struct event *ev)
{
    uint64_t before = h->refusal;

    if (ev->response.interim || ev->response.followed)
        return false; /* the final response is still to come */
    h->refusal = response_refused(ev) ? digest(&ev->response) : 0;
    return h->refusal != 0 && h->refusal == before;
}

void human_response(struct human *h, const struct event *ev)
{
    bool refused = response_refused(ev);
    bool repeated = is_repeated(h, ev);

    if ((!refused || repeated) && !h->include)
        return;
    put_head(h, ev, ev->response.raw, false);
    if (!refused)
        return;
    put_body(h, &ev->response);
    if (h->config.level >= 0 && ev->channel == CHANNEL_WS)
        human_hold_hint(h, ev->response.hint); /* an error follows */
    else if (h->config.level >= 0)
        human_hint(h, ev->response.hint);
}
