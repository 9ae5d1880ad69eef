/* ndjson_opening: the events of an opening, from the name's addresses to the handshake. */
#include <string.h>

#include "base/utf8.h"
#include "sink/common.h"
#include "sink/ndjson_private.h"
#include "sink/redact.h"

static void write_error(struct json_write *w, const char *key, int errnum)
{
    ndjson_words(w, key, errnum ? strerror(errnum) : NULL);
}

void ndjson_resolve(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    (void)n;
    ndjson_words(w, "host", ev->resolve.host);
    json_array_open(w, "addresses");
    for (size_t i = 0; i < ev->resolve.count; i++)
        ndjson_words(w, NULL, ev->resolve.addresses[i]);
    json_array_close(w);
    json_ms(w, "ms", ev->resolve.us);
}

void ndjson_connect(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    const struct event_connect *c = &ev->connect;

    (void)n;
    ndjson_words(w, "address", c->address);
    json_u64(w, "port", c->port);
    ndjson_words(w, "local", c->local);
    json_ms(w, "ms", c->us);
    json_array_open(w, "attempts");
    for (size_t i = 0; i < c->attempt_count; i++) {
        json_object_open(w, NULL);
        ndjson_words(w, "address", c->attempts[i].address);
        json_ms(w, "ms", c->attempts[i].us);
        write_error(w, "error", c->attempts[i].errnum);
        json_object_close(w);
    }
    json_array_close(w);
}

void ndjson_proxy(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    (void)n;
    ndjson_words(w, "kind", ev->proxy.kind);
    ndjson_words(w, "address", ev->proxy.address);
    json_i64(w, "status", ev->proxy.status);
    json_ms(w, "ms", ev->proxy.us);
}

void ndjson_tls(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    const struct event_tls *t = &ev->tls;

    (void)n;
    ndjson_words(w, "version", t->version);
    ndjson_words(w, "cipher", t->cipher);
    ndjson_words(w, "alpn", t->alpn);
    json_bool(w, "resumed", t->resumed);
    json_bool(w, "verified", t->verified);
    ndjson_words(w, "subject", t->subject);
    ndjson_words(w, "issuer", t->issuer);
    ndjson_words(w, "not_after", t->not_after);
    json_ms(w, "ms", t->us);
}

static void write_target(struct ndjson *n, struct json_write *w, const char *key,
                         struct slice target)
{
    buf_reset(&n->scratch);
    if (n->config.show_secrets)
        json_latin1(w, key, target);
    else if (redact_target(&n->scratch, target, true) < 0)
        w->failed = true;
    else
        json_latin1(w, key, buf_slice(&n->scratch));
}

static void write_headers(struct ndjson *n, struct json_write *w, const struct field *headers,
                          size_t count)
{
    json_array_open(w, "headers");
    for (size_t i = 0; i < count; i++) {
        struct slice value = headers[i].value;

        if (!n->config.show_secrets) {
            buf_reset(&n->scratch);
            if (redact_field(&n->scratch, headers[i].name, value, true) < 0)
                w->failed = true;
            value = buf_slice(&n->scratch);
        }
        json_array_open(w, NULL);
        json_latin1(w, NULL, headers[i].name);
        json_latin1(w, NULL, value);
        json_array_close(w);
    }
    json_array_close(w);
}

void ndjson_request(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    ndjson_words(w, "method", ev->request.method);
    write_target(n, w, "target", ev->request.target);
    write_headers(n, w, ev->request.headers, ev->request.header_count);
}

/* A body that was cut may end inside a character; those one to three bytes would make all of it
 * base64. */
static struct slice whole_characters(struct slice text)
{
    struct utf8 u = {0};

    if (utf8_check(&u, text.data, text.len) == text.len && !utf8_complete(&u))
        text.len -= u.have;
    return text;
}

void ndjson_response(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    const struct event_response *r = &ev->response;

    json_i64(w, "status", r->status);
    json_latin1(w, "reason", r->reason);
    json_ms(w, "ms", r->us);
    write_headers(n, w, r->headers, r->header_count);
    if (!response_refused(ev))
        return;
    json_payload(w, "body", r->body_cut ? whole_characters(r->body) : r->body);
    json_bool(w, "body_cut", r->body_cut);
    ndjson_words(w, "hint", r->hint);
}

void ndjson_open(struct ndjson *n, struct json_write *w, const struct event *ev)
{
    write_target(n, w, "url", slice_str(ev->open.url));
    if (ev->open.peer)
        ndjson_words(w, "peer", ev->open.peer);
    ndjson_words(w, "subprotocol", ev->open.subprotocol);
    ndjson_words(w, "extensions", ev->open.extensions);
    json_ms(w, "ms", ev->open.us);
    json_bool(w, "subprotocol_missed", ev->open.subprotocol_missed);
    if (ev->open.attempts) {
        json_u64(w, "attempts", ev->open.attempts);
        json_ms(w, "outage_ms", ev->open.outage_us);
    }
}
