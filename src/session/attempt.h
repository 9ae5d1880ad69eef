/*
 * attempt: one attempt at a connection: the headers that --header-cmd printed for it, and where
 * redirects led so far.
 */
#ifndef SESSION_ATTEMPT_H
#define SESSION_ATTEMPT_H

#include "channel/channel_ws.h"
#include "http/redirect.h"

/* Of --header-cmd; a program that prints more prints something else. */
#define ATTEMPT_HEADERS_MAX 100

struct attempt {
    const struct channel_ws_config *base; /* borrowed: as configured */
    struct channel_ws_config ws;          /* what the channel is opened with; it borrows that */
    struct handshake_header *headers;     /* owned: configured and printed ones; or NULL */
    size_t header_count;
    char *lines;              /* owned: what the command printed; or NULL */
    struct withheld withheld; /* what is not sent, as the origin is another one */
    struct url here;          /* owned: where the last redirect led, if moved */
    bool moved;
    struct url next; /* owned: where the next opening goes, if has_next */
    bool has_next;
    unsigned hops;
};

/* From the start, at that time (clock_mono_us). *a is zeroed, or was used before. */
void attempt_begin(struct attempt *a, const struct channel_ws_config *base, uint64_t now_us);
void attempt_clear(struct attempt *a);

/* Add the headers in the lines of text (taken, also on failure). -1 with *e (EXIT_OTHER): the
 * number of the line at fault and why, never what it holds. */
int attempt_headers(struct attempt *a, char *text, struct err *e);

/* The upgrade was answered with a redirect: note where it leads. -1 with *e if it is not to be
 * followed, the max-th redirect having been. */
int attempt_redirected(struct attempt *a, const struct event_response *response, unsigned max,
                       struct err *e);
/* Now that the channel before is gone: make a->ws what goes there. What was configured for one
 * origin is withheld from another, which is the base's and not that of the redirect before. 0, or
 * -1: memory. */
int attempt_move(struct attempt *a);
/* Withhold from a->ws what was configured for home if that is another origin. 0, or -1: memory. */
int attempt_withhold(struct attempt *a, const struct url *home);

#endif
