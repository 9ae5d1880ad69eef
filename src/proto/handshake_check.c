/* The client's check of the server's 101, rule by rule (RFC 6455, section 4.1). */
#include <stdlib.h>

#include "proto/excerpt.h"
#include "proto/extension_scan.h"
#include "proto/handshake_private.h"
#include "proto/list.h"

/* The values of all fields of that name, joined with ", " and ending in a NUL. Caller frees; NULL:
 * out of memory. "" if there is none. */
static char *handshake_field_join(const struct http1_head *head, const char *name)
{
    size_t len = 1;
    char *text, *to;

    for (size_t i = 0; i < head->field_count; i++)
        if (slice_is_nocase(head->fields[i].name, name))
            len += head->fields[i].value.len + 2;
    text = to = malloc(len);
    if (!text)
        return NULL;
    for (size_t i = 0; i < head->field_count; i++) {
        struct slice value = head->fields[i].value;

        if (!slice_is_nocase(head->fields[i].name, name))
            continue;
        if (to > text) {
            memcpy(to, ", ", 2);
            to += 2;
        }
        if (value.len > 0)
            memcpy(to, value.data, value.len);
        to += value.len;
    }
    *to = '\0';
    return text;
}

/* HTTP/1.0 has neither 1xx nor Upgrade (RFC 9110, sections 7.8 and 15.2). */
static int version_check(const struct http1_head *head, struct err *e)
{
    if (head->minor > 0)
        return 0;
    err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
            "the server's 101 is HTTP/1.0, expected HTTP/1.1 (RFC 6455, section 4.1)");
    err_hint(e, "a proxy may have answered in the server's place; --lenient lets it pass");
    return -1;
}

static int upgrade_check(const struct http1_head *head, struct err *e)
{
    char *value = NULL;
    struct excerpt x;

    if (http1_field_count(head, "Upgrade") == 0) {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the server's 101 has no Upgrade header, expected \"websocket\" (RFC 6455, section "
                "4.1)");
    } else if (http1_field_count(head, "Upgrade") == 1 &&
               slice_is_nocase(*http1_field(head, "Upgrade"), "websocket")) {
        return 0;
    } else {
        value = handshake_field_join(head, "Upgrade");
        if (!value)
            return err_nomem(e, STAGE_HANDSHAKE, "checking the server's answer");
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the server's Upgrade is \"%s\", expected \"websocket\" (RFC 6455, section 4.1)",
                excerpt_of(&x, slice_str(value)));
        free(value);
    }
    err_hint(e, "a proxy may have dropped or changed it; --lenient lets it pass");
    return -1;
}

static int connection_check(const struct http1_head *head, struct err *e)
{
    char *value;
    struct excerpt x;

    if (http1_has_token(head, "Connection", "Upgrade"))
        return 0;
    if (http1_field_count(head, "Connection") == 0) {
        err_set(
            e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
            "the server's 101 has no Connection header, expected \"Upgrade\" (RFC 6455, section "
            "4.1)");
    } else {
        value = handshake_field_join(head, "Connection");
        if (!value)
            return err_nomem(e, STAGE_HANDSHAKE, "checking the server's answer");
        err_set(
            e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
            "the server's Connection is \"%s\", which lacks \"Upgrade\" (RFC 6455, section 4.1)",
            excerpt_of(&x, slice_str(value)));
        free(value);
    }
    err_hint(e, "a proxy may have dropped or changed it; --lenient lets it pass");
    return -1;
}

static int accept_check(const struct handshake *hs, const struct http1_head *head, struct err *e)
{
    size_t count = http1_field_count(head, "Sec-WebSocket-Accept");
    const struct slice *value = http1_field(head, "Sec-WebSocket-Accept");
    struct excerpt x;

    /* No key was sent, at the user's request: there is nothing to compare with. */
    if (hs->accept[0] == '\0')
        return 0;
    if (count == 1 && slice_is(*value, hs->accept))
        return 0;
    if (count == 0) {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the server's 101 has no Sec-WebSocket-Accept, expected \"%s\" (RFC 6455, section "
                "4.1)",
                hs->accept);
        err_hint(e, "the server may not speak WebSocket, or a proxy dropped the header; --lenient "
                    "lets it pass");
    } else if (count > 1) {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the server's 101 has %zu Sec-WebSocket-Accept headers, expected one (RFC 6455, "
                "section 11.3.3)",
                count);
        err_hint(e, "the server and a proxy may each have added one; --lenient lets it pass");
    } else {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the server's Sec-WebSocket-Accept is \"%s\", expected \"%s\" (RFC 6455, section "
                "4.1)",
                excerpt_of(&x, *value), hs->accept);
        err_hint(e, "a caching or broken intermediary may have answered in the server's place; "
                    "--lenient lets it pass");
    }
    return -1;
}

static int extensions_check(const struct handshake_config *config, struct handshake_result *result,
                            struct err *e)
{
    const struct handshake_header *own = handshake_own_header(config, "Sec-WebSocket-Extensions");

    if (!own)
        return extension_accept(&result->deflate, &config->deflate, slice_str(result->extensions),
                                e);
    return extension_accept_offered(&result->deflate, slice_str(own->remove ? NULL : own->value),
                                    config->deflate.level, slice_str(result->extensions), e);
}

/* RFC 6455, section 4.1: compared exactly, case included. */
static bool is_offered(const struct handshake_config *config, struct slice name)
{
    const struct handshake_header *own = handshake_own_header(config, "Sec-WebSocket-Protocol");
    struct slice list, item;

    if (own) {
        list = slice_str(own->remove ? NULL : own->value);
        while (list_next(&list, &item))
            if (item.len > 0 && slice_equal(item, name))
                return true;
        return false;
    }
    for (size_t i = 0; i < config->subprotocol_count; i++)
        if (slice_is(name, config->subprotocols[i]))
            return true;
    return false;
}

static bool is_any_offered(const struct handshake_config *config)
{
    const struct handshake_header *own = handshake_own_header(config, "Sec-WebSocket-Protocol");

    return own ? !own->remove : config->subprotocol_count > 0;
}

static int subprotocol_check(const struct handshake_config *config, const struct http1_head *head,
                             struct err *e)
{
    size_t count = http1_field_count(head, "Sec-WebSocket-Protocol");
    const struct slice *value = http1_field(head, "Sec-WebSocket-Protocol");
    struct excerpt x;

    if (count == 0 || (count == 1 && is_offered(config, *value)))
        return 0;
    if (count > 1) {
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "the server's 101 has %zu Sec-WebSocket-Protocol headers, at most one is "
                       "allowed (RFC 6455, section 11.3.4)",
                       count);
    }
    if (!is_any_offered(config)) {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the server chose the subprotocol \"%s\", but none was offered (RFC 6455, section "
                "4.1)",
                excerpt_of(&x, *value));
        if (http1_is_token(*value) && value->len <= EXCERPT_BYTES)
            err_hint(e, "offer it: --subprotocol %s", excerpt_of(&x, *value));
        return -1;
    }
    err_set(
        e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
        "the server chose the subprotocol \"%s\", which was not offered (RFC 6455, section 4.1)",
        excerpt_of(&x, *value));
    err_hint(e, "it must name exactly one of those offered, in the same letters; --lenient lets it "
                "pass");
    return -1;
}

int handshake_rule_check(enum handshake_rule rule, const struct handshake *hs,
                         const struct handshake_config *config, const struct http1_head *head,
                         struct err *e)
{
    switch (rule) {
    case HANDSHAKE_VERSION:
        return version_check(head, e);
    case HANDSHAKE_UPGRADE:
        return upgrade_check(head, e);
    case HANDSHAKE_CONNECTION:
        return connection_check(head, e);
    case HANDSHAKE_ACCEPT:
        return accept_check(hs, head, e);
    case HANDSHAKE_SUBPROTOCOL:
        return subprotocol_check(config, head, e);
    case HANDSHAKE_RULES:
        break;
    }
    return 0;
}

int handshake_check(const struct handshake *hs, const struct handshake_config *config,
                    const struct http1_head *head, bool lenient, struct handshake_result *result,
                    struct err *e)
{
    struct handshake_result found = {0};
    const struct slice *subprotocol;

    if (head->status != 101) {
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "the server answered with status %d, expected 101 (RFC 6455, section 4.1)",
                       head->status);
    }
    for (unsigned rule = 0; rule < HANDSHAKE_RULES && !lenient; rule++) {
        if (handshake_rule_check((enum handshake_rule)rule, hs, config, head, e) < 0)
            return -1;
    }

    subprotocol = http1_field(head, "Sec-WebSocket-Protocol");
    found.extensions = handshake_field_join(head, "Sec-WebSocket-Extensions");
    found.subprotocol = subprotocol && subprotocol->len > 0
                            ? strndup((const char *)subprotocol->data, subprotocol->len)
                            : strdup("");
    if (!found.extensions || !found.subprotocol) {
        err_nomem(e, STAGE_HANDSHAKE, "checking the server's answer");
        goto fail;
    }
    if (extensions_check(config, &found, e) < 0)
        goto fail;
    *result = found;
    return 0;

fail:
    handshake_result_clear(&found);
    return -1;
}

void handshake_result_clear(struct handshake_result *result)
{
    free(result->subprotocol);
    free(result->extensions);
    memset(result, 0, sizeof *result);
}
