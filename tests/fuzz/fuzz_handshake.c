/* Head bytes to both sides of the handshake, with offers that the first byte chooses; and every
 * Sec-WebSocket-Extensions value in them to the negotiation. */
#include <assert.h>
#include <stdlib.h>

#include "proto/extension_scan.h"
#include "proto/handshake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No hash: the vectors in the corpus need an Accept that a fuzzer can meet. */
static void constant(const uint8_t *bytes, size_t n, uint8_t digest[20])
{
    (void)bytes;
    (void)n;
    memset(digest, 0, 20);
}

static void check_err(const struct err *e)
{
    assert(e->code == EXIT_UPGRADE && e->stage == STAGE_HANDSHAKE && e->text[0]);
    for (const char *c = e->text; *c; c++)
        assert(*c >= ' ' && *c < 0x7f);
}

static void check_params(const struct deflate_params *p)
{
    uint8_t server = p->server_max_window_bits, client = p->client_max_window_bits;
    struct deflate_params again;
    struct buf out;
    struct err e;

    assert(server == 0 || (server >= 8 && server <= 15));
    assert(client == 0 || (client >= 8 && client <= 15));
    assert(!p->client_max_window_bits_bare);
    assert(p->enabled || (!server && !client));
    buf_init(&out, 1000);
    if (deflate_params_print(p, &out) < 0)
        abort();
    /* What is answered is chosen again when it is offered. */
    if (extension_choose(&again, buf_slice(&out), &e) < 0)
        abort();
    assert(again.enabled == p->enabled && again.server_max_window_bits == server);
    assert(again.client_max_window_bits == client);
    buf_clear(&out);
}

static void negotiate(const struct deflate_params *offer, struct slice value)
{
    struct deflate_params agreed;
    struct err e;

    err_clear(&e);
    if (extension_choose(&agreed, value, &e) < 0)
        check_err(&e);
    else
        check_params(&agreed);
    if (extension_accept(&agreed, offer, value, &e) < 0)
        check_err(&e);
    else
        check_params(&agreed);
    if (extension_accept_offered(&agreed, value, -1, value, &e) < 0)
        check_err(&e);
}

static void as_client(uint8_t choice, const struct deflate_params *offer, const uint8_t *bytes,
                      size_t n)
{
    static const char *const subprotocols[] = {"chat", "superchat"};
    static const struct handshake_header headers[] = {
        {"Sec-WebSocket-Extensions", "foo; a=b, permessage-deflate; server_max_window_bits=10",
         false},
        {"Sec-WebSocket-Protocol", "x, y", false}};
    static const struct handshake hs = {.accept = "AAAAAAAAAAAAAAAAAAAAAAAAAAA="};
    struct handshake_config config = {.headers = headers,
                                      .header_count = choice & 4 ? 2 : 0,
                                      .subprotocols = subprotocols,
                                      .subprotocol_count = choice & 8 ? 2 : 0,
                                      .deflate = *offer};
    struct handshake_result result;
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    size_t scanned = 0;
    struct err e;

    if (http1_head_read(&h, HTTP1_RESPONSE, bytes, n, &scanned, &e) <= 0)
        return;
    for (size_t i = 0; i < h.field_count; i++)
        if (slice_is_nocase(h.fields[i].name, "Sec-WebSocket-Extensions"))
            negotiate(offer, h.fields[i].value);
    err_clear(&e);
    if (handshake_check(&hs, &config, &h, choice & 16, &result, &e) < 0) {
        check_err(&e);
        return;
    }
    assert(h.status == 101);
    assert(choice & 16 || slice_is(*http1_field(&h, "Sec-WebSocket-Accept"), hs.accept));
    assert(!result.subprotocol[0] || choice & 28);
    handshake_result_clear(&result);
}

static void as_server(const uint8_t *bytes, size_t n)
{
    __attribute__((cleanup(http1_head_clear))) struct http1_head h = {0};
    size_t scanned = 0;
    struct err e;
    struct buf out;
    int status = 0, rc;

    if (http1_head_read(&h, HTTP1_REQUEST, bytes, n, &scanned, &e) <= 0)
        return;
    rc = handshake_request_check(&h, &status, &e);
    if (rc < 0) {
        check_err(&e);
        assert(status == 400 || status == 405 || status == 426);
    } else if (rc == 0) {
        buf_init(&out, 1000);
        if (handshake_response(&h, NULL, NULL, constant, &out, &e) < 0)
            abort();
        buf_clear(&out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct deflate_params offers[4] = {
        {.enabled = false},
        {.enabled = true, .client_max_window_bits_bare = true},
        {.enabled = true, .client_max_window_bits = 10, .client_no_context_takeover = true},
        {.enabled = true, .server_max_window_bits = 10, .server_no_context_takeover = true},
    };
    char *line;
    struct handshake_header header;
    struct deflate_params params;
    struct err e;

    if (size < 1)
        return 0;
    as_client(data[0], &offers[data[0] & 3], data + 1, size - 1);
    as_server(data + 1, size - 1);
    negotiate(&offers[data[0] & 3], slice_make(data + 1, size - 1));

    line = strndup((const char *)data + 1, size - 1);
    if (!line)
        return 0;
    if (deflate_params_parse(&params, line, &e) < 0)
        assert(e.at >= 0 && (size_t)e.at <= strlen(line));
    if (handshake_header_parse(&header, line, &e) < 0)
        assert(e.at >= 0 && (size_t)e.at <= strlen(line));
    free(line);
    return 0;
}
