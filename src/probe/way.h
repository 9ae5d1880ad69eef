/*
 * way: judges the way to the server: the name, each address, TLS.
 */
#ifndef PROBE_WAY_H
#define PROBE_WAY_H

#include "base/err.h"
#include "probe/check.h"

/* An address that was connected to. */
struct probe_hop {
    char address[PROBE_ADDRESS];
    bool ended;
    struct err error; /* EXIT_OK: it was reached */
    uint64_t us;
};

struct probe_way {
    const char *host; /* as typed */
    uint16_t port;
    bool named;           /* the host is a name that was looked up */
    const char *proxy;    /* "HOST:PORT" of the proxy that it leads through, or NULL */
    struct err dns_error; /* EXIT_OK: the name has addresses */
    uint64_t dns_us;
    struct probe_hop hops[PROBE_HOPS_MAX];
    size_t hop_count;
    size_t left_out; /* addresses that there was no room for */
};

void probe_judge_dns(struct probe_report *r, const struct probe_way *way);
/* True if an address was reached. */
bool probe_judge_tcp(struct probe_report *r, const struct probe_way *way);

#define PROBE_DAYS_LEAST 14 /* a certificate that is valid for less is a warning */

/* Two handshakes: one as a WebSocket client makes it, which offers http/1.1 and verifies; and one
 * that offers h2 as well and verifies nothing, to look. */
struct probe_tls {
    struct err error; /* of the first; EXIT_OK: it was accepted */
    bool insecure;    /* -k: it verified nothing */
    uint64_t us;
    char version[16], cipher[64];
    char alpn[32];
    struct err look_error; /* of the second */
    char look_alpn[32];
    char subject[160], issuer[160];
    bool has_expiry;
    int64_t expires_us, now_us; /* since 1970 */
    unsigned certs;             /* that the server sent */
    char chain_end[160];        /* the issuer of the last of them */
    bool chain_complete;        /* that one is self-signed */
};

/* True if TLS was established: perhaps unverified, with -k. */
bool probe_judge_tls(struct probe_report *r, const struct probe_tls *tls);

#endif
