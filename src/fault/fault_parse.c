/* Turns what a user types into a fault, or finds the character that is wrong. */
#include "fault/fault_parse_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/decimal.h"
#include "base/nearest.h"

int fault_complain(struct err *e, size_t at, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s", text);
    err_hint(e, "a fault is KIND[:ARG[,ARG][,side=in|out]][@TRIGGER][+DURATION][*COUNT], for "
                "example rst@every:30s or latency:200ms,50ms+10s");
    e->at = (long)at;
    return -1;
}

struct fault_quote fault_quote(struct slice text)
{
    struct fault_quote q;
    size_t n = 0;

    for (size_t i = 0; i < text.len && n < sizeof q.text - 4; i++)
        q.text[n++] = text.data[i] >= 0x20 && text.data[i] < 0x7F ? (char)text.data[i] : '?';
    if (n < text.len)
        n += (size_t)snprintf(q.text + n, 4, "...");
    q.text[n] = '\0';
    return q;
}

/* The text before any of the stop characters. */
struct slice fault_take_until(struct fault_reader *r, const char *stops)
{
    size_t from = r->pos;

    while (r->pos < r->text.len && !strchr(stops, r->text.data[r->pos]))
        r->pos++;
    return slice_make(r->text.data + from, r->pos - from);
}

bool fault_take_char(struct fault_reader *r, char c)
{
    if (r->pos >= r->text.len || r->text.data[r->pos] != (uint8_t)c)
        return false;
    r->pos++;
    return true;
}

bool fault_take_word(struct slice *text, const char *word)
{
    size_t n = strlen(word);

    if (text->len < n || memcmp(text->data, word, n) != 0)
        return false;
    text->data += n;
    text->len -= n;
    return true;
}

/* "4096", "64k", "1M", "2G" (powers of 1024). */
bool fault_read_bytes(struct slice text, uint64_t *bytes)
{
    unsigned shift = 0;

    if (!decimal_take(&text, UINT64_MAX, bytes))
        return false;
    if (text.len == 1 && strchr("kKMG", text.data[0]))
        shift = text.data[0] == 'G' ? 30 : text.data[0] == 'M' ? 20 : 10;
    else if (text.len > 0)
        return false;
    if (*bytes == 0 || *bytes > UINT64_MAX >> shift)
        return false;
    *bytes <<= shift;
    return true;
}

static int read_kind(struct fault_spec *f, struct fault_reader *r, struct err *e)
{
    struct slice word = fault_take_until(r, ":@+*");
    struct nearest near;

    nearest_begin(&near, (const char *)word.data, word.len);
    for (int i = 0; i < FAULT_KIND_COUNT; i++) {
        if (slice_is(word, fault_kinds[i].name)) {
            f->kind = (enum fault_kind)i;
            return 0;
        }
        nearest_offer(&near, fault_kinds[i].name);
    }
    if (word.len == 0)
        return fault_complain(e, 0, "a fault begins with its kind");
    return fault_complain(e, 0, "there is no fault \"%s\"%s%s%s", fault_quote(word).text,
                          near.word ? "; did you mean \"" : "", near.word ? near.word : "",
                          near.word ? "\"?" : "");
}

static int read_range(struct fault_spec *f, struct slice text, size_t at, struct err *e)
{
    size_t dots = 0;

    while (dots + 1 < text.len && !(text.data[dots] == '.' && text.data[dots + 1] == '.'))
        dots++;
    if (dots + 2 > text.len || duration_parse(slice_make(text.data, dots), &f->at_us) < 0 ||
        duration_parse(slice_from(text, dots + 2), &f->most_us) < 0 || f->most_us == 0 ||
        f->at_us > f->most_us)
        return fault_complain(e, at,
                              "random: takes two times, the shorter first (\"10s..60s\"), not "
                              "\"%s\"",
                              fault_quote(text).text);
    return 0;
}

static int read_trigger(struct fault_spec *f, struct fault_reader *r, struct err *e)
{
    size_t at = r->pos;
    struct slice word = fault_take_until(r, "+*"), rest;

    for (int i = FAULT_ON_OPEN; i <= FAULT_RANDOM; i++) {
        const char *name = fault_trigger_names[i];
        bool ok;

        rest = word;
        if (!fault_take_word(&rest, name) || (i == FAULT_ON_OPEN && rest.len > 0))
            continue;
        f->trigger = (enum fault_trigger)i;
        at += strlen(name);
        if (i == FAULT_ON_OPEN)
            return 0;
        if (i == FAULT_RANDOM)
            return read_range(f, rest, at, e);
        if (i == FAULT_EVERY) {
            ok = duration_parse(rest, &f->at_us) == 0 && f->at_us > 0;
            return ok ? 0
                      : fault_complain(e, at, "every: takes a time above 0 (\"30s\"), not \"%s\"",
                                       fault_quote(rest).text);
        }
        ok = i == FAULT_ON_BYTES ? fault_read_bytes(rest, &f->n)
                                 : decimal_read(rest, UINT64_MAX, &f->n) && f->n > 0;
        return ok ? 0
                  : fault_complain(e, at, "%s takes a %s above 0, not \"%s\"", name,
                                   i == FAULT_ON_BYTES ? "size" : "number", fault_quote(rest).text);
    }
    f->trigger = FAULT_AFTER;
    if (duration_parse(word, &f->at_us) == 0)
        return 0;
    return fault_complain(
        e, at,
        "\"%s\" is not a trigger: a time (\"30s\"), open, message:N, frame:N, bytes:SIZE, "
        "connect:N, every:TIME or random:TIME..TIME",
        fault_quote(word).text);
}

static int read_tail(struct fault_spec *f, struct fault_reader *r, struct err *e)
{
    size_t at;
    struct slice text;

    if (fault_take_char(r, '@') && read_trigger(f, r, e) < 0)
        return -1;
    if (fault_take_char(r, '+')) {
        at = r->pos;
        text = fault_take_until(r, "*");
        if (duration_parse(text, &f->duration_us) < 0 || f->duration_us == 0)
            return fault_complain(e, at, "+ takes a duration above 0 (\"5s\"), not \"%s\"",
                                  fault_quote(text).text);
        if (fault_kinds[f->kind].instant && f->kind != FAULT_HALF_CLOSE)
            return fault_complain(e, at - 1, "%s happens in a moment and has no duration",
                                  fault_kinds[f->kind].name);
    }
    if (fault_take_char(r, '*')) {
        at = r->pos;
        text = fault_take_until(r, "@+");
        if (!decimal_read(text, UINT64_MAX, &f->count) || f->count == 0)
            return fault_complain(e, at, "* takes a whole number above 0, not \"%s\"",
                                  fault_quote(text).text);
    }
    if (r->pos < r->text.len)
        return fault_complain(e, r->pos,
                              "\"%c\" is in the wrong place: @TRIGGER, +DURATION and "
                              "*COUNT follow in this order, each once",
                              r->text.data[r->pos]);
    return 0;
}

/* What the kind and the trigger can't mean together. */
static int check(const struct fault_spec *f, const struct slice text, struct err *e)
{
    const uint8_t *mark = memchr(text.data, '@', text.len);
    bool in_connection = f->trigger == FAULT_ON_OPEN || f->trigger == FAULT_ON_MESSAGE ||
                         f->trigger == FAULT_ON_FRAME || f->trigger == FAULT_ON_BYTES;

    if (fault_kinds[f->kind].family != FAULT_FAMILY_DIAL || !in_connection)
        return 0;
    return fault_complain(
        e, mark ? (size_t)(mark - text.data) + 1 : 0,
        "%s concerns an attempt at a connection, for which this trigger is too late",
        fault_kinds[f->kind].name);
}

int fault_parse(struct fault_spec *f, struct slice text, struct err *e)
{
    struct fault_spec spec = {.side = FAULT_SIDE_BOTH};
    struct fault_reader r = {.text = text};

    if (read_kind(&spec, &r, e) < 0)
        return -1;
    if (fault_take_char(&r, ':')) {
        if (fault_read_args(&spec, &r, e) < 0)
            return -1;
    } else if (fault_kinds[spec.kind].first_needed) {
        return fault_complain(e, r.pos, "%s needs an argument after a colon",
                              fault_kinds[spec.kind].name);
    }
    if (spec.kind == FAULT_CORRUPT && spec.bytes == 0)
        spec.bytes = 1;
    if (read_tail(&spec, &r, e) < 0 || check(&spec, text, e) < 0)
        return -1;
    *f = spec;
    return 0;
}

/* Where the argument of that name begins; 0: it is not one. */
static size_t find_arg(struct slice text, const char *name)
{
    const uint8_t *at = text.len ? memmem(text.data, text.len, name, strlen(name)) : NULL;

    return at ? (size_t)(at - text.data) : 0;
}

/* On a connection to Redis there are bytes, but neither messages nor HTTP. */
static int check_redis(const struct fault_spec *f, struct slice text, struct err *e)
{
    const char *name = fault_kinds[f->kind].name;

    if (fault_kinds[f->kind].family == FAULT_FAMILY_WS || f->kind == FAULT_STATUS)
        return fault_complain(e, 0, "%s is not possible on a connection to Redis (leg=redis)",
                              name);
    if (f->trigger == FAULT_ON_MESSAGE || f->trigger == FAULT_ON_FRAME)
        return fault_complain(e, find_arg(text, "@") + 1,
                              "messages and frames are not counted on a connection to Redis "
                              "(leg=redis)");
    return 0;
}

/* Does that end of a connection have it? */
static int check_use(const struct fault_spec *f, enum fault_use use, struct slice text,
                     struct err *e)
{
    const char *proxy_only = fault_proxy_only(f), *name = fault_kinds[f->kind].name;

    if (f->leg == FAULT_LEG_REDIS && use != FAULT_USE_SERVER)
        return fault_complain(e, find_arg(text, "leg="),
                              "leg=redis is for faults of wscope serve --pubsub");
    if (use == FAULT_USE_PROXY)
        return 0;
    if (proxy_only) {
        fault_complain(e, find_arg(text, proxy_only), "%s is for faults of wscope proxy",
                       proxy_only);
        err_hint(e, "%s",
                 f->kind == FAULT_OFFLINE ? "here it is refuse+DURATION, with rst"
                                          : "here a fault acts on every connection");
        return -1;
    }
    if (use == FAULT_USE_CLIENT && f->kind == FAULT_CLOSE) {
        fault_complain(e, 0, "close:CODE is a fault of wscope serve and wscope proxy");
        err_hint(e, "on this side of the connection it is /close CODE, or fin and rst");
        return -1;
    }
    if (use == FAULT_USE_SERVER && fault_leg(f) == FAULT_LEG_SERVER) {
        fault_complain(e, 0, "%s is a fault of a client, not of wscope serve", name);
        err_hint(e, "with --pubsub, leg=redis makes it act on the connections to Redis");
        return -1;
    }
    return f->leg == FAULT_LEG_REDIS ? check_redis(f, text, e) : 0;
}

static bool is_gap(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

int fault_parse_next(struct fault_spec *f, struct slice text, size_t *pos, enum fault_use use,
                     struct err *e)
{
    for (;;) {
        size_t from = *pos, end;
        struct slice spec;

        while (from < text.len && (text.data[from] == ';' || is_gap(text.data[from])))
            from++;
        if (from == text.len)
            return 0;
        end = from;
        while (end < text.len && text.data[end] != ';')
            end++;
        *pos = end;
        while (end > from && is_gap(text.data[end - 1]))
            end--;
        spec = slice_make(text.data + from, end - from);
        if (fault_parse(f, spec, e) == 0 && check_use(f, use, spec, e) == 0)
            return 1;
        e->at += (long)from;
        return -1;
    }
}
