/*
 * client_http: the request's head, and what is answered: a page, or the 101 that opens a WebSocket.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "net/crypto.h"
#include "proto/handshake.h"
#include "proto/list.h"
#include "serve/client.h"

#define READ_STEP 4096
/* Of the fields that the 101 answers; a head is no longer. */
#define VALUE_MAX HTTP1_HEAD_MAX

/* --- reports -------------------------------------------------------------------------------
 */

static void report_request(struct client *c, const struct http1_head *head)
{
    struct event ev;
    char method[32];

    if (!client_wants(c, EVENT_REQUEST))
        return;
    snprintf(method, sizeof method, "%.*s",
             (int)(head->method.len < sizeof method ? head->method.len : sizeof method - 1),
             (const char *)head->method.data);
    ev = client_event(c, EVENT_REQUEST);
    ev.dir = DIR_IN;
    ev.request = (struct event_request){
        .method = method,
        .target = head->target,
        .headers = head->fields,
        .header_count = head->field_count,
        .raw = head->raw,
    };
    client_emit(c, &ev);
}

/* The response as it will be sent, byte for byte. */
void client_report_response(struct client *c, size_t head_len, const char *hint)
{
    struct http1_head head;
    struct slice sent = buf_slice(&c->out);
    struct event ev;
    struct err e;
    size_t scanned = 0;

    if (!client_wants(c, EVENT_RESPONSE) ||
        http1_head_read(&head, HTTP1_RESPONSE, sent.data, head_len, &scanned, &e) <= 0)
        return;
    ev = client_event(c, EVENT_RESPONSE);
    ev.dir = DIR_OUT;
    ev.response = (struct event_response){
        .status = head.status,
        .reason = head.reason,
        .headers = head.fields,
        .header_count = head.field_count,
        .raw = head.raw,
        .body = slice_from(sent, head_len),
        .hint = hint,
        .us = clock_mono_us() - c->began_us,
    };
    client_emit(c, &ev);
    http1_head_clear(&head);
}

void client_note(struct client *c, const struct http1_head *head, int status, const char *text_of)
{
    struct event ev = client_event(c, EVENT_NOTE);
    struct slice query, path;
    char text[900];
    int n = 0;

    if (!client_wants(c, EVENT_NOTE))
        return;
    if (head) {
        path = pages_path(head->target, &query);
        n = snprintf(text, sizeof text,
                     "%.*s %.*s: ", (int)(head->method.len < 20 ? head->method.len : 20),
                     (const char *)head->method.data, (int)(path.len < 100 ? path.len : 100),
                     path.len > 0 ? (const char *)path.data : "");
    }
    snprintf(text + n, sizeof text - (size_t)n, "answered %d%s%s%s%s%s", status,
             text_of[0] ? ", " : "", text_of, c->address[0] ? " (from " : "", c->address,
             c->address[0] ? ")" : "");
    ev.note = text;
    client_emit(c, &ev);
}

/* "ws://127.0.0.1:9001/echo?x=y". Bytes that URLs don't have are percent-encoded (RFC 3986, section
 * 2.1). */
static int put_url(struct buf *out, const struct client *c, struct slice target)
{
    struct slice query, path = pages_path(target, &query);
    const char *url = c->host->pages.url;
    int failed = (c->channel == CHANNEL_WS ? buf_append_str(out, url)
                                           : buf_printf(out, "http%s", url + 2)) < 0 ||
                 buf_append_slice(out, path) < 0 || (query.data && buf_append_str(out, "?") < 0);

    for (size_t i = 0; query.data && i < query.len && !failed; i++) {
        uint8_t byte = query.data[i];

        failed = byte > 0x20 && byte < 0x7F ? buf_append(out, &byte, 1) < 0
                                            : buf_printf(out, "%%%02X", (unsigned)byte) < 0;
    }
    return failed || buf_append(out, "", 1) < 0 ? -1 : 0;
}

void client_report_open(struct client *c, const struct http1_head *head, const char *subprotocol,
                        const struct deflate_params *deflate)
{
    struct event ev = client_event(c, EVENT_OPEN);
    struct buf url, extensions;

    if (!client_wants(c, EVENT_OPEN))
        return;
    buf_init(&url, (size_t)VALUE_MAX * 4);
    buf_init(&extensions, VALUE_MAX);
    if (put_url(&url, c, head->target) == 0 &&
        (!deflate->enabled || deflate_params_print(deflate, &extensions) == 0) &&
        buf_append(&extensions, "", 1) == 0) {
        ev.open = (struct event_open){
            .url = (const char *)buf_data(&url),
            .peer = c->address[0] ? c->address : NULL,
            .subprotocol = subprotocol ? subprotocol : "",
            .extensions = (const char *)buf_data(&extensions),
            .us = clock_mono_us() - c->began_us,
        };
        client_emit(c, &ev);
    }
    buf_clear(&url);
    buf_clear(&extensions);
}

/* --- answers ------------------------------------------------------------------------------------
 */

static void send_page(struct client *c, const struct answer *a, const struct http1_head *head)
{
    size_t head_len;

    if (pages_write(&c->out, &c->host->pages, a, clock_wall_us(), &head_len) < 0) {
        client_break(c);
        return;
    }
    client_note(c, head, a->status, a->text);
    client_report_response(c, head_len, a->hint);
    client_linger(c);
}

/* What a fault answers in the server's place. */
static void send_made_up(struct client *c, const struct fault_spec *spec,
                         const struct http1_head *head)
{
    struct answer a;

    pages_refuse(&a, (int)spec->code, "this answer was made up: --fault", "");
    a.made_up = true;
    a.has_retry_after = spec->has_retry_after;
    a.retry_after = spec->retry_after;
    a.head_only = slice_is(head->method, "HEAD");
    send_page(c, &a, head);
}

static void refuse(struct client *c, const struct http1_head *head, int status, const char *text,
                   const char *hint)
{
    struct answer a;

    pages_refuse(&a, status, text, hint);
    send_page(c, &a, head);
}

/* All fields of a name as one value (RFC 9110, section 5.3). */
static int join_fields(struct buf *out, const struct http1_head *head, const char *name)
{
    for (size_t i = 0; i < head->field_count; i++) {
        const struct field *f = &head->fields[i];

        if (!slice_is_nocase(f->name, name))
            continue;
        if ((out->len > 0 && buf_append_str(out, ", ") < 0) || buf_append_slice(out, f->value) < 0)
            return -1;
    }
    return 0;
}

/* The first subprotocol that is offered: a service that takes any message speaks them all (RFC
 * 6455, section 4.2.2). Empty if none was offered. */
static struct slice choose_subprotocol(const struct http1_head *head)
{
    for (size_t i = 0; i < head->field_count; i++) {
        struct slice list = head->fields[i].value, item;

        if (!slice_is_nocase(head->fields[i].name, "Sec-WebSocket-Protocol"))
            continue;
        while (list_next(&list, &item)) {
            if (item.len > 0)
                return item;
        }
    }
    return (struct slice){0};
}

/* 0; -1: *e, to be answered with 400, or memory is out and e->stage is STAGE_IO. */
static int choose_deflate(struct deflate_params *agreed, const struct http1_head *head,
                          struct err *e)
{
    struct buf offers;
    int r;

    *agreed = (struct deflate_params){0};
    buf_init(&offers, VALUE_MAX);
    if (join_fields(&offers, head, "Sec-WebSocket-Extensions") < 0)
        r = err_nomem(e, STAGE_IO, "reading the request");
    else
        r = offers.len > 0 ? extension_choose(agreed, buf_slice(&offers), e) : 0;
    agreed->level = -1;
    buf_clear(&offers);
    return r;
}

/* The 101 is in c->out: one more field before the empty line. */
static int add_node(struct client *c)
{
    if (!c->host->pages.node)
        return 0;
    c->out.len -= 2;
    return pages_node(&c->out, &c->host->pages) < 0 ? -1 : buf_append_str(&c->out, "\r\n");
}

/* Everything is agreed: answer, and go on in frames. */
static void accept_upgrade(struct client *c, const struct answer *a, const struct http1_head *head,
                           const struct deflate_params *deflate, const char *subprotocol)
{
    struct err e;

    if (c->service->accepted)
        c->service->accepted(c, a);
    if (handshake_response(head, subprotocol, deflate, crypto_sha1, &c->out, &e) < 0 ||
        add_node(c) < 0 || client_ws_init(c, deflate) < 0) {
        client_break(c);
        return;
    }
    client_report_response(c, c->out.len, "");
    client_report_open(c, head, subprotocol, deflate);
    client_ws_open(c, head, subprotocol);
}

static void upgrade(struct client *c, const struct answer *a, const struct http1_head *head)
{
    struct slice offered = choose_subprotocol(head);
    char *subprotocol = NULL;
    struct deflate_params deflate;
    struct err e;

    if (offered.len > 0 && !http1_is_token(offered)) {
        refuse(c, head, 400,
               "the request's Sec-WebSocket-Protocol is not a list of tokens (RFC 6455, "
               "section 4.1)",
               "");
        return;
    }
    if (choose_deflate(&deflate, head, &e) < 0) {
        if (e.stage == STAGE_IO)
            client_break(c);
        else
            refuse(c, head, 400, e.text, e.hint);
        return;
    }
    if (offered.len > 0)
        subprotocol = strndup((const char *)offered.data, offered.len);
    if (offered.len > 0 && !subprotocol)
        client_break(c);
    else
        accept_upgrade(c, a, head, &deflate, subprotocol);
    free(subprotocol);
}

/* The client's service is that of the request, with its own state. -1: out of memory. */
static int take_service(struct client *c, const struct answer *a)
{
    free(c->own);
    c->own = NULL;
    c->service = a->service;
    c->channel = a->service && !a->preflight ? a->service->channel : CHANNEL_WS;
    if (!c->service || c->service->state == 0)
        return 0;
    c->own = calloc(1, c->service->state);
    return c->own ? 0 : -1;
}

static void answer_head(struct client *c, const struct http1_head *head)
{
    const struct fault_spec *fault;
    struct answer a;

    pages_answer(&a, &c->host->pages, head);
    if (take_service(c, &a) < 0) {
        client_break(c);
        return;
    }
    report_request(c, head);
    fault =
        c->fault && !c->crowded ? fault_conn_dial(c->fault, FAULT_STATUS, clock_mono_us()) : NULL;
    if (fault) {
        send_made_up(c, fault, head);
        return;
    }
    if (c->crowded) {
        pages_refuse(&a, 503, "as many clients as this server takes are connected already",
                     "try again when one of them has left");
        send_page(c, &a, head);
        return;
    }
    if (!c->service)
        send_page(c, &a, head);
    else if (a.preflight)
        client_preflight(c, &a, head);
    else if (c->service->channel == CHANNEL_WS)
        upgrade(c, &a, head);
    else
        c->service->answer(c, &a, head, true);
}

/* --- reading ------------------------------------------------------------------------------------
 */

/* True once there was one, or never will be. */
static bool take_head(struct client *c)
{
    const struct http1_head *head = &c->in.head;
    struct err e;
    int r = http1_reader_head(&c->in, &e);

    if (r > 0) {
        answer_head(c, head);
    } else if (r < 0 && c->in.status == 0) {
        client_break(c); /* memory */
    } else if (r < 0 && head->raw.len > 0) {
        report_request(c, head);
        refuse(c, head, c->in.status, e.text, e.hint);
    } else if (r < 0) {
        refuse(c, NULL, c->in.status, e.text, e.hint);
    }
    return r != 0;
}

bool client_next_head(struct client *c)
{
    return client_pending(c) == 0 && c->in.bytes.len > 0 && take_head(c);
}

void client_answer_again(struct client *c)
{
    struct answer a;

    pages_answer(&a, &c->host->pages, &c->in.head);
    c->service->answer(c, &a, &c->in.head, false);
}

/* The next request on a connection begins. */
static void begin_request(struct client *c)
{
    c->began_us = clock_mono_us();
    client_start_timer(c, CLIENT_HEAD_MS);
}

bool client_fill(struct client *c)
{
    size_t room = c->in.bytes.max - c->in.bytes.len;
    size_t want = room < READ_STEP ? room : READ_STEP;
    uint8_t *space;
    ssize_t n;

    if (want == 0)
        return false;
    space = buf_reserve(&c->in.bytes, want);
    if (!space) {
        client_break(c);
        return false;
    }
    n = link_read(c->link, space, want, &c->link_error);
    if (n > 0)
        buf_filled(&c->in.bytes, (size_t)n);
    else if (n != LINK_AGAIN)
        client_stream_ended(c, n);
    return n > 0;
}

void client_read_head(struct client *c)
{
    bool began = c->in.bytes.len > 0;

    while (c->state == CLIENT_HEAD && client_pending(c) == 0 && client_fill(c)) {
        if (c->requests > 0 && !began)
            begin_request(c);
        began = true;
        if (take_head(c))
            return;
    }
}

void client_head_timeout(struct client *c)
{
    struct event ev;
    struct err e;

    /* RFC 9110, section 15.5.9: a client that began a request gets the status; if nothing was
     * received, it gets nothing. */
    if (c->state == CLIENT_HEAD && c->in.bytes.len > 0) {
        refuse(c, NULL, 408, "the request's head did not come whole in time", "");
        client_flush(c);
        return;
    }
    if (c->state == CLIENT_TLS) {
        ev = client_event(c, EVENT_ERROR);
        err_set(&e, EXIT_TIMEOUT, STAGE_TLS, 0,
                "a client connected and did not finish the TLS handshake in time");
        err_hint(&e, "does it speak TLS? The address is %s", c->host->pages.url);
        ev.error = &e;
        client_emit(c, &ev);
    }
    client_end(c);
}
