#include "proto/withhold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/url_resolve.h"

/* Fields that describe the program or the wish, not the user. */
static const char *const harmless_fields[] = {
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Cache-Control",
    "Connection",
    "Content-Type",
    "DNT",
    "Origin",
    "Pragma",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Version",
    "Upgrade",
    "User-Agent",
};

/* Names of protocols: most of the IANA's "WebSocket Subprotocol Name Registry", and others in wide
 * use. Any other name may be a token that a server takes in place of a header. */
static const char *const known_subprotocols[] = {
    "actioncable-v1-json",
    "amqp",
    "base64",
    "base64.channel.k8s.io",
    "bfcp",
    "binary",
    "channel.k8s.io",
    "chat",
    "coap",
    "echo",
    "echo-protocol",
    "graphql-transport-ws",
    "graphql-ws",
    "janus-protocol",
    "jmap",
    "json",
    "lws-mirror-protocol",
    "mqtt",
    "mqttv3.1",
    "msrp",
    "nats",
    "ocpp1.2",
    "ocpp1.5",
    "ocpp1.6",
    "ocpp2.0",
    "ocpp2.0.1",
    "ocpp2.1",
    "opcua+uacp",
    "opcua+uajson",
    "rfb",
    "sip",
    "soap",
    "superchat",
    "t140",
    "v1.saltyrtc.org",
    "v1.usp",
    "v10.stomp",
    "v11.stomp",
    "v12.stomp",
    "v4.channel.k8s.io",
    "v5.channel.k8s.io",
    "wamp",
    "wamp.2.cbor",
    "wamp.2.json",
    "wamp.2.msgpack",
    "xmpp",
};

static bool field_is_harmless(const char *name)
{
    for (size_t i = 0; i < sizeof harmless_fields / sizeof *harmless_fields; i++)
        if (strcasecmp(name, harmless_fields[i]) == 0)
            return true;
    return false;
}

static bool subprotocol_is_known(const char *name)
{
    for (size_t i = 0; i < sizeof known_subprotocols / sizeof *known_subprotocols; i++)
        if (strcmp(name, known_subprotocols[i]) == 0)
            return true;
    return false;
}

/* True if the list has the name already. */
static bool lists(const char *names, const char *name)
{
    size_t len = strlen(name);

    while (*names) {
        size_t n = strcspn(names, ",");

        if (n == len && strncasecmp(names, name, len) == 0)
            return true;
        names += n;
        names += strspn(names, ", ");
    }
    return false;
}

void withheld_add(struct withheld *w, const char *name)
{
    static const char more[] = ", ...";
    size_t len = strlen(w->names);

    if (lists(w->names, name) || lists(w->names, "..."))
        return;
    if (len + strlen(name) + 2 * sizeof more > sizeof w->names)
        name = more + 2;
    snprintf(w->names + len, sizeof w->names - len, "%s%s", len ? ", " : "", name);
}

static void keep_headers(struct withheld *w, struct handshake_config *config)
{
    size_t count = 0;

    for (size_t i = 0; i < config->header_count; i++) {
        const struct handshake_header *h = &config->headers[i];

        if (h->remove ||
            (i < config->header_count - config->printed_count && field_is_harmless(h->name)))
            w->headers[count++] = *h;
        else
            withheld_add(w, h->name);
    }
    config->headers = w->headers;
    config->header_count = count;
    config->printed_count = 0;
}

static void keep_subprotocols(struct withheld *w, struct handshake_config *config)
{
    size_t count = 0;

    for (size_t i = 0; i < config->subprotocol_count; i++)
        if (subprotocol_is_known(config->subprotocols[i]))
            w->subprotocols[count++] = config->subprotocols[i];
    if (count < config->subprotocol_count) /* by no name: it may be the secret itself */
        withheld_add(w, "subprotocols without a well-known name");
    config->subprotocols = w->subprotocols;
    config->subprotocol_count = count;
}

int withhold(struct withheld *w, struct handshake_config *config, const struct url *home)
{
    withheld_clear(w);
    if (url_same_origin(config->url, home))
        return 0;
    w->elsewhere = true;
    w->headers = calloc(config->header_count + 1, sizeof *w->headers);
    w->subprotocols = calloc(config->subprotocol_count + 1, sizeof *w->subprotocols);
    if (!w->headers || !w->subprotocols) {
        withheld_clear(w);
        return -1;
    }
    if (config->authorization)
        withheld_add(w, "Authorization");
    if (config->cookie)
        withheld_add(w, "Cookie");
    config->authorization = config->cookie = NULL;
    keep_headers(w, config);
    keep_subprotocols(w, config);
    return 0;
}

void withheld_clear(struct withheld *w)
{
    free(w->headers);
    free(w->subprotocols);
    *w = (struct withheld){0};
}
