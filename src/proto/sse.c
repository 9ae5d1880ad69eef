#include "proto/sse.h"

#include "base/utf8.h"

enum { AT_START, AT_NAME, AT_SPACE, AT_VALUE, AT_SKIP };
enum { FIELD_NONE, FIELD_DATA, FIELD_EVENT, FIELD_ID, FIELD_RETRY };

#define KEEP      (64 * 1024)         /* bytes of memory kept from one event to the next */
#define RETRY_MAX (UINT64_MAX / 1000) /* so that microseconds fit */

int sse_init(struct sse *s, size_t max, const char *last_id)
{
    memset(s, 0, sizeof *s);
    /* Each line of data ends with a line feed, the last of which is removed. */
    buf_init(&s->data, max < SIZE_MAX / 4 ? max + 1 : SIZE_MAX / 4);
    buf_init(&s->type, SSE_NAME_MAX + 1);
    buf_init(&s->id, SSE_NAME_MAX + 1);
    buf_init(&s->next, SSE_NAME_MAX + 1);
    buf_init(&s->last, SSE_NAME_MAX + 1);
    buf_init(&s->clean, s->data.max * 3);
    return last_id ? buf_append(&s->last, last_id, strlen(last_id) + 1) : 0;
}

void sse_clear(struct sse *s)
{
    buf_clear(&s->data);
    buf_clear(&s->type);
    buf_clear(&s->id);
    buf_clear(&s->next);
    buf_clear(&s->last);
    buf_clear(&s->clean);
}

void sse_feed(struct sse *s, const uint8_t *bytes, size_t n)
{
    s->bytes = bytes;
    s->left = n;
}

const char *sse_last_id(const struct sse *s)
{
    return s->last.len ? (const char *)buf_data(&s->last) : "";
}

static enum sse_result fail(struct sse *s, enum sse_result how)
{
    s->failed = how;
    s->left = 0;
    return how;
}

/* Append to a buffer of the current event; exceeding its limit and running out of memory are
 * distinct errors. */
static int put(struct sse *s, struct buf *to, const void *bytes, size_t n)
{
    if (n == 0 || buf_append(to, bytes, n) == 0)
        return 0;
    return (int)fail(s, n > to->max - to->len ? SSE_TOO_BIG : SSE_NOMEM);
}

/* The stream is UTF-8; what is not becomes U+FFFD (WHATWG Encoding, "UTF-8 decode"). */
static int clean_utf8(struct sse *s, struct buf *text)
{
    const uint8_t *bytes = buf_data(text);
    struct buf swap = *text;

    if (text->len == 0 || utf8_valid(bytes, text->len))
        return 0;
    buf_reset(&s->clean);
    for (size_t i = 0; i < text->len;) {
        uint32_t code;
        int len = utf8_decode(bytes + i, text->len - i, &code);
        int rc = len > 0 ? put(s, &s->clean, bytes + i, (size_t)len)
                         : put(s, &s->clean, "\xEF\xBF\xBD", 3);

        if (rc < 0)
            return -1;
        i += (size_t)(len > 0 ? len : -len);
    }
    *text = s->clean;
    text->max = swap.max;
    swap.max = s->clean.max;
    s->clean = swap;
    return 0;
}

/* --- lines ---------------------------------------------------------------------------------- */

static int field_of(const uint8_t *name, size_t len)
{
    const struct slice text = slice_make(name, len);

    return slice_is(text, "data")    ? FIELD_DATA
           : slice_is(text, "event") ? FIELD_EVENT
           : slice_is(text, "id")    ? FIELD_ID
           : slice_is(text, "retry") ? FIELD_RETRY
                                     : FIELD_NONE;
}

/* The name is complete: decide what its value is used for. */
static void begin_value(struct sse *s)
{
    s->field = (uint8_t)field_of(s->name, s->name_len);
    if (s->field == FIELD_EVENT) {
        buf_reset(&s->type); /* a later one replaces it */
    } else if (s->field == FIELD_ID) {
        buf_reset(&s->id);
    } else if (s->field == FIELD_RETRY) {
        s->retry_ms = 0;
        s->retry_valid = false;
    }
    s->state = s->field == FIELD_NONE ? AT_SKIP : AT_SPACE;
}

static void take_digits(struct sse *s, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned digit = (unsigned)bytes[i] - '0';

        if (digit > 9) {
            s->state = AT_SKIP;
            s->retry_valid = false;
            return;
        }
        s->retry_valid = true;
        s->retry_ms = s->retry_ms > (RETRY_MAX - digit) / 10 ? RETRY_MAX : s->retry_ms * 10 + digit;
    }
}

static int take_value(struct sse *s, const uint8_t *bytes, size_t n)
{
    switch (s->field) {
    case FIELD_DATA:
        return put(s, &s->data, bytes, n);
    case FIELD_EVENT:
        return put(s, &s->type, bytes, n);
    case FIELD_ID:
        return put(s, &s->id, bytes, n);
    default:
        take_digits(s, bytes, n);
        return 0;
    }
}

/* Bytes of a line, without its end. */
static int take_text(struct sse *s, const uint8_t *bytes, size_t n)
{
    size_t i = 0;

    if (s->state == AT_START && n > 0) {
        s->name_len = 0;
        s->state = bytes[0] == ':' ? AT_SKIP : AT_NAME;
    }
    for (; i < n && s->state == AT_NAME; i++) {
        if (bytes[i] == ':')
            begin_value(s);
        else if (s->name_len == sizeof s->name)
            s->state = AT_SKIP; /* longer than any name that means something */
        else
            s->name[s->name_len++] = bytes[i];
    }
    if (i < n && s->state == AT_SPACE) {
        i += bytes[i] == ' ';
        s->state = AT_VALUE;
    }
    return s->state == AT_VALUE ? take_value(s, bytes + i, n - i) : 0;
}

static void swap(struct buf *a, struct buf *b)
{
    struct buf was = *a;

    *a = *b;
    *b = was;
}

/* The line's field has its whole value. SSE_RETRY, SSE_MORE or a failure. */
static enum sse_result finish_field(struct sse *s)
{
    switch (s->field) {
    case FIELD_DATA:
        return (enum sse_result)put(s, &s->data, "\n", 1);
    case FIELD_ID:
        if (s->id.len && memchr(buf_data(&s->id), 0, s->id.len))
            return SSE_MORE; /* ignored */
        if (put(s, &s->id, "", 1) < 0 || clean_utf8(s, &s->id) < 0)
            return (enum sse_result)s->failed;
        swap(&s->next, &s->id);
        s->has_next = true;
        return SSE_MORE;
    case FIELD_RETRY:
        return s->retry_valid ? SSE_RETRY : SSE_MORE;
    default:
        return SSE_MORE;
    }
}

/* --- events ------------------------------------------------------------------------------------
 */

/* An empty line. */
static enum sse_result dispatch(struct sse *s, struct sse_event *ev)
{
    s->lent = true;
    if (s->has_next) {
        swap(&s->last, &s->next);
        s->has_next = false;
    }
    if (s->data.len == 0)
        return SSE_MORE; /* what type was named is forgotten */
    if (put(s, &s->type, "", 1) < 0 || clean_utf8(s, &s->data) < 0 || clean_utf8(s, &s->type) < 0)
        return (enum sse_result)s->failed;
    ev->data = slice_make(buf_data(&s->data), s->data.len - 1);
    ev->type = s->type.len > 1 ? (const char *)buf_data(&s->type) : "message";
    ev->id = sse_last_id(s);
    return SSE_EVENT;
}

/* What the last event pointed to is no longer needed. */
static void release(struct sse *s)
{
    s->lent = false;
    buf_reset(&s->data);
    buf_reset(&s->type);
    buf_reset(&s->clean);
    buf_trim(&s->data, KEEP);
    buf_trim(&s->clean, KEEP);
}

static enum sse_result end_line(struct sse *s, struct sse_event *ev)
{
    uint8_t state = s->state;

    s->state = AT_START;
    if (state == AT_START)
        return dispatch(s, ev);
    if (state == AT_NAME)
        begin_value(s); /* no colon: an empty value */
    if (state == AT_SKIP)
        s->field = FIELD_NONE;
    s->state = AT_START;
    return s->field == FIELD_NONE ? SSE_MORE : finish_field(s);
}

/* A byte order mark at the beginning is not part of the text. True while it may still become one.
 */
static bool in_bom(struct sse *s)
{
    static const uint8_t mark[3] = {0xEF, 0xBB, 0xBF};

    while (s->bom < 3 && s->left > 0) {
        uint8_t seen = s->bom;

        if (*s->bytes != mark[seen]) {
            s->bom = 3;
            (void)take_text(s, mark, seen); /* an unknown field */
            return false;
        }
        s->bom++;
        s->bytes++;
        s->left--;
    }
    return s->bom < 3;
}

static size_t text_run(const uint8_t *bytes, size_t n)
{
    const uint8_t *lf = memchr(bytes, '\n', n);
    const uint8_t *cr;

    if (lf)
        n = (size_t)(lf - bytes);
    cr = memchr(bytes, '\r', n);
    return cr ? (size_t)(cr - bytes) : n;
}

enum sse_result sse_next(struct sse *s, struct sse_event *ev)
{
    memset(ev, 0, sizeof *ev);
    if (s->failed)
        return (enum sse_result)s->failed;
    if (s->lent)
        release(s);
    if (in_bom(s))
        return SSE_MORE;
    while (s->left > 0) {
        size_t run;
        enum sse_result result;

        if (s->after_cr && *s->bytes == '\n') {
            s->after_cr = false;
            s->bytes++;
            s->left--;
            continue;
        }
        s->after_cr = false;
        run = text_run(s->bytes, s->left);
        if (take_text(s, s->bytes, run) < 0)
            return (enum sse_result)s->failed;
        s->bytes += run;
        s->left -= run;
        if (s->left == 0)
            break;
        s->after_cr = *s->bytes == '\r';
        s->bytes++;
        s->left--;
        result = end_line(s, ev);
        if (result == SSE_MORE && s->lent)
            release(s);
        if (result == SSE_RETRY)
            ev->retry_ms = s->retry_ms;
        if (result != SSE_MORE)
            return result;
    }
    return SSE_MORE;
}
