/* The server's side (RFC 6455, section 4.2), and the Accept value of both. */
#include "base/ascii.h"
#include "base/codec.h"
#include "proto/excerpt.h"
#include "proto/handshake_private.h"

/* RFC 6455, section 1.3. */
static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

void handshake_accept(struct slice key, sha1_fn *sha1, char accept[29])
{
    uint8_t text[HANDSHAKE_KEY_MAX + sizeof guid], digest[20], room[32];
    struct buf base64 = {.data = room, .cap = sizeof room - 1, .max = sizeof room - 1};

    accept[0] = '\0';
    if (key.len > HANDSHAKE_KEY_MAX)
        return;
    if (key.len > 0)
        memcpy(text, key.data, key.len);
    memcpy(text + key.len, guid, sizeof guid - 1);
    sha1(text, key.len + sizeof guid - 1, digest);
    /* Room for the 28 characters is there, so this does not fail. */
    if (base64_encode(&base64, slice_make(digest, sizeof digest)) < 0 || base64.len != 28)
        return;
    memcpy(accept, buf_data(&base64), 28);
    accept[28] = '\0';
}

/* RFC 6455, section 4.2.1, item 5: base64 of 16 bytes. The unused bits of the last character are
 * ignored: a key typed by hand need not be canonical. */
static bool is_key(struct slice key)
{
    if (key.len != 24 || key.data[22] != '=' || key.data[23] != '=')
        return false;
    for (size_t i = 0; i < 22; i++) {
        uint8_t c = key.data[i];

        if (!is_letter_or_digit(c) && c != '+' && c != '/')
            return false;
    }
    return true;
}

static int refuse(int *status, int code)
{
    *status = code;
    return -1;
}

static int version_check(const struct http1_head *head, int *status, struct err *e)
{
    const struct slice *version = http1_field(head, "Sec-WebSocket-Version");
    struct excerpt x;

    if (http1_field_count(head, "Sec-WebSocket-Version") == 1 && slice_is(*version, "13"))
        return 0;
    err_set(
        e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
        "the request's Sec-WebSocket-Version is %s%s%s, expected \"13\" once (RFC 6455, section "
        "4.2.1)",
        version ? "\"" : "", version ? excerpt_of(&x, *version) : "missing", version ? "\"" : "");
    return refuse(status, 426);
}

static int key_check(const struct http1_head *head, int *status, struct err *e)
{
    const struct slice *key = http1_field(head, "Sec-WebSocket-Key");
    struct excerpt x;

    if (http1_field_count(head, "Sec-WebSocket-Key") == 1 && is_key(*key))
        return 0;
    if (!key) {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the request has no Sec-WebSocket-Key (RFC 6455, section 4.2.1)");
    } else if (!is_key(*key)) {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the request's Sec-WebSocket-Key is \"%s\", expected 16 bytes in base64 (RFC 6455, "
                "section 4.2.1)",
                excerpt_of(&x, *key));
    } else {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the request has more than one Sec-WebSocket-Key (RFC 6455, section 11.3.1)");
    }
    return refuse(status, 400);
}

int handshake_request_check(const struct http1_head *head, int *status, struct err *e)
{
    struct excerpt x;
    size_t hosts;

    if (!http1_has_token(head, "Upgrade", "websocket"))
        return 1;
    if (!slice_is(head->method, "GET")) {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the request's method is \"%s\", expected GET (RFC 6455, section 4.2.1)",
                excerpt_of(&x, head->method));
        return refuse(status, 405);
    }
    if (head->minor < 1) {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the request is HTTP/1.0, expected HTTP/1.1 (RFC 6455, section 4.2.1)");
        err_hint(
            e,
            "a proxy may speak HTTP/1.0 upstream; in nginx, proxy_http_version 1.1 changes that");
        return refuse(status, 400);
    }
    /* RFC 9112, section 3.2: if there is not exactly one, the response is 400. */
    hosts = http1_field_count(head, "Host");
    if (hosts != 1) {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the request has %zu Host headers, expected one (RFC 6455, section 4.2.1)", hosts);
        return refuse(status, 400);
    }
    if (!http1_has_token(head, "Connection", "Upgrade")) {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the request's Connection header lacks \"Upgrade\" (RFC 6455, section 4.2.1)");
        err_hint(e, "a proxy may have dropped it; it must pass Upgrade and Connection on");
        return refuse(status, 400);
    }
    if (version_check(head, status, e) < 0)
        return -1;
    return key_check(head, status, e);
}

int handshake_response(const struct http1_head *head, const char *subprotocol,
                       const struct deflate_params *deflate, sha1_fn *sha1, struct buf *out,
                       struct err *e)
{
    const struct slice *key = http1_field(head, "Sec-WebSocket-Key");
    size_t before = out->len;
    char accept[29] = "";
    bool written;

    if (key)
        handshake_accept(*key, sha1, accept);
    if (accept[0] == '\0' || (subprotocol && !handshake_subprotocol_valid(subprotocol))) {
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "the request can't be answered: it has no usable %s",
                       accept[0] ? "subprotocol" : "Sec-WebSocket-Key");
    }
    /* RFC 6455, section 4.2.2, item 5. */
    written = buf_append_str(out, "HTTP/1.1 101 Switching Protocols\r\n"
                                  "Upgrade: websocket\r\n"
                                  "Connection: Upgrade\r\n"
                                  "Sec-WebSocket-Accept: ") == 0 &&
              buf_append_str(out, accept) == 0 && buf_append_str(out, "\r\n") == 0;
    if (written && subprotocol)
        written = buf_append_str(out, "Sec-WebSocket-Protocol: ") == 0 &&
                  buf_append_str(out, subprotocol) == 0 && buf_append_str(out, "\r\n") == 0;
    if (written && deflate && deflate->enabled)
        written = buf_append_str(out, "Sec-WebSocket-Extensions: ") == 0 &&
                  deflate_params_print(deflate, out) == 0 && buf_append_str(out, "\r\n") == 0;
    if (written)
        written = buf_append_str(out, "\r\n") == 0;
    if (!written) {
        out->len = before;
        return err_nomem(e, STAGE_HANDSHAKE, "writing the answer");
    }
    return 0;
}
