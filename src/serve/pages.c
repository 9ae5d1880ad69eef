#include "serve/pages.h"

#include <stdio.h>
#include <time.h>

#include "proto/excerpt.h"
#include "proto/handshake.h"

#define PAGE_MAX (16 * 1024)

static const char *reason_of(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 426:
        return "Upgrade Required";
    case 431:
        return "Request Header Fields Too Large";
    case 503:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}

struct slice pages_path(struct slice target, struct slice *query)
{
    const uint8_t *mark;

    *query = (struct slice){0};
    if (target.len > 0 && target.data[0] != '/') {
        const uint8_t *colon = memmem(target.data, target.len, "://", 3);
        const uint8_t *end = target.data + target.len;
        const uint8_t *path = colon ? colon + 3 : end;

        while (path < end && *path != '/' && *path != '?')
            path++;
        if (colon && (path == end || *path == '?')) {
            /* RFC 9110, section 4.2.3: an empty path is "/". */
            if (path < end)
                *query = slice_make(path + 1, (size_t)(end - path) - 1);
            return slice_str("/");
        }
        target = slice_make(path, (size_t)(end - path));
    }
    mark = target.len > 0 ? memchr(target.data, '?', target.len) : NULL;
    if (mark) {
        size_t n = (size_t)(mark - target.data);

        *query = slice_make(mark + 1, target.len - n - 1);
        target.len = n;
    }
    return target;
}

int pages_number(struct slice text, uint64_t *number)
{
    uint64_t n = 0;

    if (text.len == 0)
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t digit = (uint8_t)(text.data[i] - '0');

        if (digit > 9 || n > (UINT64_MAX - digit) / 10)
            return -1;
        n = n * 10 + digit;
    }
    *number = n;
    return 0;
}

void pages_refuse(struct answer *a, int status, const char *text, const char *hint)
{
    *a = (struct answer){.place = PLACE_PAGE, .status = status};
    snprintf(a->text, sizeof a->text, "%s", text);
    snprintf(a->hint, sizeof a->hint, "%s", hint);
}

/* The value of a query's first member of that name. */
static bool query_get(struct slice query, const char *name, struct slice *value)
{
    size_t len = strlen(name);

    while (query.len > 0) {
        const uint8_t *amp = memchr(query.data, '&', query.len);
        size_t n = amp ? (size_t)(amp - query.data) : query.len;

        if (n > len && query.data[len] == '=' && memcmp(query.data, name, len) == 0) {
            *value = slice_make(query.data + len + 1, n - len - 1);
            return true;
        }
        if (!amp)
            break;
        query = slice_make(amp + 1, query.len - n - 1);
    }
    return false;
}

/* An empty number is none: a client that has seen nothing yet has nothing to fill in. */
static void read_since(struct answer *a, struct slice query)
{
    struct slice text;
    struct excerpt x;

    if (!query_get(query, "since", &text) || text.len == 0)
        return;
    if (pages_number(text, &a->since) == 0) {
        a->has_since = true;
        return;
    }
    pages_refuse(a, 400, "", "the last update's \"id\" that was seen, as in /feed?since=17");
    snprintf(a->text, sizeof a->text, "since is \"%s\", expected a whole number",
             excerpt_of(&x, text));
}

/* RFC 6455, section 10.2. A client that is no browser sends no Origin; there is nothing to protect
 * from it that it could not forge. */
static bool origin_allowed(const struct pages *p, const struct http1_head *head)
{
    const struct slice *origin = http1_field(head, "Origin");

    if (p->origin_count == 0 || !origin)
        return true;
    if (http1_field_count(head, "Origin") != 1)
        return false;
    for (size_t i = 0; i < p->origin_count; i++) {
        if (slice_is_nocase(*origin, p->origins[i]))
            return true;
    }
    return false;
}

static enum place place_of(struct slice path)
{
    if (slice_is(path, "/echo"))
        return PLACE_ECHO;
    return slice_is(path, "/feed") ? PLACE_FEED : PLACE_PAGE;
}

static void not_found(struct answer *a, struct slice path, const char *what)
{
    struct excerpt x;

    pages_refuse(a, 404, "", "");
    snprintf(a->text, sizeof a->text, "there is no %s \"%s\" here", what, excerpt_of(&x, path));
    a->index = true;
}

static void answer_upgrade(struct answer *a, const struct pages *p, const struct http1_head *head)
{
    struct slice query, path = pages_path(head->target, &query);
    struct excerpt x;

    a->place = place_of(path);
    if (a->place == PLACE_PAGE) {
        not_found(a, path, "WebSocket");
    } else if (!origin_allowed(p, head)) {
        pages_refuse(a, 403, "", "--allow-origin names the origins that may; it can be repeated");
        snprintf(a->text, sizeof a->text, "the origin \"%s\" may not connect to this server",
                 excerpt_of(&x, *http1_field(head, "Origin")));
    } else if (a->place == PLACE_FEED) {
        read_since(a, query);
    }
}

static void answer_plain(struct answer *a, const struct http1_head *head)
{
    struct slice query, path = pages_path(head->target, &query);
    struct excerpt x;

    if (!slice_is(head->method, "GET") && !slice_is(head->method, "HEAD")) {
        pages_refuse(a, 405, "", "");
        snprintf(a->text, sizeof a->text, "the method \"%s\" is not served here, only GET and HEAD",
                 excerpt_of(&x, head->method));
    } else if (head->minor > 0 && http1_field_count(head, "Host") != 1) {
        /* RFC 9112, section 3.2 */
        pages_refuse(a, 400, "the request must have one Host header", "");
    } else if (place_of(path) != PLACE_PAGE) {
        pages_refuse(a, 426, "", "");
        snprintf(a->text, sizeof a->text,
                 "%s is a WebSocket, and the request did not ask for one (it has no \"Upgrade: "
                 "websocket\")",
                 excerpt_of(&x, path));
        a->index = true;
    } else if (!slice_is(path, "/")) {
        not_found(a, path, "page");
    } else {
        a->status = 200;
        a->index = true;
    }
}

void pages_answer(struct answer *a, const struct pages *p, const struct http1_head *head)
{
    struct err e;
    int status = 400;

    *a = (struct answer){.place = PLACE_PAGE};
    switch (handshake_request_check(head, &status, &e)) {
    case 0:
        answer_upgrade(a, p, head);
        break;
    case 1:
        answer_plain(a, head);
        break;
    default:
        pages_refuse(a, status, e.text, e.hint);
        break;
    }
    a->head_only = slice_is(head->method, "HEAD");
}

/* What is here, each with a line to try. */
static int put_index(struct buf *out, const char *url)
{
    bool secure = strncmp(url, "wss:", 4) == 0;
    const char *insecure = secure ? " -k" : "";

    return buf_printf(out,
                      "This is the embedded WebSocket server of wscope.\n"
                      "\n"
                      "  /echo  sends every message back\n"
                      "         $ echo hello | wscope%s %s/echo\n"
                      "  /feed  numbered updates; ?since=N first repeats what came after N\n"
                      "         $ wscope%s -n --count 5 %s/feed\n"
                      "  /      this text\n"
                      "         $ curl%s http%s/\n",
                      insecure, url, insecure, url, insecure, url + 2);
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
static const char *fields_of(int status)
{
    switch (status) {
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

int pages_write(struct buf *out, const struct pages *p, const struct answer *a, int64_t now_us,
                size_t *head_len)
{
    size_t before = out->len;
    struct buf body;
    int failed;

    buf_init(&body, PAGE_MAX);
    failed = put_body(&body, p, a) < 0 ||
             buf_printf(out, "HTTP/1.1 %d %s\r\n", a->status, reason_of(a->status)) < 0 ||
             put_date(out, now_us) < 0 ||
             buf_printf(out,
                        "Server: wscope\r\n"
                        "%s"
                        "Content-Type: text/plain; charset=utf-8\r\n"
                        "Content-Length: %zu\r\n"
                        "Connection: %s\r\n"
                        "\r\n",
                        fields_of(a->status), body.len,
                        a->status == 426 ? "close, Upgrade" : "close") < 0;
    if (!failed)
        *head_len = out->len - before;
    if (!failed && !a->head_only)
        failed = buf_append(out, buf_data(&body), body.len) < 0;
    buf_clear(&body);
    if (failed)
        out->len = before;
    return failed ? -1 : 0;
}
