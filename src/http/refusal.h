/*
 * refusal: the body of an answer that refuses what was asked for. It is shown, not needed: its
 * beginning is enough, decoded if it is compressed (RFC 9110, section 8.4.1), and a mistake in it
 * only ends it.
 */
#ifndef HTTP_REFUSAL_H
#define HTTP_REFUSAL_H

#include "base/buf.h"
#include "fault/faults.h"
#include "proto/gunzip.h"
#include "proto/http1_reader.h"

#define REFUSAL_MAX (64 * 1024) /* bytes kept, */
#define REFUSAL_MS  2000        /* and the time it is waited for */

struct refusal {
    struct buf body;
    bool cut;              /* there is more than that, or it could not be read further */
    struct gunzip *gunzip; /* if it is compressed in a way that is understood */
};

void refusal_init(struct refusal *r);
/* Forget the body; memory is freed by refusal_clear alone. */
void refusal_reset(struct refusal *r);
void refusal_clear(struct refusal *r);

/* Before the body of the answer with this head. */
void refusal_begin(struct refusal *r, const struct http1_head *head);

/* Take out of `in` what has come of the body. True once nothing more is to be read of it: it is
 * done, or r->cut. */
bool refusal_read(struct refusal *r, struct http1_reader *in);
/* The body has ended. whole: it was complete, according to its framing. */
void refusal_end(struct refusal *r, bool whole);

/* The fault `status`: put the head of an answer that no server gave into *out, empty before. 1: it
 * is there. 0: no such fault acts now. -1 with *e: memory. fault: NULL is fine. */
int refusal_make_up(struct buf *out, struct fault_conn *fault, struct err *e);

#endif
