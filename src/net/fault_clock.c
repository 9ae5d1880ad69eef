#include "net/fault_clock.h"

#include "base/clock.h"
#include "base/span.h"
#include "net/fault_socket.h"

/* The longest single wait. */
#define WAIT_MAX_US (24u * 3600 * UINT64_C(1000000))

static void on_timer(void *ctx);

static void set(void *ctx)
{
    struct fault_clock *c = ctx;
    uint64_t due = faults_due(c->faults), now = clock_mono_us();
    uint64_t wait = span_between(now, due);

    if (due == UINT64_MAX)
        timer_stop(c->timer);
    else
        timer_start(c->timer, wait < WAIT_MAX_US ? wait : WAIT_MAX_US, on_timer);
}

static void on_timer(void *ctx)
{
    struct fault_clock *c = ctx;

    faults_tick(c->faults, clock_mono_us());
    set(c);
}

int fault_clock_start(struct fault_clock *c, uv_loop_t *loop, struct faults *faults)
{
    c->timer = timer_new(loop, c);
    if (!c->timer)
        return -1;
    c->faults = faults;
    faults_fidelity(faults, fault_filter_try());
    faults_on_due(faults, set, c);
    set(c);
    return 0;
}

void fault_clock_stop(struct fault_clock *c)
{
    if (!c->timer)
        return;
    faults_on_due(c->faults, NULL, NULL);
    fault_socket_release(c->faults);
    timer_free(c->timer);
    c->timer = NULL;
}
