/*
 * pages_write: the bytes of a page, and the fields that the answers of the feeds share with it.
 */
#include <inttypes.h>
#include <time.h>

#include "serve/pages.h"
#include "serve/service.h"

#define PAGE_MAX (16 * 1024)

/* RFC 9110, section 15; a status that is not among these was asked for by its number. */
static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } known[] = {
        {200, "OK"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {425, "Too Early"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].status == status)
            return known[i].reason;
    }
    return "";
}

/* A service's example, with its {names} replaced (serve/service.h). url: "ws://..." or "wss://...".
 */
static int put_example(struct buf *out, const char *text, const char *url, const char *path)
{
    const char *insecure = strncmp(url, "wss:", 4) == 0 ? " -k" : "";
    const char *open;
    int failed = 0;

    for (; !failed && (open = strchr(text, '{')) != NULL; text = strchr(open, '}') + 1) {
        failed = buf_append(out, text, (size_t)(open - text)) < 0;
        if (failed)
            break;
        if (open[1] == 'k')
            failed = buf_append_str(out, insecure) < 0;
        else if (open[1] == 'w')
            failed = buf_printf(out, "%s%s", url, path) < 0;
        else
            failed = buf_printf(out, "http%s%s", url + 2, path) < 0; /* after "ws" */
    }
    return failed || buf_append_str(out, text) < 0 ? -1 : 0;
}

/* A path, beside it or below it what is there, and a line to try. */
static int put_row(struct buf *out, const char *url, const char *path, const char *about,
                   const char *example)
{
    bool narrow = strlen(path) <= 5;

    if (buf_printf(out, narrow ? "  %-5s  %s\n" : "  %s\n         %s\n", path, about) < 0 ||
        buf_append_str(out, "         $ ") < 0 || put_example(out, example, url, path) < 0)
        return -1;
    return buf_append_str(out, "\n");
}

/* What is here. */
static int put_index(struct buf *out, const char *url)
{
    const struct service *s;

    if (buf_append_str(out, "This is the embedded WebSocket server of wscope.\n\n") < 0)
        return -1;
    for (size_t i = 0; (s = service_at(i)) != NULL; i++) {
        if (put_row(out, url, s->path, s->about, s->example) < 0)
            return -1;
    }
    return put_row(out, url, "/", "this text", "curl{k} {http}");
}

static int put_body(struct buf *out, const struct pages *p, const struct answer *a)
{
    if (a->text[0] && buf_printf(out, "%d %s: %s\n", a->status, reason_of(a->status), a->text) < 0)
        return -1;
    if (a->hint[0] && buf_printf(out, "hint: %s\n", a->hint) < 0)
        return -1;
    if (a->text[0] && a->index && buf_append_str(out, "\n") < 0)
        return -1;
    return a->index ? put_index(out, p->url) : 0;
}

/* RFC 9110, section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT", in English whatever the locale. */
static int put_date(struct buf *out, int64_t now_us)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)(now_us / 1000000);
    struct tm tm;

    if (!gmtime_r(&seconds, &tm))
        return 0;
    return buf_printf(out, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
                      days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900,
                      tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* The fields that belong to a status alone. */
static const char *fields_of(const struct answer *a)
{
    if (a->made_up)
        return a->status == 401 ? "WWW-Authenticate: Basic realm=\"wscope\"\r\n" : "";
    switch (a->status) {
    case 400:
        return "Sec-WebSocket-Version: 13\r\n";
    case 405:
        return "Allow: GET, HEAD\r\n";
    case 426: /* RFC 6455, section 4.4; RFC 9110, section 15.5.22 */
        return "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n";
    case 503:
        return "Retry-After: 1\r\n";
    default:
        return "";
    }
}

int pages_node(struct buf *out, const struct pages *p)
{
    return p->node ? buf_printf(out, "X-Wscope-Node: %s\r\n", p->node) : 0;
}

int pages_begin(struct buf *out, const struct pages *p, int status, int64_t now_us)
{
    if (buf_printf(out, "HTTP/1.1 %d %s\r\n", status, reason_of(status)) < 0 ||
        put_date(out, now_us) < 0)
        return -1;
    return buf_append_str(out, "Server: wscope\r\n") < 0 ? -1 : pages_node(out, p);
}

int pages_cors(struct buf *out, const struct pages *p, const struct answer *a)
{
    bool preflight = a->preflight;

    if (p->origin_count == 0) {
        if (buf_append_str(out, "Access-Control-Allow-Origin: *\r\n") < 0)
            return -1;
    } else if (buf_append_str(out, "Vary: Origin\r\n") < 0) {
        return -1;
    } else if (a->origin.len > 0 &&
               (buf_append_str(out, "Access-Control-Allow-Origin: ") < 0 ||
                buf_append_slice(out, a->origin) < 0 || buf_append_str(out, "\r\n") < 0)) {
        return -1;
    }
    return buf_append_str(
        out, preflight
                 ? "Access-Control-Allow-Methods: GET, HEAD\r\n"
                   "Access-Control-Allow-Headers: If-None-Match, Last-Event-ID, Cache-Control\r\n"
                   "Access-Control-Max-Age: 600\r\n"
             : p->node ? "Access-Control-Expose-Headers: ETag, X-Wscope-Node\r\n"
                       : "Access-Control-Expose-Headers: ETag\r\n");
}

/* RFC 9110, section 6.4.1: no body follows. */
static bool is_bare(int status)
{
    return status < 200 || status == 204 || status == 304;
}

int pages_write(struct buf *out, const struct pages *p, const struct answer *a, int64_t now_us,
                size_t *head_len)
{
    size_t before = out->len;
    bool bare = is_bare(a->status);
    struct buf body;
    int failed;

    buf_init(&body, PAGE_MAX);
    failed = (!bare && put_body(&body, p, a) < 0) || pages_begin(out, p, a->status, now_us) < 0 ||
             buf_append_str(out, fields_of(a)) < 0 ||
             (a->has_retry_after &&
              buf_printf(out, "Retry-After: %" PRIu64 "\r\n", a->retry_after) < 0) ||
             (!bare && buf_printf(out,
                                  "Content-Type: text/plain; charset=utf-8\r\n"
                                  "Content-Length: %zu\r\n",
                                  body.len) < 0) ||
             buf_printf(out, "Connection: %s\r\n\r\n",
                        a->status == 426 ? "close, Upgrade" : "close") < 0;
    if (!failed)
        *head_len = out->len - before;
    if (!failed && !a->head_only)
        failed = buf_append_slice(out, buf_slice(&body)) < 0;
    buf_clear(&body);
    if (failed)
        out->len = before;
    return failed ? -1 : 0;
}
