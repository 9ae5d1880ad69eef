#include "probe/advice.h"

#include <string.h>

/* Fields as programs show themselves in Server and Via. */
static const struct {
    const char *mark, *name, *advice;
} hops[] = {
    {"nginx", "nginx",
     "in nginx's location: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
     "proxy_set_header Connection \"upgrade\";"},
    {"openresty", "openresty",
     "in openresty's location: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
     "proxy_set_header Connection \"upgrade\";"},
    {"apache", "Apache",
     "in Apache 2.4.47 or later: ProxyPass \"/PATH\" \"http://BACKEND/PATH\" upgrade=websocket; "
     "before: a2enmod proxy_wstunnel, and ProxyPass \"/PATH\" \"ws://BACKEND/PATH\""},
    {"envoy", "envoy",
     "in envoy's HttpConnectionManager: upgrade_configs: [{upgrade_type: websocket}]"},
    {"varnish", "Varnish",
     "in Varnish's vcl_recv: if (req.http.upgrade ~ \"(?i)websocket\") { return (pipe); }, and in "
     "vcl_pipe: set bereq.http.upgrade = req.http.upgrade; set bereq.http.connection = "
     "req.http.connection;"},
    {"cloudflare", "Cloudflare",
     "in Cloudflare's dashboard: Network, WebSockets: on; and the origin must take the upgrade"},
    {"squid", "squid",
     "in squid.conf (squid 5 or later): http_upgrade_request_protocols websocket allow all"},
    {"awselb", "the AWS load balancer", NULL},
    {"haproxy", "haproxy", NULL},
    {"caddy", "Caddy", NULL},
    {"traefik", "Traefik", NULL},
    {"litespeed", "LiteSpeed", NULL},
    {"Microsoft-IIS", "IIS",
     "in IIS: install the WebSocket Protocol feature (Install-WindowsFeature Web-WebSockets)"},
};

static int hop_of(const struct probe_answer *answer)
{
    for (size_t i = 0; i < sizeof hops / sizeof hops[0]; i++) {
        if (probe_mentions(answer->who, hops[i].mark))
            return (int)i;
    }
    return -1;
}

const char *probe_hop_name(const struct probe_answer *answer)
{
    int hop = hop_of(answer);

    return hop < 0 ? NULL : hops[hop].name;
}

bool probe_is_socketio(const struct probe_answer *answer)
{
    return probe_mentions(answer->body, "Transport unknown") ||
           probe_mentions(answer->body, "Unsupported protocol version");
}

const char *probe_header_blamed(const struct probe_answer *answer)
{
    /* The longest names first: "Sec-WebSocket-Key header" mentions no other. */
    static const struct {
        const char *word, *name;
    } marks[] = {
        {"Sec-WebSocket-Version", "Sec-WebSocket-Version"},
        {"Sec-WebSocket-Key", "Sec-WebSocket-Key"},
        {"Connection header", "Connection"},
        {"No CONNECTION", "Connection"},
        {"Connection must", "Connection"},
        {"'upgrade' token not found in 'Connection'", "Connection"},
        {"Upgrade header", "Upgrade"},
        {"UPGRADE hdr", "Upgrade"},
        {"'websocket' token not found in 'Upgrade'", "Upgrade"},
        {"Can \"Upgrade\" only to \"WebSocket\"", "Upgrade"},
    };

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (probe_mentions(answer->body, marks[i].word))
            return marks[i].name;
    }
    return answer->status == 426 ? "Upgrade" : NULL;
}

/* "wss://host/socket.io/?EIO=4&transport=websocket" of the URL's server. */
void probe_advise_socketio(struct probe_check *check, const struct probe_asked *asked)
{
    const char *host = strstr(asked->url, "://");
    size_t len = host ? 3 + strcspn(host + 3, "/?") + (size_t)(host - asked->url) : 0;

    probe_advise(check,
                 "this is Socket.IO: its WebSocket is at "
                 "%.*s/socket.io/?EIO=4&transport=websocket",
                 (int)len, asked->url);
}

void probe_advise_upgrade(struct probe_check *check, const struct probe_asked *asked,
                          const struct probe_answer *answer, const struct probe_answer *plain)
{
    int hop = hop_of(answer);

    if (probe_is_socketio(answer) || probe_is_socketio(plain)) {
        probe_advise_socketio(check, asked);
    } else if (hop >= 0 && hops[hop].advice) {
        probe_advise(check, "%s (or is the path wrong?)", hops[hop].advice);
    } else if (answer->hint[0]) {
        probe_advise(check, "%s", answer->hint);
    } else {
        probe_advise(check, "check the path; a proxy before the application must speak HTTP/1.1 to "
                            "it, and pass on Upgrade and Connection");
    }
}
