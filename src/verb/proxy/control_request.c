#include "verb/proxy/control_request.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/codec.h"
#include "base/decimal.h"
#include "base/json_scan.h"
#include "base/utf8.h"
#include "verb/proxy/control_address.h"

int control_refuse(struct err *e, int status, const char *format, ...)
{
    char text[sizeof e->text];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err_set(e, EXIT_OTHER, STAGE_HANDSHAKE, 0, "%s", text);
    e->status = status;
    return -1;
}

/* --- members ------------------------------------------------------------------------------------
 */

static int keep_text(struct control_request *r, const void *text, size_t n, struct err *e)
{
    buf_clear(&r->memory);
    if (buf_append(&r->memory, text, n) < 0 || buf_append(&r->memory, "", 1) < 0)
        return control_refuse(e, 503, "out of memory");
    r->text = (const char *)buf_data(&r->memory);
    r->memory.len--; /* without the NUL */
    return 0;
}

static int take_text(struct control_request *r, const char *name, const cJSON *v, struct err *e)
{
    if (!cJSON_IsString(v))
        return control_refuse(e, 400, "\"%s\" is a string", name);
    return keep_text(r, v->valuestring, strlen(v->valuestring), e);
}

static int take_base64(struct control_request *r, const char *name, const cJSON *v, struct err *e)
{
    struct buf bytes;
    long bad = -1;
    int failed = -1;

    if (!cJSON_IsString(v))
        return control_refuse(e, 400, "\"%s\" is a string", name);
    buf_init(&bytes, CONTROL_BODY_MAX);
    bad = base64_decode(&bytes, slice_str(v->valuestring));
    if (bad > 0)
        control_refuse(e, 400, "\"%s\" is not base64 at character %ld", name, bad);
    else if (bad < 0)
        control_refuse(e, 503, "out of memory");
    else
        failed = keep_text(r, bytes.len ? buf_data(&bytes) : (uint8_t *)"", bytes.len, e);
    r->binary = true;
    buf_clear(&bytes);
    return failed;
}

/* A whole number from `least`. */
static int take_number(const char *name, const cJSON *v, uint32_t least, uint32_t *to,
                       struct err *e)
{
    if (!cJSON_IsNumber(v) || v->valuedouble < least || v->valuedouble > UINT32_MAX ||
        floor(v->valuedouble) != v->valuedouble)
        return control_refuse(e, 400, "\"%s\" is a whole number from %u", name, least);
    *to = (uint32_t)v->valuedouble;
    return 0;
}

static int take_conn(struct control_request *r, const char *name, const cJSON *v, struct err *e)
{
    return take_number(name, v, 1, &r->conn, e);
}

static int take_client(struct control_request *r, const char *name, const cJSON *v, struct err *e)
{
    return take_number(name, v, 1, &r->client, e);
}

static int take_count(struct control_request *r, const char *name, const cJSON *v, struct err *e)
{
    return take_number(name, v, 1, &r->count, e);
}

static int take_seconds(struct control_request *r, const char *name, const cJSON *v, struct err *e)
{
    if (!cJSON_IsNumber(v) || !(v->valuedouble >= 0) || v->valuedouble > CONTROL_TIME_MAX)
        return control_refuse(e, 400, "\"%s\" is a number of seconds, at most %d", name,
                              CONTROL_TIME_MAX);
    r->us = (uint64_t)(v->valuedouble * 1e6 + 0.5);
    return 0;
}

static int take_silent(struct control_request *r, const char *name, const cJSON *v, struct err *e)
{
    if (!cJSON_IsBool(v))
        return control_refuse(e, 400, "\"%s\" is true or false", name);
    r->silent = cJSON_IsTrue(v);
    return 0;
}

static bool is_word(const cJSON *v, const char *word)
{
    return cJSON_IsString(v) && strcmp(v->valuestring, word) == 0;
}

static int take_to(struct control_request *r, const char *name, const cJSON *v, struct err *e)
{
    r->up = is_word(v, "server");
    r->down = is_word(v, "client");
    if (!r->up && !r->down)
        return control_refuse(e, 400, "\"%s\" is \"client\" or \"server\"", name);
    return 0;
}

static int take_direction(struct control_request *r, const char *name, const cJSON *v,
                          struct err *e)
{
    r->up = is_word(v, "up");
    r->down = is_word(v, "down");
    if (!r->up && !r->down)
        return control_refuse(e, 400, "\"%s\" is \"up\" or \"down\"", name);
    return 0;
}

static int take_event(struct control_request *r, const char *name, const cJSON *v, struct err *e)
{
    static const char *const words[] = {[CONTROL_ON_OPEN] = "open",
                                        [CONTROL_ON_CLOSE] = "close",
                                        [CONTROL_ON_MESSAGE] = "message",
                                        [CONTROL_ON_BACK] = "back"};

    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (is_word(v, words[i])) {
            r->event = (enum control_event)i;
            return 0;
        }
    }
    return control_refuse(e, 400, "\"%s\" is \"open\", \"close\", \"message\" or \"back\"", name);
}

enum {
    BASE64 = 1 << 0,
    CLIENT = 1 << 1,
    CONN = 1 << 2,
    COUNT = 1 << 3,
    DIRECTION = 1 << 4,
    EVENT = 1 << 5,
    FOR = 1 << 6,
    HOW = 1 << 7,
    RULE = 1 << 8,
    SILENT = 1 << 9,
    SPEC = 1 << 10,
    TEXT = 1 << 11,
    TO = 1 << 12,
    WITHIN = 1 << 13
};

struct member {
    const char *name;
    unsigned bit;
    int (*take)(struct control_request *r, const char *name, const cJSON *v, struct err *e);
};

static const struct member members[] = {
    {"base64", BASE64, take_base64},
    {"client", CLIENT, take_client},
    {"conn", CONN, take_conn},
    {"count", COUNT, take_count},
    {"direction", DIRECTION, take_direction},
    {"event", EVENT, take_event},
    {"for", FOR, take_seconds},
    {"how", HOW, take_text},
    {"rule", RULE, take_text},
    {"silent", SILENT, take_silent},
    {"spec", SPEC, take_text},
    {"text", TEXT, take_text},
    {"to", TO, take_to},
    {"within", WITHIN, take_seconds},
};

/* --- endpoints ----------------------------------------------------------------------------------
 */

struct endpoint {
    const char *method, *path;
    enum control_what what;
    unsigned takes, needs; /* members */
    const char *example;   /* of a body */
};

static const struct endpoint endpoints[] = {
    {"GET", "/clients", CONTROL_CLIENTS, 0, 0, ""},
    {"GET", "/connections", CONTROL_CONNECTIONS, 0, 0, ""},
    {"GET", "/report", CONTROL_REPORT, 0, 0, ""},
    {"GET", "/events", CONTROL_EVENTS, 0, 0, ""},
    {"POST", "/fault", CONTROL_FAULT, SPEC, SPEC, "{\"spec\":\"latency:200ms+10s\"}"},
    {"POST", "/drop", CONTROL_DROP, HOW | CONN | FOR, 0, "{\"how\":\"rst\",\"conn\":1}"},
    {"POST", "/offline", CONTROL_OFFLINE, FOR | SILENT, 0, "{\"for\":5,\"silent\":false}"},
    {"POST", "/heal", CONTROL_HEAL, 0, 0, "{}"},
    {"POST", "/rule", CONTROL_RULE, RULE, RULE, "{\"rule\":\"down text -> drop\"}"},
    {"POST", "/inject", CONTROL_INJECT, CONN | TO | TEXT | BASE64, CONN | TO,
     "{\"conn\":1,\"to\":\"client\",\"text\":\"hi\"}"},
    {"POST", "/hold", CONTROL_HOLD, CONN | DIRECTION | COUNT, 0, "{\"direction\":\"down\"}"},
    {"POST", "/release", CONTROL_RELEASE, CONN | DIRECTION | COUNT, 0, "{\"count\":1}"},
    {"POST", "/wait", CONTROL_WAIT, EVENT | CLIENT | WITHIN, EVENT,
     "{\"event\":\"back\",\"within\":10}"},
};

static const struct endpoint *find(const struct http1_head *head, struct slice path,
                                   const char **allow, struct err *e)
{
    *allow = NULL;
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        if (!slice_is(path, endpoints[i].path))
            continue;
        if (slice_is(head->method, endpoints[i].method))
            return &endpoints[i];
        *allow = endpoints[i].method;
        control_refuse(e, 405, "%s takes %s", endpoints[i].path, *allow);
        return NULL;
    }
    control_refuse(e, 404, "there is no such path");
    err_hint(e,
             "GET /clients, /connections, /report, /events; POST /fault, /drop, /offline, /heal, "
             "/rule, /inject, /hold, /release, /wait");
    return NULL;
}

/* --- the body -----------------------------------------------------------------------------------
 */

/* A NUL in a string would end it early in cJSON. */
static bool has_nul(struct slice token)
{
    static const char nul[] = "\\u0000";

    for (size_t i = 0; i + 6 <= token.len; i++) {
        if (token.data[i] != '\\')
            continue;
        if (memcmp(token.data + i, nul, 6) == 0)
            return true;
        i++; /* what is escaped */
    }
    return false;
}

/* Before a tree is made of it: JSON of few levels. */
static int check_json(struct slice body, struct err *e)
{
    struct json_scan scan;
    struct slice token;
    enum json_token kind;

    if (!utf8_valid(body.data, body.len))
        return control_refuse(e, 400, "the body is not UTF-8");
    json_scan_init(&scan, body);
    while ((kind = json_scan_next(&scan, &token)) != JSON_END) {
        if (kind == JSON_ERROR)
            return control_refuse(e, 400, "the body is not JSON at byte %zu", scan.pos);
        if (scan.depth > CONTROL_DEPTH_MAX)
            return control_refuse(e, 400, "the body has more than %d levels", CONTROL_DEPTH_MAX);
        if ((kind == JSON_STRING || kind == JSON_KEY) && has_nul(token)) {
            control_refuse(e, 400, "a string in the body contains a NUL");
            err_hint(e, "such a message is sent with \"base64\"");
            return -1;
        }
    }
    return 0;
}

static int take_member(struct control_request *r, const struct endpoint *at, const cJSON *v,
                       unsigned *given, struct err *e)
{
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const struct member *m = &members[i];

        if (strcmp(m->name, v->string) != 0 || !(at->takes & m->bit))
            continue;
        if (*given & m->bit)
            return control_refuse(e, 400, "\"%s\" is there twice", m->name);
        *given |= m->bit;
        return m->take(r, m->name, v, e);
    }
    return control_refuse(e, 400, "%s has no member \"%.40s\"", at->path, v->string);
}

static int take_members(struct control_request *r, const struct endpoint *at, const cJSON *tree,
                        struct err *e)
{
    unsigned given = 0;

    if (!cJSON_IsObject(tree))
        return control_refuse(e, 400, "the body is not a JSON object");
    for (const cJSON *v = tree->child; v; v = v->next) {
        if (take_member(r, at, v, &given, e) < 0)
            return -1;
    }
    if ((at->needs & ~given) || (r->what == CONTROL_INJECT && !(given & TEXT) == !(given & BASE64)))
        return control_refuse(e, 400, "%s needs other members", at->path);
    if (!r->up && !r->down)
        r->up = r->down = true;
    if (r->what == CONTROL_WAIT && !(given & WITHIN))
        r->us = UINT64_C(30) * 1000000;
    return 0;
}

static bool is_blank(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!memchr(" \t\r\n", text.data[i], 4))
            return false;
    }
    return true;
}

static int take_json(struct control_request *r, const struct endpoint *at, struct slice body,
                     struct err *e)
{
    cJSON *tree;
    int failed;

    if (check_json(body, e) < 0)
        return -1;
    tree = cJSON_ParseWithLength((const char *)body.data, body.len);
    failed = tree ? take_members(r, at, tree, e) : control_refuse(e, 503, "out of memory");
    cJSON_Delete(tree);
    return failed;
}

/* No body is an empty object. */
static int read_body(struct control_request *r, const struct endpoint *at, struct slice body,
                     struct err *e)
{
    int failed = take_json(r, at, is_blank(body) ? slice_str("{}") : body, e);

    if (failed && !e->hint[0] && e->status == 400)
        err_hint(e, "for example %s", at->example);
    return failed;
}

/* --- the head -----------------------------------------------------------------------------------
 */

/* A page in a browser sends its Origin with whatever changes something, and reads no answer without
 * it. A name that was made to lead here (DNS rebinding) is in Host. */
static int check_sender(const struct http1_head *head, struct err *e)
{
    const struct slice *host = http1_field(head, "Host");

    if (http1_field(head, "Origin")) {
        control_refuse(e, 403, "a request with an Origin is refused: no web page may control this");
        return -1;
    }
    if (host && control_is_loopback(*host))
        return 0;
    control_refuse(e, 403, "Host is not a name of the loopback");
    err_hint(e, "use http://localhost or http://127.0.0.1 with the port of --control");
    return -1;
}

static int read_query(struct control_request *r, struct slice query, struct err *e)
{
    struct slice number;

    if (query.len == 0)
        return 0;
    if (r->what != CONTROL_EVENTS || !slice_begins(query, "since="))
        return control_refuse(e, 400, "that query is not known; /events takes ?since=N");
    number = slice_from(query, 6);
    if (!decimal_read(number, INT64_MAX, &r->since))
        return control_refuse(e, 400, "since is a whole number: the \"n\" of an event");
    return 0;
}

int control_request_read(struct control_request *r, const struct http1_head *head,
                         struct slice body, const char **allow, struct err *e)
{
    struct slice path = head->target, query = slice_make(NULL, 0);
    const uint8_t *mark = path.len ? memchr(path.data, '?', path.len) : NULL;
    const struct endpoint *at;

    *r = (struct control_request){.text = ""};
    buf_init(&r->memory, CONTROL_BODY_MAX + 1);
    *allow = NULL;
    if (mark) {
        path.len = (size_t)(mark - path.data);
        query = slice_make(mark + 1, head->target.len - path.len - 1);
    }
    if (check_sender(head, e) < 0)
        return -1;
    at = find(head, path, allow, e);
    if (!at)
        return -1;
    r->what = at->what;
    if (read_query(r, query, e) < 0)
        return -1;
    return strcmp(at->method, "POST") == 0 ? read_body(r, at, body, e) : 0;
}

void control_request_clear(struct control_request *r)
{
    buf_clear(&r->memory);
    r->text = "";
}
