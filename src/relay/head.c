#include "relay/head.h"

#include <stdlib.h>

/* Bytes of fields that are joined. */
#define JOINED_MAX 8192

/* --- what is removed ---------------------------------------------------------------------------
 */

/* RFC 9110, section 7.6.1, and what older clients send to a proxy. Transfer-Encoding is hop-by-hop
 * too, but the body passes in its framing. */
static bool is_hop_by_hop(struct slice name)
{
    static const char *const names[] = {"Keep-Alive", "Proxy-Connection", "TE", "Upgrade"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (slice_is_nocase(name, names[i]))
            return true;
    }
    return false;
}

/* Is the name listed in a Connection field? What frames the message, and Host, no client may take
 * out. */
static bool is_nominated(const struct http1_head *h, struct slice name)
{
    char text[64];

    if (name.len >= sizeof text || slice_is_nocase(name, "Host") ||
        slice_is_nocase(name, "Content-Length") || slice_is_nocase(name, "Transfer-Encoding"))
        return false;
    memcpy(text, name.data, name.len);
    text[name.len] = '\0';
    return http1_has_token(h, "Connection", text);
}

static bool stays_behind(const struct http1_head *h, const struct field *f)
{
    if (slice_is_nocase(f->name, "Upgrade"))
        return !http1_has_token(h, "Upgrade", "websocket");
    return slice_is_nocase(f->name, "Connection") || is_hop_by_hop(f->name) ||
           is_nominated(h, f->name);
}

/* What is left of the Connection fields: the two connections of a relay persist, are upgraded and
 * end together. */
static int put_connection(const struct http1_head *h, struct buf *out)
{
    static const char *const options[] = {"close", "keep-alive", "Upgrade"};
    const struct slice *value = http1_field(h, "Connection");
    const char *before = "Connection: ";

    if (!value)
        return 0;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (!http1_has_token(h, "Connection", options[i]) ||
            (i == 2 && !http1_has_token(h, "Upgrade", "websocket")))
            continue;
        if (buf_append_str(out, before) < 0 || buf_append_str(out, options[i]) < 0)
            return -1;
        before = ", ";
    }
    return before[0] == ',' ? buf_append_str(out, "\r\n") : 0;
}

/* Does the only Connection field hold nothing but one of those options? Then it passes as it was
 * spelled. */
static bool connection_is_plain(const struct http1_head *h)
{
    const struct slice *value = http1_field(h, "Connection");

    return http1_field_count(h, "Connection") == 1 &&
           (slice_is_nocase(*value, "close") || slice_is_nocase(*value, "keep-alive") ||
            (slice_is_nocase(*value, "upgrade") && http1_has_token(h, "Upgrade", "websocket")));
}

/* --- fields -------------------------------------------------------------------------------------
 */

/* The line of a field as it came; a value that was folded is one line. */
static int put_field(struct buf *out, const struct field *f, struct slice raw)
{
    const uint8_t *end = slice_end(raw);
    bool as_it_came = f->value.len > 0 && f->value.data > f->name.data && f->value.data < end;
    struct slice between = slice_str(": ");

    if (as_it_came)
        between = slice_make(f->name.data + f->name.len,
                             (size_t)(f->value.data - f->name.data) - f->name.len);
    return buf_append_slice(out, f->name) < 0 || buf_append_slice(out, between) < 0 ||
                   buf_append_slice(out, f->value) < 0 || buf_append_str(out, "\r\n") < 0
               ? -1
               : 0;
}

static int put_pair(struct buf *out, const char *name, const char *value)
{
    return buf_append_str(out, name) < 0 || buf_append_str(out, ": ") < 0 ||
                   buf_append_str(out, value) < 0 || buf_append_str(out, "\r\n") < 0
               ? -1
               : 0;
}

/* Every field that passes, in order. instead: may replace one; NULL: none is. */
static int put_fields(const struct http1_head *h, struct buf *out,
                      int (*instead)(const struct head_config *, const struct field *,
                                     struct buf *),
                      const struct head_config *config)
{
    bool plain = connection_is_plain(h), done = false;

    for (size_t i = 0; i < h->field_count; i++) {
        const struct field *f = &h->fields[i];
        int r = 0;

        if (slice_is_nocase(f->name, "Connection")) {
            if (!done && (plain ? put_field(out, f, h->raw) : put_connection(h, out)) < 0)
                return -1;
            done = true;
            continue;
        }
        if (stays_behind(h, f))
            continue;
        if (instead)
            r = instead(config, f, out);
        if (r < 0 || (r == 0 && put_field(out, f, h->raw) < 0))
            return -1;
    }
    return 0;
}

/* --- requests -----------------------------------------------------------------------------------
 */

/* The user's header of that name, or NULL. */
static const struct handshake_header *changed(const struct head_config *config, struct slice name)
{
    for (size_t i = 0; i < config->header_count; i++) {
        if (slice_is_nocase(name, config->headers[i].name))
            return &config->headers[i];
    }
    return NULL;
}

/* 1: the field has been replaced, or removed; 0: it passes; -1: memory. */
static int replace(const struct head_config *config, const struct field *f, struct buf *out)
{
    if (changed(config, f->name) ||
        (config->authorization && slice_is_nocase(f->name, "Authorization")) ||
        (config->cookie && slice_is_nocase(f->name, "Cookie")))
        return 1; /* the user's are at the end */
    if (config->keep_host)
        return 0;
    if (slice_is_nocase(f->name, "Host"))
        return put_pair(out, "Host", config->host) < 0 ? -1 : 1;
    if (slice_is_nocase(f->name, "Origin"))
        return put_pair(out, "Origin", config->origin) < 0 ? -1 : 1;
    return 0;
}

static int put_added(const struct head_config *config, struct buf *out)
{
    if (config->authorization && put_pair(out, "Authorization", config->authorization) < 0)
        return -1;
    if (config->cookie && put_pair(out, "Cookie", config->cookie) < 0)
        return -1;
    for (size_t i = 0; i < config->header_count; i++) {
        const struct handshake_header *h = &config->headers[i];

        if (!h->remove && put_pair(out, h->name, h->value) < 0)
            return -1;
    }
    return 0;
}

/* "http://host/path" is "/path", "http://host?query" is "?query". */
static struct slice origin_form(struct slice target)
{
    size_t at;

    if (target.len == 0 || target.data[0] == '/' || slice_is(target, "*"))
        return target;
    for (at = 0; at + 2 < target.len && memcmp(target.data + at, "://", 3) != 0; at++)
        ;
    if (at + 2 >= target.len)
        return (struct slice){0};
    at += 3;
    while (at < target.len && target.data[at] != '/' && target.data[at] != '?')
        at++;
    return at < target.len ? slice_from(target, at) : slice_str("/");
}

static size_t query_at(struct slice target)
{
    const uint8_t *mark = target.len ? memchr(target.data, '?', target.len) : NULL;

    return mark ? (size_t)(mark - target.data) : target.len;
}

/* The path of the server's URL, then that of the request; the same for their queries. */
static int put_target(const struct head_config *config, struct slice own, struct buf *out)
{
    struct slice base = slice_str(config->target);
    size_t base_path = query_at(base), own_path = query_at(own);
    bool both = base_path < base.len && own_path < own.len;

    while (base_path > 0 && base.data[base_path - 1] == '/')
        base_path--;
    if (slice_is(own, "*"))
        return buf_append_slice(out, own);
    if (buf_append_slice(out, slice_make(base.data, base_path)) < 0 ||
        buf_append_slice(out, own_path ? slice_make(own.data, own_path) : slice_str("/")) < 0)
        return -1;
    base_path = query_at(base);
    if (buf_append_slice(out, slice_from(base, base_path)) < 0)
        return -1;
    if (both)
        return buf_append_str(out, "&") < 0 ||
                       buf_append_slice(out, slice_from(own, own_path + 1)) < 0
                   ? -1
                   : 0;
    return buf_append_slice(out, slice_from(own, own_path));
}

int head_relay_request(const struct head_config *config, const struct http1_head *h,
                       struct buf *out, struct err *e)
{
    struct slice target = origin_form(h->target);

    if (target.len == 0 || slice_is(h->method, "CONNECT"))
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "this is a reverse proxy: the target of a request is a path of the server "
                       "behind it (RFC 9112, section 3.2)");
    if (buf_append_slice(out, h->method) < 0 || buf_append_str(out, " ") < 0 ||
        put_target(config, target, out) < 0 ||
        buf_append_str(out, h->minor ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n") < 0 ||
        (!http1_field(h, "Host") && put_pair(out, "Host", config->host) < 0) ||
        put_fields(h, out, replace, config) < 0 || put_added(config, out) < 0 ||
        buf_append_str(out, "\r\n") < 0)
        return err_nomem(e, STAGE_HANDSHAKE, "relaying a request");
    return 0;
}

bool head_asks_for_websocket(const struct http1_head *h)
{
    return h->minor >= 1 && http1_has_token(h, "Connection", "upgrade") &&
           http1_has_token(h, "Upgrade", "websocket");
}

/* --- responses ----------------------------------------------------------------------------------
 */

int head_relay_response(const struct http1_head *h, struct buf *out)
{
    if (buf_printf(out, "HTTP/1.%u %d ", h->minor, h->status) < 0 ||
        buf_append_slice(out, h->reason) < 0 || buf_append_str(out, "\r\n") < 0 ||
        put_fields(h, out, NULL, NULL) < 0 || buf_append_str(out, "\r\n") < 0)
        return -1;
    return 0;
}

/* --- looks --------------------------------------------------------------------------------------
 */

char *head_joined(const struct http1_head *h, const char *name)
{
    struct buf text;
    char *copy = NULL;
    bool failed = false;

    buf_init(&text, JOINED_MAX);
    for (size_t i = 0; i < h->field_count && !failed; i++) {
        const struct field *f = &h->fields[i];

        if (slice_is_nocase(f->name, name))
            failed = (text.len > 0 && buf_append_str(&text, ", ") < 0) ||
                     buf_append_slice(&text, f->value) < 0;
    }
    if (!failed)
        copy = strndup(text.len ? (const char *)buf_data(&text) : "", text.len);
    buf_clear(&text);
    return copy;
}
