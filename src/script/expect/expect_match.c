#include <stdio.h>
#include <stdlib.h>

#include "base/json_compare.h"
#include "base/json_scan.h"
#include "base/utf8.h"
#include "script/expect/expect.h"

#define SHOWN(s) (int)((s).len < 60 ? (s).len : 60), (const char *)(s).data

enum came_class expect_class(const struct expect *x)
{
    switch (x->what) {
    case EXPECT_TEXT:
    case EXPECT_JSON:
    case EXPECT_BINARY:
        return CAME_MESSAGES;
    case EXPECT_PING:
    case EXPECT_PONG:
        return CAME_CONTROL;
    case EXPECT_FRAME:
        return CAME_FRAMES;
    case EXPECT_EVENT:
    case EXPECT_ACK:
    case EXPECT_RESULT:
        return CAME_DECODED;
    case EXPECT_ERROR:
        return x->condition_count > 0 ? CAME_DECODED : CAME_LIFE;
    case EXPECT_OPEN:
    case EXPECT_CLOSE:
    case EXPECT_RECONNECT:
    case EXPECT_BACK:
        return CAME_LIFE;
    case EXPECT_GAP:
        return CAME_GAPS;
    default:
        return CAME_CLASSES;
    }
}

bool expect_examines(const struct expect *x, enum came_class which)
{
    return which != CAME_CLASSES &&
           (expect_class(x) == which ||
            (which == CAME_DECODED && x->what == EXPECT_ERROR && x->stage < 0));
}

bool expect_of_proxy(const struct expect *x)
{
    return x->what == EXPECT_BACK || x->what == EXPECT_REPORT;
}

uint64_t expect_limit_us(const struct expect *x, uint64_t default_us)
{
    return x->within_us ? x->within_us : default_us;
}

/* --- one thing that came ------------------------------------------------------------------------
 */

/* How many bytes both begin with, and not half a character. */
static size_t common(struct slice a, struct slice b)
{
    size_t n = 0;

    while (n < a.len && n < b.len && a.data[n] == b.data[n])
        n++;
    return utf8_cut(a, n);
}

/* Slips that are easily made: quotes around a text, JSON compared as text. */
static bool tell_slip(struct slice came, struct slice wanted, const char *what,
                      char why[EXPECT_WHY])
{
    bool quoted = wanted.len >= 2 && wanted.data[0] == '"' && wanted.data[wanted.len - 1] == '"';

    if (quoted && slice_equal(came, slice_inner(wanted)))
        snprintf(why, EXPECT_WHY, "%s has no quotes around it: they are expected literally", what);
    else if (wanted.len > 0 && strchr("{[", wanted.data[0]) && json_valid(wanted) &&
             json_valid(came) && json_equal(came, wanted))
        snprintf(why, EXPECT_WHY,
                 "%s is the same JSON, written differently: \"expect json\" compares the meaning",
                 what);
    else
        return false;
    return true;
}

/* Where a text differs from the expected one. The expected text may be a secret: only the received
 * one is quoted. */
static void tell_other(struct slice came, struct slice wanted, const char *what,
                       char why[EXPECT_WHY])
{
    size_t n = common(came, wanted), at = utf8_count(slice_make(came.data, n));
    struct slice rest = slice_from(came, n);

    if (tell_slip(came, wanted, what, why))
        return;
    if (came.len == 0)
        snprintf(why, EXPECT_WHY, "%s is empty", what);
    else if (n == came.len)
        snprintf(why, EXPECT_WHY, "%s ends after %zu of %zu characters", what, at,
                 utf8_count(wanted));
    else if (n == 0)
        snprintf(why, EXPECT_WHY, "%s is different", what);
    else if (n == wanted.len)
        snprintf(why, EXPECT_WHY, "%s continues after the %zu characters expected: \"%.*s\"", what,
                 at, SHOWN(rest));
    else
        snprintf(why, EXPECT_WHY, "%s is different from character %zu on: \"%.*s\"", what, at + 1,
                 SHOWN(rest));
}

static void tell_other_bytes(struct slice came, struct slice wanted, const char *what,
                             char why[EXPECT_WHY])
{
    size_t n = 0;

    while (n < came.len && n < wanted.len && came.data[n] == wanted.data[n])
        n++;
    if (n == came.len || n == wanted.len)
        snprintf(why, EXPECT_WHY, "%s has %zu bytes, not %zu", what, came.len, wanted.len);
    else
        snprintf(why, EXPECT_WHY, "byte %zu of %s is %02x, not %02x", n + 1, what, came.data[n],
                 wanted.data[n]);
}

static bool fits_pattern(const struct pattern *p, const struct came *c, const char *what,
                         char why[EXPECT_WHY])
{
    struct slice group;

    if (pattern_fits(p, came_data(c), &group))
        return true;
    if (p->regex)
        snprintf(why, EXPECT_WHY, "%s does not match %.100s", what, p->text);
    else
        tell_other(came_data(c), slice_make(p->text, p->len), what, why);
    return false;
}

static bool fits_message(const struct expect *x, const struct came *c, char why[EXPECT_WHY])
{
    bool binary = c->opcode == OPCODE_BINARY;

    if (binary != (x->what == EXPECT_BINARY)) {
        snprintf(why, EXPECT_WHY, "it is a %s message", binary ? "binary" : "text");
        return false;
    }
    if (x->what == EXPECT_JSON)
        return expect_json_fits(x, c, why);
    if (x->what == EXPECT_TEXT)
        return fits_pattern(&x->pattern, c, "the text", why);
    if (!x->exact_bytes || slice_equal(buf_slice(&x->bytes), came_data(c)))
        return true;
    tell_other_bytes(came_data(c), buf_slice(&x->bytes), "the message", why);
    return false;
}

static bool fits_frame(const struct expect *x, const struct came *c, char why[EXPECT_WHY])
{
    if ((x->given & EXPECT_FRAME_OP) && c->opcode != x->opcode)
        snprintf(why, EXPECT_WHY, "op is %u, not %u", c->opcode, x->opcode);
    else if ((x->given & EXPECT_FRAME_FIN) && c->fin != x->fin)
        snprintf(why, EXPECT_WHY, "fin is %d", c->fin);
    else if ((x->given & EXPECT_FRAME_RSV) && c->rsv != x->rsv)
        snprintf(why, EXPECT_WHY, "rsv is %u, not %u", c->rsv, x->rsv);
    else if ((x->given & EXPECT_FRAME_MASKED) && c->masked != x->masked)
        snprintf(why, EXPECT_WHY, "masked is %d", c->masked);
    else if ((x->given & EXPECT_FRAME_LEN) && c->length != x->length)
        snprintf(why, EXPECT_WHY, "len is %llu, not %llu", (unsigned long long)c->length,
                 (unsigned long long)x->length);
    else if (x->exact_bytes && !slice_equal(buf_slice(&x->bytes), came_data(c)))
        tell_other_bytes(came_data(c), buf_slice(&x->bytes), "the payload", why);
    else
        return fits_pattern(&x->pattern, c, "the payload", why);
    return false;
}

static bool fits_life(const struct expect *x, const struct came *c, char why[EXPECT_WHY])
{
    enum event_kind kind = x->what == EXPECT_CLOSE   ? EVENT_CLOSE
                           : x->what == EXPECT_ERROR ? EVENT_ERROR
                           : x->what == EXPECT_BACK  ? EVENT_BACK
                                                     : EVENT_OPEN;

    if (c->kind != kind)
        return false;
    switch (x->what) {
    case EXPECT_CLOSE:
        if (x->has_number && c->code != (int)x->number) {
            snprintf(why, EXPECT_WHY, "the code is %d, not %d", c->code, (int)x->number);
            return false;
        }
        return fits_pattern(&x->pattern, c, "the reason", why);
    case EXPECT_ERROR:
        if (x->stage < 0 || c->code == x->stage)
            return true;
        snprintf(why, EXPECT_WHY, "it failed at the stage %s", stage_name((enum stage)c->code));
        return false;
    case EXPECT_BACK:
        return true;
    case EXPECT_RECONNECT:
        return c->conn > 1;
    default:
        if (!x->name || strcmp(x->name, c->data) == 0)
            return true;
        if (c->len == 0)
            snprintf(why, EXPECT_WHY, "no subprotocol was chosen");
        else
            snprintf(why, EXPECT_WHY, "the subprotocol is %.100s", c->data);
        return false;
    }
}

bool expect_fits(const struct expect *x, const struct came *c, char why[EXPECT_WHY])
{
    why[0] = '\0';
    if (c->kind == EVENT_DECODED)
        return expect_decoded_fits(x, c, why);
    switch (expect_class(x)) {
    case CAME_MESSAGES:
        return fits_message(x, c, why);
    case CAME_CONTROL:
        if ((c->kind == EVENT_PING) != (x->what == EXPECT_PING))
            return false;
        return fits_pattern(&x->pattern, c, "the text", why);
    case CAME_FRAMES:
        return fits_frame(x, c, why);
    case CAME_LIFE:
        return fits_life(x, c, why);
    case CAME_GAPS:
        if (!x->has_number || c->count == x->number)
            return true;
        snprintf(why, EXPECT_WHY, "%llu numbers are missing, not %llu",
                 (unsigned long long)c->count, (unsigned long long)x->number);
        return false;
    default:
        return false;
    }
}

/* --- the response -------------------------------------------------------------------------------
 */

/* The next field of that name after `at`; its value has a NUL after it in *value. */
static const char *next_field(const char *at, const char *name, char **value)
{
    size_t n = strlen(name);

    while (*at) {
        const char *end = strchr(at, '\n');
        const char *from = at;

        if (!end)
            return NULL;
        at = end + 1;
        if (strncasecmp(from, name, n) != 0 || from[n] != ':')
            continue;
        *value = strndup(from + n + 2, (size_t)(end - from) - n - 2);
        return *value ? at : NULL;
    }
    return NULL;
}

static bool fits_field(const struct expect *x, const struct came *response, char why[EXPECT_WHY])
{
    const char *at = response->data;
    char *value = NULL;
    struct slice group;
    bool fits = false;

    snprintf(why, EXPECT_WHY, "there is no %.80s", x->name);
    while (!fits && (at = next_field(at, x->name, &value)) != NULL) {
        fits = pattern_fits(&x->pattern, slice_str(value), &group);
        snprintf(why, EXPECT_WHY, "%.60s is %.100s", x->name, value);
        free(value);
        value = NULL;
    }
    return fits;
}

/* A response is looked at, not taken: its status and its fields are asked one by one. One that does
 * not fit may be followed by another: of a redirect, or of the next attempt. */
static void feed_response(struct expect_wait *w)
{
    const struct expect *x = w->expect;
    const struct came *r = w->inbox->response;

    if (!r) {
        snprintf(w->why, EXPECT_WHY, "no response came");
        return;
    }
    if (x->what == EXPECT_HEADER) {
        if (fits_field(x, r, w->why))
            w->state = EXPECT_MET;
    } else if (r->code == (int)x->number) {
        w->state = EXPECT_MET;
    } else {
        snprintf(w->why, EXPECT_WHY, "the status is %d, not %d", r->code, (int)x->number);
    }
}

/* --- waiting ------------------------------------------------------------------------------------
 */

static void fail(struct expect_wait *w, const char *why)
{
    w->state = EXPECT_FAILED;
    snprintf(w->why, EXPECT_WHY, "%s", why);
}

/* Nothing may come, and the connection stays. */
static void feed_none(struct expect_wait *w, expect_seen_fn *seen, void *ctx)
{
    struct came *c = inbox_take(w->inbox, CAME_MESSAGES);

    if (c) {
        seen(ctx, w, c, "");
        fail(w, "a message came");
        came_free(c);
    }
}

static bool waits_for(const struct expect_wait *w, const struct inbox *in, enum came_class which)
{
    return w->state == EXPECT_WAITS && w->inbox == in && expect_examines(w->expect, which);
}

/* Give one event to the first expectation that it matches. False: none waits for its class any
 * longer. */
static bool feed_one(struct expect_wait *waits, size_t count, struct inbox *in,
                     enum came_class which, expect_seen_fn *seen, void *ctx)
{
    struct expect_wait *first = NULL;
    char why[EXPECT_WHY] = "", each[EXPECT_WHY];
    struct came *c;

    for (size_t i = 0; i < count && !first; i++) {
        if (waits_for(&waits[i], in, which))
            first = &waits[i];
    }
    if (!first || (c = inbox_take(in, which)) == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct expect_wait *w = &waits[i];

        if (!waits_for(w, in, which))
            continue;
        if (expect_fits(w->expect, c, each)) {
            w->state = EXPECT_MET;
            if (which == CAME_MESSAGES || which == CAME_DECODED)
                inbox_matched(in, c);
            else
                came_free(c);
            return true;
        }
        if (w == first)
            memcpy(why, each, sizeof why);
    }
    seen(ctx, first, c, why);
    for (size_t i = 0; i < count; i++) {
        if (waits_for(&waits[i], in, which) && waits[i].expect->next)
            fail(&waits[i], why[0] ? why : "it is of another kind");
    }
    came_free(c);
    return true;
}

void expects_feed(struct expect_wait *waits, size_t count, expect_seen_fn *seen, void *ctx)
{
    for (size_t i = 0; i < count; i++) {
        struct expect_wait *w = &waits[i];
        if (w->state != EXPECT_WAITS)
            continue;
        if (w->expect->what == EXPECT_STATUS || w->expect->what == EXPECT_HEADER)
            feed_response(w);
        else if (w->expect->what == EXPECT_NONE)
            feed_none(w, seen, ctx);
        for (int which = 0; which < CAME_CLASSES; which++) {
            while (waits_for(w, w->inbox, (enum came_class)which) &&
                   feed_one(waits, count, w->inbox, (enum came_class)which, seen, ctx))
                ;
        }
    }
}
