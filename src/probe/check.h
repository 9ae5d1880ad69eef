/*
 * check: what an examination of a service found, one check after the other, and the verdict on all
 * of them.
 */
#ifndef PROBE_CHECK_H
#define PROBE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/exit_code.h"

/* In the order in which they are made. */
enum probe_stage {
    PROBE_DNS,
    PROBE_TCP,
    PROBE_TLS,
    PROBE_PATH,
    PROBE_AUTH,
    PROBE_ORIGIN,
    PROBE_SUBPROTOCOL,
    PROBE_EXTENSIONS,
    PROBE_BROWSER,
    PROBE_PING,
    PROBE_CLOSE,
    PROBE_SIZES,
    PROBE_IDLE,
    PROBE_LIFETIME,
    PROBE_SLOW,
    PROBE_STAGE_COUNT
};

/* "dns" ... "slow". Static. */
const char *probe_stage_name(enum probe_stage stage);

/* Findings are warnings and failures. */
enum probe_status { PROBE_OK, PROBE_INFO, PROBE_WARN, PROBE_FAIL };

/* "ok", "info", "warn", "fail". Static. */
const char *probe_status_name(enum probe_status status);

#define PROBE_MESSAGE  480
#define PROBE_ADVICE   600
#define PROBE_EVIDENCE 1000

/* Texts may quote the peer: a view makes them safe to show. */
struct probe_check {
    enum probe_stage stage;
    enum probe_status status;
    enum exit_code code; /* of a failure */
    char message[PROBE_MESSAGE];
    char advice[PROBE_ADVICE];     /* what to try, or "" */
    char evidence[PROBE_EVIDENCE]; /* lines without the last newline, or "" */
};

#define PROBE_CHECKS_MAX 64
#define PROBE_ADDRESS    64
#define PROBE_HOPS_MAX   16

/* Figures for monitoring. Microseconds; 0: not measured. */
struct probe_figures {
    uint64_t dns_us, tls_us, open_us;
    uint64_t rtt_us, tcp_rtt_us, close_us; /* rtt_us: the median */
    uint64_t pings, pongs;
    uint64_t duration_us;
    uint64_t slow_kept; /* bytes for a connection that stopped reading */
    uint64_t slow_cut_us;
    bool has_expiry;
    int64_t expires_us; /* of the certificate, since 1970 */
    struct {
        char address[PROBE_ADDRESS];
        bool reached;
        uint64_t us;
    } hops[PROBE_HOPS_MAX];
    size_t hop_count;
};

struct probe_report {
    struct probe_check checks[PROBE_CHECKS_MAX];
    size_t count;
    bool opened; /* a WebSocket was open */
    struct probe_figures figures;
};

/* One more check; without room for it the last one is replaced. A failure has its code set by the
 * caller. The text is one sentence without a full stop. */
struct probe_check *probe_add(struct probe_report *r, enum probe_stage stage,
                              enum probe_status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same for a failure. */
struct probe_check *probe_add_fail(struct probe_report *r, enum probe_stage stage,
                                   enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void probe_advise(struct probe_check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* One more line of evidence; what does not fit is cut. */
void probe_evidence(struct probe_check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The worst status among the checks of a stage; false: it has none. */
bool probe_stage_status(const struct probe_report *r, enum probe_stage stage,
                        enum probe_status *status);
/* How many checks have that status. */
size_t probe_count(const struct probe_report *r, enum probe_status status);

struct probe_verdict {
    enum probe_status status;
    enum exit_code code; /* of the first failure, or EXIT_OK */
    char text[PROBE_MESSAGE + 160];
};

/* One sentence on all checks. url: as it may be shown. cut: how the examination was cut short, for
 * example "interrupted", or NULL. */
void probe_conclude(struct probe_verdict *v, const struct probe_report *r, const char *url,
                    const char *cut);

#endif
