/* What follows the colon of a kind. */
#include <arpa/inet.h>

#include "base/codec.h"
#include "base/decimal.h"
#include "base/utf8.h"
#include "fault/fault_parse_private.h"

/* 0 to 1, at most six decimals. */
static bool read_chance(struct slice text, double *p)
{
    uint64_t whole = 0, part = 0, scale = 1;

    if (text.len > 0 && text.data[0] != '.' && !decimal_take(&text, UINT64_MAX, &whole))
        return false;
    if (fault_take_word(&text, ".")) {
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
        return fault_complain(e, at, "%s takes %s, not \"%s\"", fault_kinds[f->kind].name,
                              status ? "an HTTP status from 200 to 599"
                                     : "a close code from 1000 to 4999",
                              fault_quote(text).text);
    f->code = (unsigned)code;
    return 0;
}

static int read_reason(struct fault_spec *f, struct slice text, size_t at, struct err *e)
{
    if (text.len == 0 || text.len >= sizeof f->reason || !utf8_valid(text.data, text.len))
        return fault_complain(e, at, "the reason of a close has 1 to %zu bytes of UTF-8",
                              sizeof f->reason - 1);
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < 0x20 || text.data[i] == 0x7F)
            return fault_complain(e, at + i,
                                  "the reason of a close has no control characters here");
    }
    memcpy(f->reason, text.data, text.len);
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
        return fault_complain(e, at, "%s takes a time (\"200ms\", \"5s\"), not \"%s\"", name,
                              fault_quote(text).text);
    case FAULT_ARG_BYTES:
        if (fault_read_bytes(text, &f->bytes))
            return 0;
        return fault_complain(e, at,
                              "%s takes a number of bytes above 0 (\"512\", \"10k\"), not \"%s\"",
                              name, fault_quote(text).text);
    case FAULT_ARG_CHANCE:
        if (read_chance(text, &f->p))
            return 0;
        return fault_complain(e, at, "%s takes a probability from 0 to 1 (\"0.25\"), not \"%s\"",
                              name, fault_quote(text).text);
    case FAULT_ARG_CODE:
        return read_code(f, text, at, e);
    case FAULT_ARG_ADDRESS:
        if (read_address(text, f->address))
            return 0;
        return fault_complain(e, at, "%s takes a local IP address, not \"%s\"", name,
                              fault_quote(text).text);
    case FAULT_ARG_REASON:
        return read_reason(f, text, at, e);
    case FAULT_ARG_SILENT:
        f->silent = slice_is(text, "silent");
        if (f->silent)
            return 0;
        return fault_complain(e, at, "%s takes silent, not \"%s\": the time is +DURATION", name,
                              fault_quote(text).text);
    default:
        return fault_complain(e, at, "%s takes no argument, and \"%s\" is not side=in or side=out",
                              name, fault_quote(text).text);
    }
}

static int read_path(struct fault_spec *f, struct slice text, size_t at, struct err *e)
{
    if (text.len >= sizeof f->path)
        return fault_complain(e, at, "path= takes at most %zu bytes", sizeof f->path - 1);
    if (text.len == 0 || (text.data[0] != '/' && text.data[0] != '*' && text.data[0] != '?'))
        return fault_complain(e, at, "path= takes a pattern (\"/chat\", \"/api/*\"), not \"%s\"",
                              fault_quote(text).text);
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= 0x20 || text.data[i] >= 0x7F)
            return fault_complain(e, at + i,
                                  "a path has no such character: write its %%-encoding, or ?");
    }
    memcpy(f->path, text.data, text.len);
    return 0;
}

/* "0.25", "25%". */
static int read_share(struct fault_spec *f, struct slice text, size_t at, struct err *e)
{
    struct slice number = text;
    uint64_t percent;

    f->has_share = true;
    if (text.len > 0 && text.data[text.len - 1] == '%') {
        number.len--;
        if (!decimal_read(number, 100, &percent))
            return fault_complain(e, at, "share= takes 0%% to 100%%, not \"%s\"",
                                  fault_quote(text).text);
        f->share = (double)percent / 100;
        return 0;
    }
    if (text.len > 0 && read_chance(text, &f->share))
        return 0;
    return fault_complain(e, at,
                          "share= takes a share of the clients (\"0.25\", \"25%%\"), not \"%s\"",
                          fault_quote(text).text);
}

static int read_leg(struct fault_spec *f, struct slice text, size_t at, struct err *e)
{
    f->leg = FAULT_LEG_CLIENT;
    while (f->leg <= FAULT_LEG_REDIS && !slice_is(text, fault_leg_names[f->leg]))
        f->leg++;
    if (f->leg > FAULT_LEG_REDIS)
        return fault_complain(e, at, "leg= is client, server or redis, not \"%s\"",
                              fault_quote(text).text);
    if (fault_leg(f) != f->leg)
        return fault_complain(e, at,
                              "%s concerns the way to the server, which leg=client leaves out",
                              fault_kinds[f->kind].name);
    return 0;
}

static int read_only(struct fault_spec *f, struct slice text, size_t at, struct err *e)
{
    if (!slice_is(text, "ws") && !slice_is(text, "http"))
        return fault_complain(e, at, "only= is ws or http, not \"%s\"", fault_quote(text).text);
    f->only = slice_is(text, "ws") ? FAULT_TRAFFIC_WS : FAULT_TRAFFIC_HTTP;
    if (f->only == FAULT_TRAFFIC_HTTP && fault_kinds[f->kind].family == FAULT_FAMILY_WS)
        return fault_complain(e, at, "%s acts on WebSockets, which only=http leaves out",
                              fault_kinds[f->kind].name);
    return 0;
}

static int read_after(struct fault_spec *f, struct slice text, size_t at, struct err *e)
{
    if (decimal_read(text, UINT64_MAX, &f->after) && f->after > 0)
        return 0;
    return fault_complain(e, at, "after= takes a number of messages above 0, not \"%s\"",
                          fault_quote(text).text);
}

static int read_side(struct fault_spec *f, struct slice text, size_t at, struct err *e)
{
    const struct fault_kind_row *row = &fault_kinds[f->kind];

    if (!row->sided)
        return fault_complain(e, at - strlen("side="), "%s has no side to choose", row->name);
    if (!slice_is(text, "in") && !slice_is(text, "out"))
        return fault_complain(e, at, "side= is in or out, not \"%s\"", fault_quote(text).text);
    f->side = slice_is(text, "in") ? FAULT_SIDE_IN : FAULT_SIDE_OUT;
    return 0;
}

static int read_retry_after(struct fault_spec *f, struct slice text, size_t at, struct err *e)
{
    if (!decimal_read(text, UINT64_MAX, &f->retry_after))
        return fault_complain(e, at, "retry-after= takes whole seconds, not \"%s\"",
                              fault_quote(text).text);
    f->has_retry_after = true;
    return 0;
}

static const struct named_arg {
    const char *name;
    int (*read)(struct fault_spec *f, struct slice text, size_t at, struct err *e);
} named_args[] = {
    {"side=", read_side},   {"retry-after=", read_retry_after},
    {"leg=", read_leg},     {"path=", read_path},
    {"share=", read_share}, {"only=", read_only},
    {"after=", read_after},
};

/* The argument that the text begins with, or NULL: it has no such name. */
static const struct named_arg *named_arg(const struct fault_spec *f, struct slice text)
{
    for (size_t i = 0; i < sizeof named_args / sizeof *named_args; i++) {
        struct slice rest = text;

        if (fault_take_word(&rest, named_args[i].name) &&
            (f->kind == FAULT_STATUS || named_args[i].read != read_retry_after))
            return &named_args[i];
    }
    return NULL;
}

/* The value of path=, in which a * is part of the pattern, unless it begins the COUNT that ends the
 * whole. */
static struct slice take_path(struct fault_reader *r)
{
    size_t from = r->pos, digits;
    struct slice path = fault_take_until(r, ",@+");

    if (r->pos < r->text.len)
        return path;
    digits = path.len;
    while (digits > 0 && path.data[digits - 1] >= '0' && path.data[digits - 1] <= '9')
        digits--;
    if (digits > 0 && digits < path.len && path.data[digits - 1] == '*')
        path.len = digits - 1;
    r->pos = from + path.len;
    return path;
}

/* "side=in", "retry-after=2": 1 if it was one of these, 0 if not, -1 with *e. */
static int read_named(struct fault_spec *f, struct fault_reader *r, struct err *e)
{
    const struct named_arg *arg = named_arg(f, slice_from(r->text, r->pos));
    struct slice value;
    size_t at;

    if (!arg)
        return 0;
    r->pos += strlen(arg->name);
    at = r->pos;
    value = arg->read == read_path ? take_path(r) : fault_take_until(r, ",@+*");
    return arg->read(f, value, at, e) < 0 ? -1 : 1;
}

int fault_read_args(struct fault_spec *f, struct fault_reader *r, struct err *e)
{
    const struct fault_kind_row *row = &fault_kinds[f->kind];
    unsigned given = 0;

    do {
        size_t at = r->pos;
        int named = read_named(f, r, e);
        struct slice text;

        if (named < 0)
            return -1;
        if (named > 0)
            continue;
        text = fault_take_until(r, ",@+*");
        if (given >= 2 || (given == 1 && row->second == FAULT_ARG_NONE)) {
            return fault_complain(e, at, "%s takes no further argument \"%s\"", row->name,
                                  fault_quote(text).text);
        }
        if (read_arg(f, given == 0 ? row->first : row->second, given == 1, text, at, e) < 0)
            return -1;
        given++;
    } while (fault_take_char(r, ','));
    if (given == 0 && row->first_needed)
        return fault_complain(e, r->pos, "%s needs an argument", row->name);
    return 0;
}
