#include "net/link_fault.h"

#include <stdlib.h>

#include "base/clock.h"
#include "net/fault_lane.h"
#include "net/fault_socket.h"
#include "net/timer.h"

struct link_fault {
    struct link link;
    struct timer *timer;
    struct fault_conn *fault;
    struct fault_lane in, out;
    struct fault_filter filter; /* of a black hole */
    uint64_t passed;            /* bytes, both ways */
    bool over;                  /* cut: every call fails from now on */
    bool out_closed;            /* half-closed: what is written is discarded */
    bool closing;               /* link_close was called while bytes were still under way */
    bool lost;                  /* silently: nothing passes either way any more */
    const char *cut_by;
    /* A count that runs since its fault began. */
    const struct fault_spec *truncate, *corrupt;
    uint64_t truncate_left, corrupt_left;
};

static struct link_fault *of(const struct link *l)
{
    return (struct link_fault *)l;
}

static const struct fault_spec *active(const struct link_fault *f, enum fault_kind kind,
                                       enum fault_side side)
{
    return fault_conn_active(f->fault, kind, side);
}

static int cut_error(const struct link_fault *f, struct err *e)
{
    err_set(e, EXIT_LOST, STAGE_IO, 0, "the connection was cut on purpose: fault %s", f->cut_by);
    return LINK_FAILED;
}

static void wake_in(struct link_fault *f, uint64_t us);

/* --- what strikes -------------------------------------------------------------------------------
 */

static void cut(struct link_fault *f, enum fault_kind kind)
{
    f->cut_by = fault_kind_name(kind);
    f->over = true;
    f->link.ended |= kind == FAULT_FIN ? LINK_BY_FAULT | LINK_FIN_BY_FAULT : LINK_BY_FAULT;
    if (kind == FAULT_REBIND)
        fault_socket_dangle(f->fault, f->link.fd);
    else if (kind == FAULT_FIN)
        fault_socket_end(f->link.fd);
    else
        fault_socket_reset(f->link.fd);
}

static void strike(struct link_fault *f)
{
    const struct fault_spec *spec;

    while (!f->over && (spec = fault_conn_strike(f->fault, FAULT_FAMILY_LINK))) {
        if (spec->kind == FAULT_HALF_CLOSE) {
            f->out_closed = true;
            fault_socket_end(f->link.fd);
        } else {
            cut(f, spec->kind);
            if (spec->trigger == FAULT_ON_MESSAGE || spec->trigger == FAULT_ON_FRAME)
                fault_conn_cut(f->fault);
        }
    }
}

/* A proxy is offline. */
static void lose(struct link_fault *f)
{
    const struct fault_spec *offline = active(f, FAULT_OFFLINE, FAULT_SIDE_BOTH);

    if (offline && offline->silent)
        f->lost = true;
    else if (offline && !f->over)
        cut(f, FAULT_OFFLINE);
}

/* Something began or ended. It may be in the midst of a call: the owner is woken from the loop. */
static void on_change(void *ctx)
{
    struct link_fault *f = ctx;
    const struct fault_spec *hole = active(f, FAULT_BLACKHOLE, FAULT_SIDE_IN);
    const char *how;

    lose(f);
    if ((hole || f->lost) && !f->filter.on) {
        how = fault_filter_begin(&f->filter, f->link.fd);
        if (hole)
            fault_conn_describe(f->fault, hole, how);
    } else if (!hole && !f->lost && f->filter.on)
        fault_filter_end(&f->filter, f->link.fd);
    if (!active(f, FAULT_CORRUPT, FAULT_SIDE_BOTH))
        f->corrupt = NULL;
    if (!active(f, FAULT_TRUNCATE, FAULT_SIDE_BOTH))
        f->truncate = NULL;
    strike(f);
    wake_in(f, 0);
}

/* --- what lasts ---------------------------------------------------------------------------------
 */

static bool in_stopped(const struct link_fault *f)
{
    return f->lost || active(f, FAULT_BLACKHOLE, FAULT_SIDE_IN) ||
           active(f, FAULT_STALL_READ, FAULT_SIDE_IN);
}

static bool out_stopped(const struct link_fault *f)
{
    return f->lost || active(f, FAULT_BLACKHOLE, FAULT_SIDE_OUT) ||
           active(f, FAULT_STALL_WRITE, FAULT_SIDE_OUT);
}

/* How many bytes may pass one way now; 0: none, and the timer is set to when some may. */
static size_t allowed(struct link_fault *f, struct fault_lane *lane, enum fault_side side, size_t n,
                      uint64_t now)
{
    uint64_t wait = 0;

    n = fault_lane_allowed(lane, active(f, FAULT_RATE, side), active(f, FAULT_SLICE, side), n, now,
                           &wait);
    if (wait)
        wake_in(f, wait);
    if (n > fault_conn_bytes_left(f->fault))
        n = (size_t)fault_conn_bytes_left(f->fault);
    return n;
}

/* What happens to n bytes on their way; fewer where the connection is cut within them. */
static size_t alter(struct link_fault *f, enum fault_side side, uint8_t *bytes, size_t n)
{
    const struct fault_spec *truncate = active(f, FAULT_TRUNCATE, side);
    const struct fault_spec *corrupt = active(f, FAULT_CORRUPT, side);

    if (corrupt) {
        if (f->corrupt != corrupt) {
            f->corrupt = corrupt;
            f->corrupt_left = corrupt->bytes;
        }
        if (f->corrupt_left <= n) {
            bytes[f->corrupt_left - 1] ^= (uint8_t)(1u << fault_conn_draw(f->fault, corrupt, 8));
            f->corrupt = NULL;
            fault_conn_spent(f->fault, corrupt, clock_mono_us());
        } else {
            f->corrupt_left -= n;
        }
    }
    if (truncate) {
        if (f->truncate != truncate) {
            f->truncate = truncate;
            f->truncate_left = truncate->bytes;
        }
        if (f->truncate_left < n)
            n = (size_t)f->truncate_left;
        f->truncate_left -= n;
    }
    return n;
}

/* n bytes passed. */
static void passed(struct link_fault *f, struct fault_lane *lane, enum fault_side side, size_t n)
{
    uint64_t now = clock_mono_us();
    const struct fault_spec *truncate = active(f, FAULT_TRUNCATE, side);

    fault_lane_passed(lane, active(f, FAULT_SLICE, side), n, now);
    if (!fault_lane_open(lane, now)) /* the caller may not try again before it is */
        wake_in(f, lane->open_us - now);
    f->passed += n;
    fault_conn_bytes(f->fault, f->passed, now);
    if (truncate && truncate == f->truncate && f->truncate_left == 0 && !f->over)
        cut(f, FAULT_TRUNCATE);
}

/* --- bytes in -----------------------------------------------------------------------------------
 */

/* When a byte that moves now arrives at the other end. */
static uint64_t arrival(struct link_fault *f, const struct fault_spec *latency, uint64_t now)
{
    uint64_t late = latency->us;

    if (latency->jitter_us) {
        late += fault_conn_draw(f->fault, latency, 2 * latency->jitter_us + 1);
        late = late > latency->jitter_us ? late - latency->jitter_us : 0;
    }
    return now + late;
}

/* Take what is there into the lane, where it waits for its time. */
static void fill(struct link_fault *f, const struct fault_spec *latency, uint64_t now)
{
    uint8_t bytes[16 * 1024];

    while (!f->in.ended && fault_lane_room(&f->in) >= sizeof bytes) {
        struct err e;
        ssize_t got = link_read(f->link.next, bytes, sizeof bytes, &e);

        if (got == LINK_AGAIN)
            return;
        if (got > 0)
            fault_lane_put(&f->in, bytes, (size_t)got, latency ? arrival(f, latency, now) : now);
        else
            fault_lane_put_end(&f->in, got, &e, latency ? arrival(f, latency, now) : now);
    }
}

static ssize_t fault_read(struct link *l, uint8_t *bytes, size_t n, struct err *e)
{
    struct link_fault *f = of(l);
    uint64_t now = clock_mono_us();
    const struct fault_spec *latency = active(f, FAULT_LATENCY, FAULT_SIDE_IN);
    ssize_t got;
    uint64_t wait = 0;

    if (f->over)
        return cut_error(f, e);
    if (in_stopped(f))
        return LINK_AGAIN;
    n = allowed(f, &f->in, FAULT_SIDE_IN, n, now);
    if (n == 0)
        return LINK_AGAIN;
    if (latency || !fault_lane_empty(&f->in)) {
        fill(f, latency, now);
        got = fault_lane_take(&f->in, bytes, n, now, e, &wait);
        if (wait)
            wake_in(f, wait);
    } else {
        got = link_read(l->next, bytes, n, e);
    }
    if (got <= 0)
        return got;
    got = (ssize_t)alter(f, FAULT_SIDE_IN, bytes, (size_t)got);
    passed(f, &f->in, FAULT_SIDE_IN, (size_t)got);
    return got > 0 ? got : cut_error(f, e);
}

/* --- bytes out ----------------------------------------------------------------------------------
 */

/* Send what waited long enough. LINK_FAILED with *e, else 0. */
static int drain(struct link_fault *f, struct err *e)
{
    uint64_t now = clock_mono_us(), wait = 0;

    while (!out_stopped(f)) {
        struct slice due = fault_lane_due(&f->out, now, &wait);
        ssize_t put;

        if (due.len == 0)
            break;
        put = link_write(f->link.next, due.data, due.len, e);
        if (put == LINK_AGAIN)
            return 0; /* fault_events asks for room */
        if (put < 0)
            return LINK_FAILED;
        fault_lane_drop(&f->out, (size_t)put);
    }
    if (wait)
        wake_in(f, wait);
    if (f->closing && fault_lane_empty(&f->out)) {
        f->closing = false;
        return link_close(f->link.next, e);
    }
    return 0;
}

/* A fault that alters bytes needs them where they can be changed. */
static ssize_t write_altered(struct link_fault *f, const uint8_t *bytes, size_t n, uint64_t now,
                             struct err *e)
{
    const struct fault_spec *latency = active(f, FAULT_LATENCY, FAULT_SIDE_OUT);
    uint8_t copy[16 * 1024];
    size_t goes;

    if (n > sizeof copy)
        n = sizeof copy;
    if (n > fault_lane_room(&f->out))
        n = fault_lane_room(&f->out);
    if (n == 0)
        return LINK_AGAIN;
    memcpy(copy, bytes, n);
    goes = alter(f, FAULT_SIDE_OUT, copy, n);
    fault_lane_put(&f->out, copy, goes, latency ? arrival(f, latency, now) : now);
    if (drain(f, e) < 0)
        return LINK_FAILED;
    passed(f, &f->out, FAULT_SIDE_OUT, goes);
    return (ssize_t)n;
}

static ssize_t fault_write(struct link *l, const uint8_t *bytes, size_t n, struct err *e)
{
    struct link_fault *f = of(l);
    uint64_t now = clock_mono_us();
    ssize_t put;

    if (f->over)
        return cut_error(f, e);
    if (f->out_closed)
        return (ssize_t)n;
    if (out_stopped(f))
        return LINK_AGAIN;
    n = allowed(f, &f->out, FAULT_SIDE_OUT, n, now);
    if (n == 0)
        return LINK_AGAIN;
    if (!fault_lane_empty(&f->out) || active(f, FAULT_LATENCY, FAULT_SIDE_OUT) ||
        active(f, FAULT_TRUNCATE, FAULT_SIDE_OUT) || active(f, FAULT_CORRUPT, FAULT_SIDE_OUT))
        return write_altered(f, bytes, n, now, e);
    put = link_write(l->next, bytes, n, e);
    if (put > 0)
        passed(f, &f->out, FAULT_SIDE_OUT, (size_t)put);
    return put;
}

/* --- the loop -----------------------------------------------------------------------------------
 */

static void on_timer(void *ctx)
{
    struct link_fault *f = ctx;
    struct err e;

    if (!f->over && drain(f, &e) < 0) {
        f->over = true;
        f->cut_by = "latency (what was under way could not be delivered)";
    }
    if (f->link.wake)
        f->link.wake(f->link.wake_ctx);
}

/* The earliest of the requested times applies. */
static void wake_in(struct link_fault *f, uint64_t us)
{
    if (us < timer_left_us(f->timer))
        timer_start(f->timer, us, on_timer);
}

static int fault_connect(struct link *l, struct err *e)
{
    return of(l)->over ? cut_error(of(l), e) : 0;
}

static int fault_events(const struct link *l, bool want_read, bool want_write)
{
    const struct link_fault *f = of(l);
    uint64_t now = clock_mono_us();
    bool read = want_read && !in_stopped(f) && fault_lane_open(&f->in, now) && !f->in.ended &&
                fault_lane_room(&f->in) > 16 * 1024;
    bool write = (want_write && fault_lane_open(&f->out, now)) ||
                 (!fault_lane_empty(&f->out) && fault_lane_is_due(&f->out, now));

    if (f->over) /* the next operation reports the end */
        return want_write ? LINK_READABLE | LINK_WRITABLE : LINK_READABLE;
    return link_events(l->next, read, write && !out_stopped(f) && !f->out_closed);
}

static size_t fault_pending(const struct link *l)
{
    const struct link_fault *f = of(l);
    uint64_t now = clock_mono_us();

    if (f->over)
        return 1;
    if (in_stopped(f) || !fault_lane_open(&f->in, now))
        return 0;
    return fault_lane_is_due(&f->in, now);
}

static int fault_close(struct link *l, struct err *e)
{
    struct link_fault *f = of(l);

    if (f->over || f->out_closed || out_stopped(f))
        return 0;
    if (fault_lane_empty(&f->out))
        return link_close(l->next, e);
    f->closing = true;
    return 0;
}

static void fault_free(struct link *l)
{
    struct link_fault *f = of(l);

    fault_conn_listen(f->fault, FAULT_LISTENER_LINK, NULL, NULL);
    /* An end in a black hole is not reported, either. */
    if (!f->over && active(f, FAULT_BLACKHOLE, FAULT_SIDE_OUT))
        fault_socket_dangle(f->fault, l->fd);
    fault_conn_over(f->fault, clock_mono_us());
    fault_lane_clear(&f->in);
    fault_lane_clear(&f->out);
    timer_free(f->timer);
    free(f);
}

static const struct link_ops ops = {
    .connect = fault_connect,
    .read = fault_read,
    .write = fault_write,
    .events = fault_events,
    .pending = fault_pending,
    .close = fault_close,
    .free = fault_free,
};

struct link *link_fault_new(struct link *next, struct fault_conn *fault, uv_loop_t *loop)
{
    struct link_fault *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->timer = timer_new(loop, f);
    if (!f->timer) {
        free(f);
        return NULL;
    }
    f->link.ops = &ops;
    f->link.next = next;
    f->link.fd = next->fd;
    f->fault = fault;
    fault_lane_init(&f->in);
    fault_lane_init(&f->out);
    fault_conn_listen(fault, FAULT_LISTENER_LINK, on_change, f);
    fault_conn_connected(fault, clock_mono_us());
    return &f->link;
}
