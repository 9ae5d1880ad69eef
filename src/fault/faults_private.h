/*
 * faults_private: what the files of faults share: faults (the set and its times), faults_act (what
 * begins and ends, chance, reports) and fault_conn (one connection).
 */
#ifndef FAULT_FAULTS_PRIVATE_H
#define FAULT_FAULTS_PRIVATE_H

#include "fault/faults.h"

#define FAULTS_DANGLING_MAX 16

/* An armed fault, as far as it is the same for all connections. */
struct armed {
    struct fault_spec spec;
    unsigned number;   /* of its generators: the order in which faults were armed */
    bool there;        /* this place is taken */
    uint64_t acted;    /* how often */
    uint64_t due_us;   /* of a trigger by time; UINT64_MAX: no longer */
    uint64_t until_us; /* the end of the time in which it affects every connection; 0: it is over */
    bool waiting;      /* it was due while there was no connection: the next one it is */
    uint64_t random;   /* generator of the times */
};

/* What an armed fault does to one connection. */
struct hit {
    bool active;
    bool struck;       /* momentary, and not yet reported */
    bool within;       /* the connection was within its reach when that was last looked at */
    uint64_t until_us; /* UINT64_MAX: as long as the connection */
    uint64_t random;
    bool seeded;
    const char *how;
};

struct fault_conn {
    struct faults *set;
    struct fault_conn *next;
    uint32_t conn;
    uint64_t attempt; /* which of the set's */
    bool connected, opened;
    bool over, cut;
    const char *last; /* the name of a fault that was active to the end, or NULL */
    uint64_t messages, frames, bytes;
    struct fault_scope scope; /* its path is owned */
    struct hit hits[FAULTS_MAX];
    struct {
        void (*changed)(void *ctx);
        void *ctx;
    } listeners[FAULT_LISTENERS];
};

struct faults {
    uint64_t seed;
    faults_report_fn *report;
    void *ctx;
    void (*due_changed)(void *ctx);
    void *due_ctx;
    const char *fidelity; /* see faults_fidelity */
    struct armed armed[FAULTS_MAX];
    unsigned numbers; /* armed so far */
    unsigned count;   /* of the places that are taken */
    uint64_t attempts;
    struct fault_conn *conns;
    int dangling[FAULTS_DANGLING_MAX];
    unsigned dangling_count;
    char source[sizeof((struct fault_spec *)0)->address];
    bool ticking;
};

/* The generator number `number` for an attempt, or (0) for times, and what it gives. */
uint64_t faults_generator(uint64_t seed, uint64_t number, uint64_t attempt);
uint64_t faults_draw(uint64_t *state);
/* From 0 to below `below`. */
uint64_t faults_draw_below(uint64_t *state, uint64_t below);

/* What an armed fault does to a connection; its generator is ready. */
struct hit *faults_hit(struct fault_conn *c, const struct armed *a);
/* how, trigger: override those of the specification, or NULL. */
void faults_tell(struct faults *f, const struct armed *a, const char *phase, const char *how,
                 const char *trigger, uint32_t conn);
/* faults_due may be another now. */
void faults_due_changed(struct faults *f);

bool faults_may_act(const struct armed *a);
/* What it is confined to is what the connection is: path=, share=, only=, after=. */
bool faults_reach(const struct fault_conn *c, const struct armed *a);
/* Its time has come: on all connections there are. */
void faults_act_on_all(struct faults *f, struct armed *a, uint64_t now_us);
/* A momentary kind acts once if no count is given. */
bool faults_is_single(const struct armed *a);

void faults_begin(struct fault_conn *c, struct armed *a, uint64_t until_us);
void faults_end(struct fault_conn *c, struct armed *a);
/* When what begins now is over. */
uint64_t faults_lasts_until(const struct armed *a, uint64_t now_us);

#endif
