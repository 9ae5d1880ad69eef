/*
 * feed_service: the feed's clients. All are served from one clock and one sequence.
 *
 * A client first catches up with what it requested, at the speed at which it reads; from the moment
 * it has received the latest update it is live and must keep up: when FEED_SLOW bytes wait for it,
 * it is closed with 1013 (a stream of events: cut), so that no update is ever omitted silently.
 */
#ifndef SERVE_FEED_SERVICE_H
#define SERVE_FEED_SERVICE_H

#include "serve/client.h"
#include "serve/feed_epoch.h"

#define FEED_SLOW (1024 * 1024)

struct feed_service;

/* Where a client of the feed is. */
struct feed_state {
    struct client *prev, *next;
    uint64_t next_id; /* the update to send next */
    bool live;        /* has received the latest one: from then on it must keep up */
    /* What it received on this connection before it requested what it had missed: not sent again.
     */
    uint64_t first_id;
    uint64_t had_from, had_to; /* the second is the first one it has not received */
};

/* host and node (as struct feed has it) are borrowed; its clock starts now. NULL: memory. */
struct feed_service *feed_service_new(struct client_host *host, double rate, uint64_t burst,
                                      const char *node);
/* Borrowed. */
struct feed *feed_service_feed(struct feed_service *s);
/* After its last client has ended. The memory is freed in a later turn of the loop; NULL is fine.
 */
void feed_service_free(struct feed_service *s);

/* Hooks of a service that sends the feed: its state is a feed_state. */
void feed_service_accepted(struct client *c, const struct answer *a);
void feed_service_opened(struct client *c);
void feed_service_drained(struct client *c);
/* client_wait_over is called for a client in CLIENT_WAIT when there is something newer than
 * `latest`; it is then removed. */
void feed_service_wait(struct client *c, uint64_t latest);
void feed_service_leave(struct client *c);
/* From now on the feed is the one that begins there, start_us on our monotonic clock. Its clients
 * go on with the number that they are at, as far as the two have it in common. */
void feed_service_share(struct feed_service *s, const struct feed_epoch *epoch, int64_t start_us);
/* host->paused has changed. */
void feed_service_pause_changed(struct feed_service *s);

#endif
