/*
 * fanout_private: shared by the files that take facts in and make the report of them.
 */
#ifndef FANOUT_FANOUT_PRIVATE_H
#define FANOUT_FANOUT_PRIVATE_H

#include "fanout/report.h"
#include "measure/sketch.h"

#define SAMPLES_MAX 65536

/* What is known of one sender's messages in the shared layer. */
struct seen_on_bus {
    uint32_t published, seen, twice;
    uint32_t channels; /* a bit each */
};

struct member {
    bool open, opened; /* now; ever */
    bool ended;        /* is one of `ended` below */
    uint8_t greetings; /* messages that were looked at for the name of the node */
    uint64_t up_us, lost_us;
    uint32_t received, lost;
    uint32_t heard, unheard; /* what it sent, by other connections */
    struct seen_on_bus bus;
    struct drill_account drill;
};

/* A message under way. */
struct publish {
    uint64_t at_us;
    uint32_t sender, row; /* row: of the pairs; UINT32_MAX: it has none */
    uint8_t node;         /* of the sender then; NODES_MAX: not known */
    bool drill;           /* it has until the end of the drill */
    uint32_t missing;     /* connections that should have it and are open */
    uint8_t bus_seen;
    uint8_t *got; /* a bit a connection */
};

/* Figures for a sender, or a message from outside, and a connection. */
struct pair {
    uint16_t delivered, lost, duplicated, late;
};

/* When nothing names the nodes: delays, a random choice of them. */
struct sample {
    uint32_t row, conn;
    uint64_t us;
};

/* Figures for two nodes that have names. */
struct book_cell {
    struct fanout_cell figures;
    struct sketch *delays; /* NULL: none yet */
};

/* How messages from outside spread over nodes: how many of them reached all nodes, none, one, all
 * but one (with two nodes: one). A node counts as reached if any of its connections had it. */
struct reach {
    uint32_t all, none, one, but_one, other;
    uint32_t only[NODES_MAX];    /* that reached this node alone */
    uint32_t without[NODES_MAX]; /* that reached all but this one */
};

/* One more: a bit for each node that it reached, and for each that it did not. */
void reach_count(struct reach *r, uint64_t some, uint64_t none);

struct fanout {
    struct fanout_config config;
    struct nonces nonces;
    struct naming *naming;
    struct member *members;
    uint32_t open, refused_unknown, refused_other;
    int refused_status;
    uint32_t ended;      /* connections, at some time outside a drill; */
    uint16_t ended_code; /* the first one's close code */

    bool settled_naming, named; /* decided at the first message */
    struct publish *flight;     /* first_number is flight[flight_first] */
    size_t flight_first, flight_count, flight_room;
    uint32_t next_number;
    uint32_t waiting; /* of those, how many have not reached all */
    uint64_t hurried, stragglers;

    struct fanout_cell total;
    struct sketch delays; /* all */

    /* Named. */
    struct book_cell
        *cells; /* (NODES_MAX + 1) * NODES_MAX; the last row is for others and outside */
    struct reach reach;

    /* Not named. */
    struct pair *pairs; /* rows * connections */
    uint32_t rows, stride;
    struct sample *samples;
    uint64_t sampled; /* offered so far */
    uint64_t dice;

    char channels[FANOUT_CHANNELS_MAX][NODE_NAME];
    uint32_t channel_count;
    uint64_t bus_seen;
    bool bus_lost;
    struct seen_on_bus outside; /* messages from outside */

    struct sticky sticky;
    bool sticky_given;

    bool drilling, drilled;
    struct drill_totals drill;
    uint16_t returns[DRILL_SECONDS];
    uint32_t before[NODES_MAX]; /* connections of each node when the drill began */
    uint32_t nodes_before;
};

#define OUTSIDE_ROW NODES_MAX

/* Should the connection have a message of that sender? With islands it may. */
bool fanout_should(const struct fanout *f, uint32_t sender, uint32_t conn);

/* book: messages. */
int book_begin(struct fanout *f);
void book_free(struct fanout *f);
int book_deliver(struct fanout *f, uint32_t conn, uint32_t number, uint64_t now_us);
/* A connection was opened or lost: what is under way waits for it, or does not any more. */
void book_open_changed(struct fanout *f, uint32_t conn, bool open);

/* drill: accounts. */
void drill_opened(struct fanout *f, uint32_t conn, uint64_t now_us);
void drill_closed(struct fanout *f, uint32_t conn, uint16_t code, bool clean, uint64_t now_us);
void drill_total(struct fanout *f, struct fanout_report *r, uint64_t now_us);

/* islands: what is taken for nodes when nothing names them: the island of each connection
 * (NODES_MAX: it never opened), and how many there are. Then the cells of the report, and how
 * messages from outside spread. */
uint32_t islands_find(struct fanout *f, uint8_t *of);
void islands_cells(struct fanout *f, struct fanout_report *r, const uint8_t *of);
void islands_reach(const struct fanout *f, const uint8_t *of, struct reach *reach);

/* judge: what is wrong. bus: what is known of each node's messages, and of those from outside at
 * [node_count]. reach: NULL unless messages come from outside. */
struct judged {
    const struct fanout *f;
    struct fanout_report *r;
    const struct seen_on_bus *bus;
    const struct reach *reach;
    const uint8_t *node_of; /* of each connection; NODES_MAX: none */
};
void judge_all(struct judged *j);

#endif
