/*
 * sizes: the search for the largest message and the largest frame that get through, and its result.
 */
#ifndef PROBE_SIZES_H
#define PROBE_SIZES_H

#include "probe/check.h"

#define PROBE_SIZE_LEAST 1024
#define PROBE_SIZE_MOST  (UINT64_C(16) << 20)

/* All zero: nothing was tried. By doubling from the least size, then the next byte, as most limits
 * are powers of two, then bisection to one part in 128. */
struct probe_search {
    uint64_t passed; /* the largest that got through; 0: none */
    uint64_t failed; /* the smallest that did not; 0: none */
    char how[160];   /* how the smallest failed */
    bool by_code;    /* with a Close: */
    uint16_t code;
};

/* The next size to try; 0: the search is over. */
uint64_t probe_search_next(const struct probe_search *s);
/* That size got through, or did not. */
void probe_search_passed(struct probe_search *s, uint64_t size);
void probe_search_failed(struct probe_search *s, uint64_t size, uint16_t code, const char *how);

/* frames: one frame each; messages: in many frames, begun only if `frames` is over. */
void probe_judge_sizes(struct probe_report *r, const struct probe_search *frames,
                       const struct probe_search *messages);

#endif
