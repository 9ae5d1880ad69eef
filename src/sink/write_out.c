#include "sink/write_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/nearest.h"
#include "sink/redact.h"
#include "sink/term_safe.h"

#define TEXT_MAX ((size_t)1 << 20)

enum at { AT_NAME, AT_CONNECT, AT_TLS, AT_OPEN, AT_COUNT };

struct write_out {
    struct sink sink;
    struct out *out, *err;
    const char *format;
    uint64_t at_us[AT_COUNT]; /* since the program's start, of the first opening; 0: not reached */
    uint64_t end_us;
    int status;
    bool opened, verified;
    uint16_t port, close_code;
    char url[2048], address[128], local[128], subprotocol[128], extensions[256], error[1024];
    struct event_summary end;
};

/* --- the variables ------------------------------------------------------------------------------
 */

typedef int put_fn(struct buf *to, const struct write_out *w);

static int put_seconds(struct buf *to, uint64_t us)
{
    return buf_printf(to, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
}

static int put_count(struct buf *to, uint64_t n)
{
    return buf_printf(to, "%" PRIu64, n);
}

static int put_text(struct buf *to, const char *text)
{
    return term_safe(to, slice_str(text), 0);
}

#define COUNT(name, value)                                     \
    static int name(struct buf *to, const struct write_out *w) \
    {                                                          \
        return put_count(to, (uint64_t)(value));               \
    }
#define SECONDS(name, value)                                   \
    static int name(struct buf *to, const struct write_out *w) \
    {                                                          \
        return put_seconds(to, value);                         \
    }
#define TEXT(name, value)                                      \
    static int name(struct buf *to, const struct write_out *w) \
    {                                                          \
        return put_text(to, value);                            \
    }

COUNT(close_code, w->close_code)
COUNT(exit_code, w->end.exit)
COUNT(messages_in, w->end.totals.messages_in)
COUNT(messages_out, w->end.totals.messages_out)
COUNT(num_connects, w->end.totals.connections)
COUNT(num_retries, w->end.retries)
COUNT(remote_port, w->port)
COUNT(size_download, w->end.totals.payload_in)
COUNT(size_upload, w->end.totals.payload_out)
COUNT(wire_in, w->end.totals.wire_in)
COUNT(wire_out, w->end.totals.wire_out)
COUNT(lost, w->end.totals.lost)
COUNT(verified, !w->verified)
SECONDS(time_name, w->at_us[AT_NAME])
SECONDS(time_connect, w->at_us[AT_CONNECT])
SECONDS(time_tls, w->at_us[AT_TLS])
SECONDS(time_open, w->at_us[AT_OPEN])
SECONDS(time_total, w->end_us)
TEXT(errormsg, w->error)
TEXT(extensions, w->extensions)
TEXT(local_ip, w->local)
TEXT(remote_ip, w->address)
TEXT(subprotocol, w->subprotocol)
TEXT(url, w->url)

/* Three digits, as curl prints it: 000 without an answer. */
static int http_code(struct buf *to, const struct write_out *w)
{
    return buf_printf(to, "%03d", w->status);
}

static const struct {
    const char *name;
    put_fn *put; /* NULL: what follows goes to the other output */
} variables[] = {
    {"close_code", close_code},
    {"errormsg", errormsg},
    {"exit", exit_code},
    {"exitcode", exit_code},
    {"extensions", extensions},
    {"http_code", http_code},
    {"local_ip", local_ip},
    {"lost", lost},
    {"messages_in", messages_in},
    {"messages_out", messages_out},
    {"num_connects", num_connects},
    {"num_retries", num_retries},
    {"remote_ip", remote_ip},
    {"remote_port", remote_port},
    {"response_code", http_code},
    {"size_download", size_download},
    {"size_upload", size_upload},
    {"ssl_verify_result", verified},
    {"stderr", NULL},
    {"stdout", NULL},
    {"subprotocol", subprotocol},
    {"time_appconnect", time_tls},
    {"time_connect", time_connect},
    {"time_namelookup", time_name},
    {"time_open", time_open},
    {"time_total", time_total},
    {"url_effective", url},
    {"wire_in", wire_in},
    {"wire_out", wire_out},
};
#define VARIABLES (sizeof variables / sizeof *variables)

/* The place in the table, or VARIABLES. */
static size_t find(struct slice name)
{
    size_t i = 0;

    while (i < VARIABLES && !slice_is(name, variables[i].name))
        i++;
    return i;
}

/* --- the format ---------------------------------------------------------------------------------
 */

/* "%{NAME}" at the front: its length, and the name; 0: it is something else. */
static size_t variable_at(const char *at, struct slice *name)
{
    const char *end = at[0] == '%' && at[1] == '{' ? strchr(at, '}') : NULL;

    if (!end)
        return 0;
    *name = slice_make(at + 2, (size_t)(end - at) - 2);
    return (size_t)(end - at) + 1;
}

int write_out_check(const char *format, struct err *e)
{
    for (const char *at = format; (at = strchr(at, '%')) != NULL;) {
        struct slice name;
        struct nearest near;
        size_t len = variable_at(at, &name);

        if (at[1] == '%') {
            at += 2;
            continue;
        }
        if (at[1] == '{' && len == 0) {
            err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "\"%%{\" is not followed by \"}\"");
            e->at = at - format;
            return -1;
        }
        if (len > 0 && find(name) == VARIABLES) {
            nearest_begin(&near, (const char *)name.data, name.len);
            for (size_t i = 0; i < VARIABLES; i++)
                nearest_offer(&near, variables[i].name);
            err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "there is no variable \"%.*s\"%s%s%s",
                    (int)(name.len < 40 ? name.len : 40), (const char *)name.data,
                    near.word ? "; did you mean \"" : "", near.word ? near.word : "",
                    near.word ? "\"?" : "");
            e->at = at - format;
            return -1;
        }
        at += len > 0 ? len : 1;
    }
    return 0;
}

static char escaped(char c)
{
    return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == '\\' ? '\\' : '\0';
}

static void leave(struct buf *text, struct out *to)
{
    out_put(to, buf_data(text), text->len);
    buf_reset(text);
}

static void print(struct write_out *w)
{
    struct out *to = w->out;
    struct buf text;
    int failed = 0;

    buf_init(&text, TEXT_MAX);
    for (const char *at = w->format; *at && !failed;) {
        struct slice name;
        size_t len = variable_at(at, &name), i = len ? find(name) : VARIABLES;

        if (i < VARIABLES && variables[i].put) {
            failed = variables[i].put(&text, w);
        } else if (i < VARIABLES) {
            leave(&text, to);
            to = strcmp(variables[i].name, "stderr") == 0 ? w->err : w->out;
        } else if (at[0] == '\\' && escaped(at[1])) {
            const char c = escaped(at[1]);

            failed = buf_append(&text, &c, 1);
            len = 2;
        } else {
            failed = buf_append(&text, at, 1);
            len = at[0] == '%' && at[1] == '%' ? 2 : 1;
        }
        at += len;
    }
    leave(&text, to);
    buf_clear(&text);
}

/* --- what happens -------------------------------------------------------------------------------
 */

static void keep(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text ? text : "");
}

static void reached(struct write_out *w, enum at at, const struct event *ev)
{
    if (!w->opened)
        w->at_us[at] = ev->at_us;
}

static void keep_url(struct write_out *w, const char *url)
{
    struct buf shown;

    buf_init(&shown, sizeof w->url - 1);
    if (redact_target(&shown, slice_str(url), false) == 0)
        snprintf(w->url, sizeof w->url, "%.*s", (int)shown.len, (const char *)buf_data(&shown));
    buf_clear(&shown);
}

static void on_event(struct sink *sink, const struct event *ev)
{
    struct write_out *w = (struct write_out *)sink;

    switch (ev->kind) {
    case EVENT_RESOLVE:
        reached(w, AT_NAME, ev);
        break;
    case EVENT_CONNECT:
        reached(w, AT_CONNECT, ev);
        keep(w->address, sizeof w->address, ev->connect.address);
        keep(w->local, sizeof w->local, ev->connect.local);
        w->port = ev->connect.port;
        break;
    case EVENT_TLS:
        reached(w, AT_TLS, ev);
        w->verified = ev->tls.verified;
        break;
    case EVENT_RESPONSE:
        if (!ev->response.interim)
            w->status = ev->response.status;
        break;
    case EVENT_OPEN:
        reached(w, AT_OPEN, ev);
        w->opened = true;
        keep_url(w, ev->open.url);
        keep(w->subprotocol, sizeof w->subprotocol, ev->open.subprotocol);
        keep(w->extensions, sizeof w->extensions, ev->open.extensions);
        break;
    case EVENT_CLOSE:
        w->close_code = ev->close.code;
        break;
    case EVENT_ERROR:
        keep(w->error, sizeof w->error, ev->error->text);
        break;
    default:
        w->end_us = ev->at_us;
        w->end = ev->summary;
        print(w);
        break;
    }
}

static void write_out_free(struct sink *sink)
{
    free(sink);
}

struct sink *write_out_new(struct out *out, struct out *err, const char *format)
{
    struct write_out *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->sink = (struct sink){EVENT_BIT(EVENT_RESOLVE) | EVENT_BIT(EVENT_CONNECT) |
                                EVENT_BIT(EVENT_TLS) | EVENT_BIT(EVENT_RESPONSE) |
                                EVENT_BIT(EVENT_OPEN) | EVENT_BIT(EVENT_CLOSE) |
                                EVENT_BIT(EVENT_ERROR) | EVENT_BIT(EVENT_SUMMARY),
                            on_event, write_out_free};
    w->out = out;
    w->err = err;
    w->format = format;
    w->verified = true;
    return &w->sink;
}
