/*
 * report: what the connections showed, as data; sink/fanout shows it. Names of nodes and channels
 * may quote the peer.
 */
#ifndef FANOUT_REPORT_H
#define FANOUT_REPORT_H

#include "fanout/drill.h"
#include "fanout/fanout.h"

struct fanout_node {
    char name[NODE_NAME + 16]; /* "island 2" if nothing names it */
    uint32_t connections;      /* open now */
    uint32_t before;           /* the same when the drill began, else as `connections` */
};

/* From the node of a sender to the node of receivers. */
struct fanout_cell {
    uint64_t delivered, lost, duplicated, late; /* late ones are among those delivered */
    uint64_t unexpected;                        /* reached connections that should not have it */
    uint64_t own_lost, own_delivered; /* of these, by the sender itself: its own messages */
    int64_t p50_us, p99_us;           /* from sending to receiving; -1: not known */
};

enum fanout_fault_kind {
    FANOUT_FAULT_NOTHING,  /* no message reached any connection */
    FANOUT_FAULT_NO_BUS,   /* every node is alone */
    FANOUT_FAULT_SPLIT,    /* nodes form groups that do not reach each other */
    FANOUT_FAULT_ISOLATED, /* one node neither receives from the others nor reaches them */
    FANOUT_FAULT_DEAF,     /* a node receives nothing from the others */
    FANOUT_FAULT_MUTE,     /* what a node publishes reaches no other */
    FANOUT_FAULT_ONE_WAY,  /* of two nodes: one does not publish or the other does not subscribe */
    FANOUT_FAULT_CUT,      /* some pairs of nodes, without a pattern */
    FANOUT_FAULT_NOT_PUBLISHED, /* as the first four, and the shared layer saw nothing */
    FANOUT_FAULT_NOT_DELIVERED, /* as these, but it saw everything */
    FANOUT_FAULT_WRONG_CHANNEL, /* nodes use different channels */
    FANOUT_FAULT_DOUBLE,
    FANOUT_FAULT_LATE,
    FANOUT_FAULT_LOSS,       /* here and there */
    FANOUT_FAULT_NO_ECHO,    /* senders do not receive what they send */
    FANOUT_FAULT_SOME_DEAF,  /* single connections receive nothing */
    FANOUT_FAULT_SOME_MUTE,  /* what single connections send reaches no other */
    FANOUT_FAULT_UNEXPECTED, /* received by connections that should not */
    FANOUT_FAULT_ISLANDS,    /* not as many islands as expected */
    FANOUT_FAULT_NOT_STICKY, /* handshakes of several requests fail */
    FANOUT_FAULT_REFUSED,    /* handshakes fail otherwise */
    FANOUT_FAULT_ENDED,      /* connections end while messages are published */
    FANOUT_FAULT_KIND_COUNT
};

/* "no-bus" ... Static. */
const char *fanout_fault_word(enum fanout_fault_kind kind);

struct fanout_fault {
    enum fanout_fault_kind kind;
    uint32_t node;    /* that it is about; NODES_MAX: none in particular */
    char text[400];   /* a sentence without a full stop */
    char advice[300]; /* what to try, or "" */
};

#define FANOUT_FAULTS_MAX   6
#define FANOUT_VERDICT      3072 /* all faults in their sentences, and the drill's */
#define FANOUT_CHANNELS_MAX 16

struct fanout_report {
    uint64_t at_us;
    uint32_t connections, open, refused; /* asked for; open now; never opened */
    uint64_t opening_us; /* how long it took to open all of them; 0: not known. Set by the caller */
    bool named;          /* nodes have names, else they are islands */
    char source[NAMING_TEXT]; /* what names them, or "" */

    struct fanout_node *nodes; /* node_count of them */
    uint32_t node_count;
    uint32_t rows;             /* of the matrix: node_count, or 1 if messages come from outside */
    const char *outside;       /* the name of that row: "http" ...; NULL: senders are connections */
    struct fanout_cell *cells; /* rows * node_count */
    struct fanout_cell total;
    uint64_t published, stragglers; /* stragglers: counted as lost, but came at last */
    uint64_t hurried;               /* settled early, for want of memory */
    uint32_t stride;                /* the cells are of every n-th sender: 1 all */

    struct sticky sticky;
    enum sticky_by sticky_by;
    char sticky_text[STICKY_TEXT];

    bool redis;        /* was observed throughout: */
    uint64_t bus_seen; /* messages */
    char channels[FANOUT_CHANNELS_MAX][NODE_NAME];
    uint32_t channel_count;

    struct fanout_fault faults[FANOUT_FAULTS_MAX];
    size_t fault_count;
    char verdict[FANOUT_VERDICT]; /* sentences */

    bool drilled;
    struct drill_totals drill;
    const struct fanout *fanout; /* for fanout_account */
};

/* Of each connection of r->connections, if r->drilled. */
const struct drill_account *fanout_account(const struct fanout_report *r, uint32_t conn);

/* What is known now; what is under way is neither delivered nor lost yet. Valid until the next
 * fact. NULL: memory. */
struct fanout_report *fanout_report_new(struct fanout *f, uint64_t now_us);
void fanout_report_free(struct fanout_report *r);

/* The cell from a row to a column. */
static inline struct fanout_cell *fanout_cell(const struct fanout_report *r, uint32_t from,
                                              uint32_t to)
{
    return &r->cells[(size_t)from * r->node_count + to];
}

#endif
