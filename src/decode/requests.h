/*
 * requests: requests of one connection that wait for their answers, in both directions: which
 * answer belongs to which, and how long it took. At most REQUESTS_MAX wait; the oldest is then
 * dropped and is one without an answer.
 */
#ifndef DECODE_REQUESTS_H
#define DECODE_REQUESTS_H

#include "base/buf.h"
#include "event/event.h"

#define REQUESTS_MAX 1024
/* Ids longer than this are not followed. */
#define REQUEST_ID_MAX   160
#define REQUEST_NAME_MAX 64

struct request {
    uint64_t at_us;
    enum event_dir dir; /* of the request */
    bool begun;         /* a part of the answer came */
    uint8_t id_len, name_len;
    char id[REQUEST_ID_MAX];
    char name[REQUEST_NAME_MAX]; /* method or event, cut */
};

/* Zero-initialise. */
struct requests {
    struct request *waiting; /* in the order of their asking */
    size_t count, capacity;
    uint64_t asked, answered;
    uint64_t unsolicited; /* answers to nothing that was asked */
    uint64_t forgotten;   /* dropped */
    struct request last;  /* the one that was answered last */
};

void requests_clear(struct requests *r);
/* A request passed in `dir`. 0; 1: its id is too long; -1: memory. Unless 0 it is not followed. */
int requests_ask(struct requests *r, enum event_dir dir, struct slice id, struct slice name,
                 uint64_t now_us);
/* An answer passed in `dir`, to a request of the other direction. True: *us is the time since it
 * was asked, *name its name (valid until the next call). False: nothing with that id waits, which
 * is unsolicited. With `more`, further answers follow, and the request continues to wait; it is
 * then not one without an answer. */
bool requests_answer(struct requests *r, enum event_dir dir, struct slice id, bool more,
                     uint64_t now_us, uint64_t *us, struct slice *name);
/* The same, but no count and no change. */
const struct request *requests_find(const struct requests *r, enum event_dir dir, struct slice id);

/* "2 requests without an answer: "sum" (id 4), "add" (id 5)." and "1 answer to no request." as
 * findings, each with its NUL. Requests in the direction `dir` only. 0 or -1 (memory). */
int requests_findings(const struct requests *r, enum event_dir dir, struct buf *out);

#endif
