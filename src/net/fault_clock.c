#include "net/fault_clock.h"

#include "base/clock.h"
#include "net/fault_socket.h"

/* Timers count milliseconds, and beyond this nobody waits in one go. */
#define WAIT_MAX_MS (24u * 3600 * 1000)

static void on_timer(uv_timer_t *timer);

static void set(void *ctx)
{
    struct fault_clock *c = ctx;
    uint64_t due = faults_due(c->faults), now = clock_mono_us();
    uint64_t ms = due > now ? (due - now + 999) / 1000 : 0;

    if (due == UINT64_MAX)
        uv_timer_stop(&c->timer);
    else
        uv_timer_start(&c->timer, on_timer, ms < WAIT_MAX_MS ? ms : WAIT_MAX_MS, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct fault_clock *c = timer->data;

    faults_tick(c->faults, clock_mono_us());
    set(c);
}

void fault_clock_start(struct fault_clock *c, uv_loop_t *loop, struct faults *faults)
{
    c->faults = faults;
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    faults_fidelity(faults, fault_filter_try());
    faults_on_due(faults, set, c);
    set(c);
}

void fault_clock_stop(struct fault_clock *c)
{
    faults_on_due(c->faults, NULL, NULL);
    if (!uv_is_closing((uv_handle_t *)&c->timer))
        uv_close((uv_handle_t *)&c->timer, NULL);
}
