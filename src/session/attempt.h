/*
 * attempt: one attempt at a connection: the request, with the headers that --header-cmd printed for
 * it.
 */
#ifndef SESSION_ATTEMPT_H
#define SESSION_ATTEMPT_H

#include "channel/channel_ws.h"
#include "proto/withhold.h"

/* Of --header-cmd; a program that prints more prints something else. */
#define ATTEMPT_HEADERS_MAX 100

struct attempt {
    const struct channel_ws_config *base; /* borrowed: as configured */
    struct channel_ws_config ws;          /* what the channel is opened with; it borrows that */
    struct handshake_header *headers;     /* owned: configured and printed ones; or NULL */
    size_t header_count;
    char *lines;              /* owned: what the command printed; or NULL */
    struct withheld withheld; /* what is not sent, as the origin is another one */
};

/* From the start, at that time (clock_mono_us). *a is zeroed, or was used before. */
void attempt_begin(struct attempt *a, const struct channel_ws_config *base, uint64_t now_us);
void attempt_clear(struct attempt *a);

/* Add the headers in the lines of text (taken, also on failure). -1 with *e (EXIT_OTHER): the
 * number of the line at fault and why, never what it holds. */
int attempt_headers(struct attempt *a, char *text, struct err *e);

/* Withhold from a->ws what was configured for home if that is another origin. 0, or -1: memory. */
int attempt_withhold(struct attempt *a, const struct url *home);

#endif
