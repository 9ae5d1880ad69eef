/* The client's request, and what a user may change in it. */
#include "proto/handshake.h"

#include <stdlib.h>

#include "base/codec.h"
#include "proto/excerpt.h"
#include "proto/handshake_private.h"
#include "proto/request_head.h"

#define FIELDS_OWN 11 /* the handshake's own fields, at most */

struct request {
    struct request_head head;
    char *host;
    struct buf subprotocols, extensions;
};

int handshake_header_parse(struct handshake_header *h, char *line, struct err *e)
{
    static const char how_to[] =
        "write 'Name: value', 'Name;' for an empty value, or 'Name:' to remove a header";
    char *colon = strchr(line, ':'), *semicolon = colon ? NULL : strchr(line, ';'), *value, *end;
    size_t len = strcspn(line, "\r\n");
    struct slice name;
    struct excerpt x;

    if (line[len]) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                "a header can't hold a line break (0x%02x): it would begin another header",
                (unsigned)(uint8_t)line[len]);
        e->at = (long)len;
        return -1;
    }
    /* As curl has it: "Name;" sends the header without a value. */
    if (semicolon && semicolon[1 + strspn(semicolon + 1, " \t")] == '\0')
        colon = semicolon;
    if (!colon) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "\"%s\" is not a header: it has no colon",
                excerpt_of(&x, slice_str(line)));
        err_hint(e, "%s", how_to);
        e->at = (long)strlen(line);
        return -1;
    }
    name = slice_make(line, (size_t)(colon - line));
    for (len = 0; len < name.len && http1_is_token(slice_make(line + len, 1)); len++)
        ;
    if (len < name.len || len == 0) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                "\"%s\" is not a header's name: letters, digits and !#$%%&'*+-.^_`|~ (RFC 9110, "
                "section 5.6.2)",
                excerpt_of(&x, name));
        err_hint(e, "%s", how_to);
        e->at = (long)len;
        return -1;
    }
    value = colon + 1 + strspn(colon + 1, " \t");
    end = value + strlen(value);
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *colon = *end = '\0';
    *h = (struct handshake_header){
        .name = line, .value = value, .remove = value == end && !semicolon};
    return 0;
}

bool handshake_subprotocol_valid(const char *name)
{
    return http1_is_token(slice_str(name));
}

const struct handshake_header *handshake_own_header(const struct handshake_config *config,
                                                    const char *name)
{
    for (size_t i = config->header_count; i > 0; i--)
        if (strcasecmp(config->headers[i - 1].name, name) == 0)
            return &config->headers[i - 1];
    return NULL;
}

/* RFC 6455, section 4.1, item 10: names are tokens and must be unique. */
static int subprotocols_join(struct request *r, const struct handshake_config *config,
                             struct err *e)
{
    for (size_t i = 0; i < config->subprotocol_count; i++) {
        const char *name = config->subprotocols[i], *wrong = NULL;
        struct excerpt x;

        if (!handshake_subprotocol_valid(name))
            wrong = "is not a token, as a subprotocol's name must be";
        for (size_t j = 0; j < i && !wrong; j++)
            if (strcmp(config->subprotocols[j], name) == 0)
                wrong = "is offered twice as a subprotocol";
        if (wrong) {
            return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "\"%s\" %s (RFC 6455, section 4.1)",
                           excerpt_of(&x, slice_str(name)), wrong);
        }
        if ((i > 0 && buf_append_str(&r->subprotocols, ", ") < 0) ||
            buf_append_str(&r->subprotocols, name) < 0)
            return err_nomem(e, STAGE_HANDSHAKE, "writing the request");
    }
    return buf_append(&r->subprotocols, "", 1) < 0
               ? err_nomem(e, STAGE_HANDSHAKE, "writing the request")
               : 0;
}

/* The key that will be sent and the answer it must get. */
static int key_make(struct handshake *hs, const struct handshake_config *config, struct rng *rng,
                    sha1_fn *sha1, struct err *e)
{
    const struct handshake_header *own = handshake_own_header(config, "Sec-WebSocket-Key");
    uint8_t bytes[16], room[32];
    struct buf base64 = {.data = room, .cap = sizeof room - 1, .max = sizeof room - 1};

    memset(hs, 0, sizeof *hs);
    if (own) {
        size_t len = own->remove ? 0 : strlen(own->value);

        if (len > HANDSHAKE_KEY_MAX) {
            return err_set(
                e, EXIT_USAGE, STAGE_USAGE, 0,
                "the Sec-WebSocket-Key given has %zu bytes; an answer can be checked for at "
                "most %d",
                len, HANDSHAKE_KEY_MAX);
        }
        if (len < sizeof hs->key)
            memcpy(hs->key, own->value ? own->value : "", len);
        if (!own->remove)
            handshake_accept(slice_make(own->value, len), sha1, hs->accept);
        return 0;
    }
    /* RFC 6455, section 4.1, item 7: selected randomly for each connection. */
    if (rng_draw(rng, bytes, sizeof bytes) < 0) {
        return err_set(e, EXIT_OTHER, STAGE_HANDSHAKE, 0,
                       "no random bytes for the Sec-WebSocket-Key: nothing is sent without them");
    }
    if (base64_encode(&base64, slice_make(bytes, sizeof bytes)) < 0)
        return err_nomem(e, STAGE_HANDSHAKE, "writing the Sec-WebSocket-Key");
    memcpy(hs->key, buf_data(&base64), sizeof hs->key - 1);
    handshake_accept(slice_str(hs->key), sha1, hs->accept);
    return 0;
}

static int fields_gather(struct request *r, const struct handshake *hs,
                         const struct handshake_config *config, struct err *e)
{
    const char *agent = config->user_agent && config->user_agent[0] ? config->user_agent : NULL;

    if (subprotocols_join(r, config, e) < 0)
        return -1;
    r->host = url_host_field(config->url);
    if (request_head_init(&r->head, FIELDS_OWN + config->header_count) < 0 || !r->host ||
        deflate_params_print(&config->deflate, &r->extensions) < 0 ||
        buf_append(&r->extensions, "", 1) < 0)
        return err_nomem(e, STAGE_HANDSHAKE, "writing the request");

    request_head_add(&r->head, "Host", r->host);
    request_head_add(&r->head, "Upgrade", "websocket");
    request_head_add(&r->head, "Connection", "Upgrade");
    request_head_add(&r->head, "Sec-WebSocket-Key", hs->key);
    request_head_add(&r->head, "Sec-WebSocket-Version", "13");
    request_head_add(&r->head, "Origin", config->origin);
    request_head_add(&r->head, "User-Agent", agent);
    if (config->subprotocol_count > 0)
        request_head_add(&r->head, "Sec-WebSocket-Protocol",
                         (const char *)buf_data(&r->subprotocols));
    if (config->deflate.enabled)
        request_head_add(&r->head, "Sec-WebSocket-Extensions",
                         (const char *)buf_data(&r->extensions));
    request_head_add(&r->head, "Authorization", config->authorization);
    request_head_add(&r->head, "Cookie", config->cookie);
    for (size_t i = 0; i < config->header_count; i++)
        request_head_change(&r->head, &config->headers[i]);
    return 0;
}

int handshake_request(struct handshake *hs, const struct handshake_config *config, struct rng *rng,
                      sha1_fn *sha1, struct buf *out, struct err *e)
{
    struct request r = {0};
    int rc = -1;

    buf_init(&r.subprotocols, SIZE_MAX / 2);
    buf_init(&r.extensions, SIZE_MAX / 2);
    if (key_make(hs, config, rng, sha1, e) == 0 && fields_gather(&r, hs, config, e) == 0)
        rc = request_head_write(&r.head, "GET", config->url->target, out, e);
    free(r.host);
    request_head_clear(&r.head);
    buf_clear(&r.subprotocols);
    buf_clear(&r.extensions);
    return rc;
}
