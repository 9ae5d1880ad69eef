/*
 * demo_drop: the part of the tour in which a connection is lost on purpose: what a user would type
 * for it, and the number of updates received.
 */
#ifndef VERB_DEMO_DEMO_DROP_H
#define VERB_DEMO_DEMO_DROP_H

#include "app/fault_rig.h"
#include "app/views.h"
#include "cli/connection.h"
#include "session/session.h"

/* The server's updates a second that fit the part. */
#define DEMO_DROP_RATE 20

struct demo_drop {
    struct connection *options;
    struct fault_rig faults;
    char url[128], catchup[160], command[512];
    uint64_t first, last; /* the least and the greatest number that came, */
    uint64_t count;       /* of how many, each once */
    uint64_t lost_us;     /* when the connection went, on the clock of events; 0: not yet */
    uint64_t recovered, back_us;
    bool wrong; /* a message had no number */
};

/* server: its URL without a path. 0, or -1 with *e; demo_drop_clear is due either way. */
int demo_drop_init(struct demo_drop *d, const struct verbs *verbs, const char *server,
                   struct err *e);
/* The fault, which is reported on the bus (borrowed). 0, or -1 with *e. */
int demo_drop_arm(struct demo_drop *d, uv_loop_t *loop, const struct bus *bus, uint64_t start_us,
                  struct err *e);
/* From here on it is the messages that count: their frames would hide the rest. 0, or -1 (memory).
 */
int demo_drop_show(struct views *v, const struct view_options *o);
/* After its session; the loop must turn once more before *d is freed. */
void demo_drop_clear(struct demo_drop *d);

/* Borrows from *d. */
struct session_config demo_drop_config(const struct demo_drop *d, uint64_t start_us);
/* Every event of the session. True once enough has come. */
bool demo_drop_take(struct demo_drop *d, const struct event *ev);

/* The result, in a sentence. -1: not what the part should show. */
int demo_drop_result(const struct demo_drop *d, char *text, size_t size);

#endif
