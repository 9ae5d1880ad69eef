/*
 * timer: one moment to wait for on the event loop. libuv needs the memory of a handle until its
 * loop has closed it; that rule ends here (and in watch.h): a timer can be freed at any time, and
 * so can whatever its function is called with.
 */
#ifndef NET_TIMER_H
#define NET_TIMER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct timer;

typedef void timer_fn(void *ctx);

/* ctx is the argument of the functions it calls. NULL: memory. */
struct timer *timer_new(uv_loop_t *loop, void *ctx);
/* Also inside the timer's own function; no function is called after this. NULL is fine. */
void timer_free(struct timer *t);

/* Call fn once, us microseconds from now (rounded up to whole milliseconds), from the loop; in
 * place of what the timer waited for. */
void timer_start(struct timer *t, uint64_t us, timer_fn *fn);
void timer_stop(struct timer *t);

bool timer_runs(const struct timer *t);
/* Microseconds until it fires; UINT64_MAX: it is not running. */
uint64_t timer_left_us(const struct timer *t);

#endif
