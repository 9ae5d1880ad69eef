/* From what a person types to a fault, or to the character where it goes wrong. */
#include "fault/fault_table.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/decimal.h"
#include "base/nearest.h"

/* The text of one SPEC and how far it is read; `base` is where it began in what was typed. */
struct reader {
    struct slice text;
    size_t pos;
};

static int complain(struct err *e, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int complain(struct err *e, size_t at, const char *format, ...)
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

/* A few characters of what stands there, for a sentence. */
struct quote {
    char text[40];
};
static struct quote quote(struct slice text)
{
    struct quote q;
    size_t n = 0;

    for (size_t i = 0; i < text.len && n < sizeof q.text - 4; i++)
        q.text[n++] = text.data[i] >= 0x20 && text.data[i] < 0x7F ? (char)text.data[i] : '?';
    if (n < text.len)
        n += (size_t)snprintf(q.text + n, 4, "...");
    q.text[n] = '\0';
    return q;
}

/* What stands before any of the stop characters. */
static struct slice take_until(struct reader *r, const char *stops)
{
    size_t from = r->pos;

    while (r->pos < r->text.len && !strchr(stops, r->text.data[r->pos]))
        r->pos++;
    return slice_make(r->text.data + from, r->pos - from);
}

static bool take_char(struct reader *r, char c)
{
    if (r->pos >= r->text.len || r->text.data[r->pos] != (uint8_t)c)
        return false;
    r->pos++;
    return true;
}

static bool take_word(struct slice *text, const char *word)
{
    size_t n = strlen(word);

    if (text->len < n || memcmp(text->data, word, n) != 0)
        return false;
    text->data += n;
    text->len -= n;
    return true;
}

/* "4096", "64k", "1M", "2G" (powers of 1024). */
static bool read_bytes(struct slice text, uint64_t *bytes)
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

/* 0 to 1, at most six decimals. */
static bool read_chance(struct slice text, double *p)
{
    uint64_t whole = 0, part = 0, scale = 1;

    if (text.len > 0 && text.data[0] != '.' && !decimal_take(&text, UINT64_MAX, &whole))
        return false;
    if (take_word(&text, ".")) {
        struct slice digits = text;

        if (!decimal_take(&text, UINT64_MAX, &part) || digits.len - text.len > 6)
            return false;
        for (size_t i = text.len; i < digits.len; i++)
            scale *= 10;
    }
    *p = (double)whole + (double)part / (double)scale;
    return text.len == 0 && *p <= 1;
}

static bool read_address(struct slice text, char address[46])
{
    uint8_t bytes[16];

    if (text.len == 0 || text.len > 45)
        return false;
    memcpy(address, text.data, text.len);
    address[text.len] = '\0';
    return inet_pton(AF_INET, address, bytes) == 1 || inet_pton(AF_INET6, address, bytes) == 1;
}

static int read_code(struct fault_spec *f, struct slice text, size_t at, struct err *e)
{
    uint64_t code;
    bool status = f->kind == FAULT_STATUS;

    if (!decimal_read(text, UINT64_MAX, &code) || code < (status ? 200 : 1000) ||
        code > (status ? 599 : 4999))
        return complain(e, at, "%s takes %s, not \"%s\"", fault_kinds[f->kind].name,
                        status ? "an HTTP status from 200 to 599"
                               : "a close code from 1000 to 4999",
                        quote(text).text);
    f->code = (unsigned)code;
    return 0;
}

static int read_arg(struct fault_spec *f, enum fault_arg arg, bool second, struct slice text,
                    size_t at, struct err *e)
{
    const char *name = fault_kinds[f->kind].name;

    switch (arg) {
    case FAULT_ARG_TIME:
        if (duration_parse(text, second && f->kind == FAULT_LATENCY ? &f->jitter_us : &f->us) == 0)
            return 0;
        return complain(e, at, "%s takes a time (\"200ms\", \"5s\"), not \"%s\"", name,
                        quote(text).text);
    case FAULT_ARG_BYTES:
        if (read_bytes(text, &f->bytes))
            return 0;
        return complain(e, at, "%s takes a number of bytes above 0 (\"512\", \"10k\"), not \"%s\"",
                        name, quote(text).text);
    case FAULT_ARG_CHANCE:
        if (read_chance(text, &f->p))
            return 0;
        return complain(e, at, "%s takes a probability from 0 to 1 (\"0.25\"), not \"%s\"", name,
                        quote(text).text);
    case FAULT_ARG_CODE:
        return read_code(f, text, at, e);
    case FAULT_ARG_ADDRESS:
        if (read_address(text, f->address))
            return 0;
        return complain(e, at, "%s takes a local IP address, not \"%s\"", name, quote(text).text);
    default:
        return complain(e, at, "%s takes no argument, and \"%s\" is not side=in or side=out", name,
                        quote(text).text);
    }
}

/* "side=in", "retry-after=2": 1 if it was one of these, 0 if not, -1 with *e. */
static int read_named(struct fault_spec *f, struct slice text, size_t at, struct err *e)
{
    const struct fault_kind_row *row = &fault_kinds[f->kind];

    if (take_word(&text, "side=")) {
        if (!row->sided)
            return complain(e, at, "%s has no side to choose", row->name);
        if (!slice_is(text, "in") && !slice_is(text, "out"))
            return complain(e, at + 5, "side= is in or out, not \"%s\"", quote(text).text);
        f->side = slice_is(text, "in") ? FAULT_SIDE_IN : FAULT_SIDE_OUT;
        return 1;
    }
    if (f->kind == FAULT_STATUS && take_word(&text, "retry-after=")) {
        if (!decimal_read(text, UINT64_MAX, &f->retry_after))
            return complain(e, at + 12, "retry-after= takes whole seconds, not \"%s\"",
                            quote(text).text);
        f->has_retry_after = true;
        return 1;
    }
    return 0;
}

static int read_args(struct fault_spec *f, struct reader *r, struct err *e)
{
    const struct fault_kind_row *row = &fault_kinds[f->kind];
    unsigned given = 0;

    do {
        size_t at = r->pos;
        struct slice text = take_until(r, ",@+*");
        int named = read_named(f, text, at, e);

        if (named < 0)
            return -1;
        if (named > 0)
            continue;
        if (given >= 2 || (given == 1 && row->second == FAULT_ARG_NONE)) {
            return complain(e, at, "%s takes no further argument \"%s\"", row->name,
                            quote(text).text);
        }
        if (read_arg(f, given == 0 ? row->first : row->second, given == 1, text, at, e) < 0)
            return -1;
        given++;
    } while (take_char(r, ','));
    if (given == 0 && row->first_needed)
        return complain(e, r->pos, "%s needs an argument", row->name);
    return 0;
}

static int read_kind(struct fault_spec *f, struct reader *r, struct err *e)
{
    struct slice word = take_until(r, ":@+*");
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
        return complain(e, 0, "a fault begins with its kind");
    return complain(e, 0, "there is no fault \"%s\"%s%s%s", quote(word).text,
                    near.word ? "; did you mean \"" : "", near.word ? near.word : "",
                    near.word ? "\"?" : "");
}

static int read_range(struct fault_spec *f, struct slice text, size_t at, struct err *e)
{
    size_t dots = 0;

    while (dots + 1 < text.len && !(text.data[dots] == '.' && text.data[dots + 1] == '.'))
        dots++;
    if (dots + 2 > text.len || duration_parse(slice_make(text.data, dots), &f->at_us) < 0 ||
        duration_parse(slice_make(text.data + dots + 2, text.len - dots - 2), &f->most_us) < 0 ||
        f->most_us == 0 || f->at_us > f->most_us)
        return complain(e, at,
                        "random: takes two times, the shorter first (\"10s..60s\"), not "
                        "\"%s\"",
                        quote(text).text);
    return 0;
}

static int read_trigger(struct fault_spec *f, struct reader *r, struct err *e)
{
    size_t at = r->pos;
    struct slice word = take_until(r, "+*"), rest;

    for (int i = FAULT_ON_OPEN; i <= FAULT_RANDOM; i++) {
        const char *name = fault_trigger_names[i];
        bool ok;

        rest = word;
        if (!take_word(&rest, name) || (i == FAULT_ON_OPEN && rest.len > 0))
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
                      : complain(e, at, "every: takes a time above 0 (\"30s\"), not \"%s\"",
                                 quote(rest).text);
        }
        ok = i == FAULT_ON_BYTES ? read_bytes(rest, &f->n)
                                 : decimal_read(rest, UINT64_MAX, &f->n) && f->n > 0;
        return ok ? 0
                  : complain(e, at, "%s takes a %s above 0, not \"%s\"", name,
                             i == FAULT_ON_BYTES ? "size" : "number", quote(rest).text);
    }
    f->trigger = FAULT_AFTER;
    if (duration_parse(word, &f->at_us) == 0)
        return 0;
    return complain(e, at,
                    "\"%s\" is no trigger: a time (\"30s\"), open, message:N, frame:N, bytes:SIZE, "
                    "connect:N, every:TIME or random:TIME..TIME",
                    quote(word).text);
}

static int read_tail(struct fault_spec *f, struct reader *r, struct err *e)
{
    size_t at;
    struct slice text;

    if (take_char(r, '@') && read_trigger(f, r, e) < 0)
        return -1;
    if (take_char(r, '+')) {
        at = r->pos;
        text = take_until(r, "*");
        if (duration_parse(text, &f->duration_us) < 0 || f->duration_us == 0)
            return complain(e, at, "+ takes a duration above 0 (\"5s\"), not \"%s\"",
                            quote(text).text);
        if (fault_kinds[f->kind].instant && f->kind != FAULT_HALF_CLOSE)
            return complain(e, at - 1, "%s happens in a moment and has no duration",
                            fault_kinds[f->kind].name);
    }
    if (take_char(r, '*')) {
        at = r->pos;
        text = take_until(r, "@+");
        if (!decimal_read(text, UINT64_MAX, &f->count) || f->count == 0)
            return complain(e, at, "* takes a whole number above 0, not \"%s\"", quote(text).text);
    }
    if (r->pos < r->text.len)
        return complain(e, r->pos,
                        "\"%c\" stands in the wrong place: @TRIGGER, +DURATION and "
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
    return complain(e, mark ? (size_t)(mark - text.data) + 1 : 0,
                    "%s concerns an attempt at a connection, which this trigger comes too late for",
                    fault_kinds[f->kind].name);
}

int fault_parse(struct fault_spec *f, struct slice text, struct err *e)
{
    struct fault_spec spec = {.side = FAULT_SIDE_BOTH};
    struct reader r = {.text = text};

    if (read_kind(&spec, &r, e) < 0)
        return -1;
    if (take_char(&r, ':')) {
        if (read_args(&spec, &r, e) < 0)
            return -1;
    } else if (fault_kinds[spec.kind].first_needed) {
        return complain(e, r.pos, "%s needs an argument behind a colon",
                        fault_kinds[spec.kind].name);
    }
    if (spec.kind == FAULT_CORRUPT && spec.bytes == 0)
        spec.bytes = 1;
    if (read_tail(&spec, &r, e) < 0 || check(&spec, text, e) < 0)
        return -1;
    *f = spec;
    return 0;
}

static bool is_gap(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

int fault_parse_next(struct fault_spec *f, struct slice text, size_t *pos, struct err *e)
{
    for (;;) {
        size_t from = *pos, end;

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
        if (fault_parse(f, slice_make(text.data + from, end - from), e) == 0)
            return 1;
        e->at += (long)from;
        return -1;
    }
}
