#include "net/link_proxy.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/codec.h"
#include "net/proxy_error.h"
#include "proto/http1_reader.h"

#define REQUEST_MAX (1024 * 1024) /* only credentials make it long */
#define CHUNK       4096
#define BODY_LOOK   2048 /* of a refusal's body, to find a sentence in it */
#define INTERIM_MAX 16   /* 1xx responses before the final one */

struct link_proxy {
    struct link link;
    struct tunnel_names names;
    bool credentials;
    struct buf out;         /* what is not written of the request yet */
    struct http1_reader in; /* the answer; then what came after it */
    unsigned interim;
    int status;
    bool established;
    bool failed;
    struct err outcome; /* if failed */
};

static struct link_proxy *proxy_of(struct link *l)
{
    return (struct link_proxy *)l;
}

/* The first word of a field that names an authentication scheme (RFC 9110, section 11.3). */
static struct slice first_word(struct slice value)
{
    size_t n = 0;

    while (n < value.len && value.data[n] != ' ' && value.data[n] != ',')
        n++;
    return slice_make(value.data, n);
}

/* False if the proxy asks for schemes that are not spoken here; *scheme is then one of them. */
static bool basic_fits(const struct http1_head *head, struct slice *scheme)
{
    bool asked = false;

    for (size_t i = 0; i < head->field_count; i++) {
        if (!slice_is_nocase(head->fields[i].name, "Proxy-Authenticate"))
            continue;
        *scheme = first_word(head->fields[i].value);
        asked = true;
        if (slice_is_nocase(*scheme, "Basic"))
            return true;
    }
    return !asked;
}

static void hint(const struct link_proxy *p, const struct http1_head *head, struct err *e)
{
    /* tinyproxy answers wrong credentials with 401. */
    bool who = head->status == 407 || head->status == 401;
    struct slice scheme;
    char word[40];

    if (who && !basic_fits(head, &scheme)) {
        tunnel_plain(word, sizeof word, scheme);
        err_hint(e,
                 "it asks for %s credentials, and only Basic is supported: a local proxy that "
                 "speaks %s can help",
                 word, word);
    } else if (who && p->credentials) {
        err_hint(e, "it does not accept this name and password: are they right in --proxy "
                    "http://USER:PASS@HOST:PORT?");
    } else if (who) {
        err_hint(e, "give it a name and password: --proxy http://USER:PASS@HOST:PORT");
    } else if (head->status == 403) {
        err_hint(e,
                 "its rules forbid this host or port; if %.120s can be reached without a proxy, "
                 "use --noproxy",
                 p->names.host);
    } else if (head->status >= 500 && head->status != 501) {
        err_hint(e, "it could not reach %.200s: is the name right, and known there?",
                 p->names.target);
    } else {
        err_hint(e, "is that an HTTP proxy that lets clients CONNECT? SOCKS is written --proxy "
                    "socks5h://HOST:PORT");
    }
}

/* The details in the response besides its status: Proxy-Status (RFC 9209), squid's own field, or a
 * body of plain text; pages are for browsers. */
static void find_detail(struct link_proxy *p, char *text, size_t size)
{
    const struct http1_head *head = &p->in.head;
    const struct slice *said = http1_field(head, "Proxy-Status");
    const struct slice *type = http1_field(head, "Content-Type");
    bool page = type && memmem(type->data, type->len, "html", 4) != NULL;
    struct slice raw, piece = {NULL, 0};
    struct err unused;

    text[0] = '\0';
    if (!said)
        said = http1_field(head, "X-Squid-Error");
    if (said) {
        tunnel_plain(text, size, *said);
        return;
    }
    if (page || http1_body_init(&p->in.body, head, false, &unused) < 0)
        return;
    while (piece.len == 0 && http1_reader_body(&p->in, &raw, &piece, &unused) > 0)
        ;
    /* A page without that type. */
    if (piece.len > 0 && piece.data[0] != '<')
        tunnel_plain(text, size, piece);
}

static int fail(struct link_proxy *p, const struct err *e)
{
    p->failed = true;
    p->outcome = *e;
    return LINK_FAILED;
}

/* Only a 2xx makes a tunnel (RFC 9110, section 9.3.6). */
static int refused(struct link_proxy *p, struct err *e)
{
    const struct http1_head *head = &p->in.head;
    char reason[80], detail[140];

    tunnel_plain(reason, sizeof reason, head->reason);
    find_detail(p, detail, sizeof detail);
    err_set(e, EXIT_PROXY, STAGE_PROXY, 0, "the proxy %s answered %d%s%s to CONNECT %.100s%s%s%s",
            p->names.proxy, head->status, reason[0] ? " " : "", reason, p->names.target,
            detail[0] ? " (\"" : "", detail, detail[0] ? "\")" : "");
    e->status = head->status;
    hint(p, head, e);
    return fail(p, e);
}

static int not_a_proxy(struct link_proxy *p, struct err *e)
{
    struct err why = *e;

    err_set(e, EXIT_PROXY, STAGE_PROXY, 0, "the proxy %s did not answer like an HTTP proxy: %.300s",
            p->names.proxy, why.text);
    err_hint(e, "is that its port? SOCKS is written --proxy socks5h://HOST:PORT, and a proxy that "
                "speaks TLS https://HOST:PORT");
    return fail(p, e);
}

/* The answer's head is whole. 0 the tunnel is there, 1 another answer follows, LINK_FAILED. */
static int answered(struct link_proxy *p, struct err *e)
{
    /* RFC 9110, section 15.2: interim answers may come before the final one; 101 is not one. */
    bool interim = p->status < 200 && p->status != 101 && p->interim < INTERIM_MAX;

    if (!interim && (p->status < 200 || p->status > 299))
        return refused(p, e);
    /* What follows is the tunnel's, whatever Content-Length or Transfer-Encoding say (RFC 9110,
     * section 9.3.6). */
    http1_reader_next(&p->in);
    p->interim += interim;
    p->established = !interim;
    return interim;
}

/* Read what has come. 0, 1 (more is needed), LINK_FAILED. */
static int look(struct link_proxy *p, struct err *e)
{
    int rc = 1, got = 0;

    while (rc == 1 && p->in.bytes.len > 0 && (got = http1_reader_head(&p->in, e)) > 0) {
        p->status = p->in.head.status;
        rc = answered(p, e);
    }
    if (got < 0)
        return e->code == EXIT_OTHER ? fail(p, e) : not_a_proxy(p, e);
    return rc;
}

static int send_request(struct link_proxy *p, struct err *e)
{
    while (p->out.len > 0) {
        ssize_t put = link_write(p->link.next, buf_data(&p->out), p->out.len, e);

        if (put == LINK_FAILED) {
            tunnel_broken(&p->names, put, e);
            return fail(p, e);
        }
        if (put < 0)
            return LINK_AGAIN;
        buf_consume(&p->out, (size_t)put);
    }
    return 0;
}

static int proxy_connect(struct link *l, struct err *e)
{
    struct link_proxy *p = proxy_of(l);
    int rc;

    if (p->established)
        return 0;
    if (p->failed) {
        *e = p->outcome;
        return LINK_FAILED;
    }
    rc = send_request(p, e);
    if (rc != 0)
        return rc;
    for (rc = 1; rc == 1;) {
        uint8_t *space = buf_reserve(&p->in.bytes, CHUNK);
        ssize_t got;

        if (!space) {
            err_nomem(e, STAGE_PROXY, "reading the proxy's answer");
            return fail(p, e);
        }
        got = link_read(p->link.next, space, CHUNK, e);
        if (got == LINK_AGAIN)
            return LINK_AGAIN;
        if (got <= 0) {
            tunnel_broken(&p->names, got, e);
            return fail(p, e);
        }
        buf_filled(&p->in.bytes, (size_t)got);
        rc = look(p, e);
    }
    return rc;
}

static ssize_t proxy_read(struct link *l, uint8_t *bytes, size_t n, struct err *e)
{
    struct link_proxy *p = proxy_of(l);

    if (n > 0 && p->in.bytes.len > 0) {
        if (n > p->in.bytes.len)
            n = p->in.bytes.len;
        memcpy(bytes, buf_data(&p->in.bytes), n);
        buf_consume(&p->in.bytes, n);
        if (p->in.bytes.len == 0)
            buf_clear(&p->in.bytes);
        return (ssize_t)n;
    }
    return link_read(l->next, bytes, n, e);
}

static ssize_t proxy_write(struct link *l, const uint8_t *bytes, size_t n, struct err *e)
{
    return link_write(l->next, bytes, n, e);
}

static int proxy_events(const struct link *l, bool want_read, bool want_write)
{
    const struct link_proxy *p = (const struct link_proxy *)l;

    if (!p->established)
        return link_events(l->next, p->out.len == 0, p->out.len > 0);
    return link_events(l->next, want_read, want_write);
}

static size_t proxy_pending(const struct link *l)
{
    const struct link_proxy *p = (const struct link_proxy *)l;

    return (p->established ? p->in.bytes.len : 0) + link_pending(l->next);
}

static int proxy_close(struct link *l, struct err *e)
{
    return link_close(l->next, e);
}

/* The request holds credentials. */
static void wipe(struct buf *b)
{
    if (b->data)
        explicit_bzero(b->data, b->cap);
    buf_clear(b);
}

static void proxy_free(struct link *l)
{
    struct link_proxy *p = proxy_of(l);

    wipe(&p->out);
    http1_reader_clear(&p->in);
    free(p);
}

static const struct link_ops proxy_ops = {
    .connect = proxy_connect,
    .read = proxy_read,
    .write = proxy_write,
    .events = proxy_events,
    .pending = proxy_pending,
    .close = proxy_close,
    .free = proxy_free,
};

/* RFC 7617, section 2: base64 of "user-id:password". */
static int put_credentials(struct buf *out, const struct proxy *proxy)
{
    struct buf pair;
    int rc = -1;

    buf_init(&pair, REQUEST_MAX);
    if (buf_append_str(&pair, proxy->user) == 0 && buf_append(&pair, ":", 1) == 0 &&
        buf_append_str(&pair, proxy->password ? proxy->password : "") == 0 &&
        buf_append_str(out, "Proxy-Authorization: Basic ") == 0 &&
        base64_encode(out, buf_slice(&pair)) == 0)
        rc = buf_append_str(out, "\r\n");
    wipe(&pair);
    return rc;
}

struct link *link_proxy_new(struct link *next, const struct proxy *proxy, const char *host,
                            uint16_t port, size_t max_headers, struct err *e)
{
    struct link_proxy *p = calloc(1, sizeof *p);

    if (!p)
        goto fail;
    p->link.ops = &proxy_ops;
    p->link.next = next;
    p->link.fd = next->fd;
    buf_init(&p->out, REQUEST_MAX);
    http1_reader_init(&p->in, HTTP1_RESPONSE, HTTP1_HEAD_MAX + BODY_LOOK + CHUNK, max_headers);
    tunnel_names(&p->names, proxy, host, port);
    /* RFC 9110, section 9.3.6: the authority, port and all, and nothing else. RFC 9112, section
     * 3.2: a Host field is always there. */
    if (buf_printf(&p->out, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", p->names.target,
                   p->names.target) < 0)
        goto fail;
    p->credentials = proxy->user != NULL;
    if (p->credentials && put_credentials(&p->out, proxy) < 0)
        goto fail;
    if (buf_append_str(&p->out, "\r\n") < 0)
        goto fail;
    return &p->link;

fail:
    if (p)
        proxy_free(&p->link);
    err_nomem(e, STAGE_PROXY, "asking a proxy for a tunnel");
    return NULL;
}

int link_proxy_status(const struct link *l)
{
    return ((const struct link_proxy *)l)->status;
}
