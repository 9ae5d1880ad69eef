/*
 * judge: the judges of the stages that concern the handshake and the WebSocket: evidence in, checks
 * out.
 */
#ifndef PROBE_JUDGE_H
#define PROBE_JUDGE_H

#include "probe/seen.h"

/* What was asked for. */
struct probe_asked {
    const char *url;    /* as it may be shown */
    const char *origin; /* that of a page of the server's own: "https://host" */
    bool secure;
    bool unix_socket;
    bool credentials; /* an Authorization field, or cookies, or a client certificate */
    bool cookies;
    bool header_fields; /* -H, which a browser cannot send */
    bool own_origin;    /* -o */
    bool deflate;       /* permessage-deflate was offered */
    bool follow;        /* -L */
    size_t subprotocols;
    char subprotocol_list[200];
};

/* The refusal is about the subprotocol; the end of a connection right after its opening is about
 * credentials, or about the subprotocol. */
bool probe_refuses_subprotocol(const struct probe_asked *asked, const struct probe_answer *answer);
bool probe_closed_for_auth(const struct probe_seen *s);
bool probe_closed_for_subprotocol(const struct probe_seen *s);

/* What else was found on the server, because there is no WebSocket at the URL. */
struct probe_around {
    bool tls;      /* the port speaks TLS, and the URL is a plain one */
    bool socketio; /* Socket.IO answers at /socket.io/ */
};

/* The WebSocket may be at another URL of the server. */
bool probe_may_be_elsewhere(const struct probe_answer *plain, const struct probe_seen *main);
/* The request without an upgrade, and the one with everything. */
void probe_judge_path(struct probe_report *r, const struct probe_asked *asked,
                      const struct probe_answer *plain, const struct probe_seen *main,
                      const struct probe_around *around);
/* bare: without credentials; NULL: none were given. */
void probe_judge_auth(struct probe_report *r, const struct probe_asked *asked,
                      const struct probe_seen *main, const struct probe_seen *bare);
/* foreign: with the Origin of another site, which is named. */
void probe_judge_origin(struct probe_report *r, const struct probe_asked *asked,
                        const struct probe_seen *main, const struct probe_seen *foreign,
                        const char *origin);
/* without: no subprotocol offered; NULL: it was not tried. */
void probe_judge_subprotocol(struct probe_report *r, const struct probe_asked *asked,
                             const struct probe_seen *main, const struct probe_seen *without);
/* without: no compression offered; NULL: it was not tried. */
void probe_judge_extensions(struct probe_report *r, const struct probe_asked *asked,
                            const struct probe_seen *main, const struct probe_seen *without);

/* What a browser does differently, in the order in which it is added: each step has those before
 * it. */
enum probe_step {
    STEP_CREDENTIALS, /* it sends neither -H nor Authorization */
    STEP_ORIGIN,
    STEP_AGENT,      /* User-Agent, Accept-Language, Accept-Encoding */
    STEP_CACHE,      /* Cache-Control and Pragma: no-cache */
    STEP_FETCH,      /* Sec-Fetch-... */
    STEP_EXTENSIONS, /* permessage-deflate; client_max_window_bits */
    STEP_COUNT
};

/* all: with every step; steps: one for each, NULL: not tried, as `all` ended like main. */
void probe_judge_browser(struct probe_report *r, const struct probe_asked *asked,
                         const struct probe_seen *main, const struct probe_seen *all,
                         const struct probe_seen *const steps[STEP_COUNT]);

/* Round trips of pings; TCP's own beside them. */
struct probe_pings {
    uint64_t sent, answered;
    uint64_t rtts[64];  /* microseconds, unsorted */
    uint64_t tcp_us;    /* the shortest that the kernel saw; 0: not known */
    uint64_t waited_us; /* for the pong that did not come */
};
void probe_judge_ping(struct probe_report *r, const struct probe_pings *pings,
                      const struct probe_seen *main);
/* Our Close was sent; what became of it is in `main`. */
void probe_judge_close(struct probe_report *r, const struct probe_seen *main, uint64_t took_us);

#endif
