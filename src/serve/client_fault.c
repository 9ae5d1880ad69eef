#include "serve/client_fault.h"

#include <stdlib.h>

#include "base/clock.h"
#include "net/link_fault.h"

/* A message that changes places with the next one is held no longer than that, and only if it is no
 * longer than this. */
#define HELD_MS  1000
#define HELD_MAX (64 * 1024)
/* Pongs that are late at the same time; more are left out. */
#define LATE_MAX 16
/* How long a client may take to answer a Close of ours. */
#define CLOSE_MS 5000

struct late_pong {
    uint64_t due_us;
    uint8_t len;
    uint8_t data[125];
};

struct held {
    struct buf data;
    bool there;
    uint64_t due_us;
    uint64_t id;        /* going out */
    enum opcode type;   /* going out */
    struct event event; /* come in; its data is the buffer's */
};

struct client_fault {
    struct fault_conn *conn; /* NULL: ended */
    struct timer *timer;
    bool refused;
    uint16_t close_code; /* a Close with this code is due; 0: none */
    uint64_t messages;
    bool dropping_in, dropping_out; /* the rest of a message that comes in parts */
    struct held in, out;
    struct late_pong late[LATE_MAX];
    unsigned late_count;
};

static const char reason[] = "on purpose: --fault";

static uint64_t now(void)
{
    return clock_mono_us();
}

/* --- counting -----------------------------------------------------------------------------------
 */

void client_fault_count(struct client *c)
{
    struct totals ws = layer_totals(&c->layer);

    if (c->peer && c->fault->conn)
        fault_conn_frames(c->fault->conn, ws.frames_in + ws.frames_out, now());
}

static void count_message(struct client *c)
{
    if (c->fault->conn)
        fault_conn_messages(c->fault->conn, ++c->fault->messages, now());
    client_fault_count(c);
}

static bool chance(struct client *c, enum fault_kind kind, enum fault_side side)
{
    return fault_conn_chance(c->fault->conn, kind, side, c->fault->messages + 1, now());
}

/* --- time ---------------------------------------------------------------------------------------
 */

static void on_timer(void *ctx);

static void set_timer(struct client *c)
{
    struct client_fault *f = c->fault;
    uint64_t due = UINT64_MAX, at = now();

    for (unsigned i = 0; i < f->late_count; i++)
        due = f->late[i].due_us < due ? f->late[i].due_us : due;
    if (f->in.there && f->in.due_us < due)
        due = f->in.due_us;
    if (f->out.there && f->out.due_us < due)
        due = f->out.due_us;
    if (due == UINT64_MAX)
        timer_stop(f->timer);
    else
        timer_start(f->timer, due > at ? due - at : 0, on_timer);
}

/* --- messages -----------------------------------------------------------------------------------
 */

static bool hold(struct held *h, struct slice data)
{
    buf_reset(&h->data);
    if (data.len > HELD_MAX || buf_append(&h->data, data.data, data.len) < 0)
        return false;
    h->there = true;
    h->due_us = now() + HELD_MS * 1000;
    return true;
}

static bool hold_in(struct client *c, const struct event *ev)
{
    struct held *h = &c->fault->in;

    if (h->there || ev->message.part != 0 || !chance(c, FAULT_REORDER, FAULT_SIDE_IN))
        return false;
    h->event = *ev;
    return hold(h, ev->message.data);
}

static void release_in(struct client *c)
{
    struct held *h = &c->fault->in;

    if (!h->there)
        return;
    h->there = false;
    h->event.message.data = buf_slice(&h->data);
    client_take_message(c, &h->event);
}

void client_fault_take(struct client *c, const struct event *ev)
{
    struct client_fault *f = c->fault;
    bool whole = ev->message.part == 0, was_held = f->in.there;

    if (ev->message.part <= 1)
        f->dropping_in = chance(c, FAULT_DROP_IN, FAULT_SIDE_IN);
    if (!f->dropping_in && !hold_in(c, ev)) {
        bool again = whole && chance(c, FAULT_DUP_IN, FAULT_SIDE_IN);

        client_take_message(c, ev);
        if (again)
            client_take_message(c, ev);
        if (was_held && ev->message.final)
            release_in(c);
    }
    if (ev->message.final)
        count_message(c);
    set_timer(c);
}

static bool hold_out(struct client *c, enum opcode type, uint64_t id, struct slice data)
{
    struct held *h = &c->fault->out;

    if (h->there || !chance(c, FAULT_REORDER, FAULT_SIDE_OUT))
        return false;
    h->type = type;
    h->id = id;
    return hold(h, data);
}

static void release_out(struct client *c)
{
    struct held *h = &c->fault->out;

    if (!h->there)
        return;
    h->there = false;
    client_put(c, h->type, h->id, buf_slice(&h->data), true, true);
}

void client_fault_release(struct client *c)
{
    release_out(c);
}

void client_fault_send(struct client *c, enum opcode type, uint64_t id, struct slice data,
                       bool first, bool final)
{
    struct client_fault *f = c->fault;
    bool whole = first && final, was_held = f->out.there;

    if (f->close_code)
        return;

    if (first)
        f->dropping_out = chance(c, FAULT_DROP_OUT, FAULT_SIDE_OUT);
    if (!f->dropping_out && !(whole && hold_out(c, type, id, data))) {
        bool again = whole && chance(c, FAULT_DUP_OUT, FAULT_SIDE_OUT);

        client_put(c, type, id, data, first, final);
        if (again)
            client_put(c, type, id, data, true, true);
        if (was_held && final)
            release_out(c);
    }
    /* What strikes with the N-th message finds it sent. */
    client_write(c);
    if (final)
        count_message(c);
    set_timer(c);
}

/* --- pongs --------------------------------------------------------------------------------------
 */

static void delay_pong(struct client *c, struct slice data, uint64_t us)
{
    struct client_fault *f = c->fault;
    struct late_pong *late = &f->late[f->late_count];

    if (f->late_count == LATE_MAX)
        return;
    late->due_us = now() + us;
    late->len = (uint8_t)data.len;
    if (data.len > 0)
        memcpy(late->data, data.data, data.len);
    f->late_count++;
    set_timer(c);
}

bool client_fault_ping(struct client *c, struct slice data)
{
    struct fault_conn *conn = c->fault->conn;
    const struct fault_spec *delay, *wrong;
    uint8_t altered[125];

    if (fault_conn_pong(conn, FAULT_DROP_PONG, FAULT_SIDE_OUT))
        return true;
    delay = fault_conn_pong(conn, FAULT_DELAY_PONG, FAULT_SIDE_OUT);
    wrong = fault_conn_pong(conn, FAULT_WRONG_PONG, FAULT_SIDE_OUT);
    if ((!delay && !wrong) || data.len > sizeof altered)
        return false;
    if (wrong) {
        if (data.len > 0) {
            memcpy(altered, data.data, data.len);
            altered[fault_conn_draw(conn, wrong, data.len)] ^=
                0x40; /* not another number's digit */
        } else {
            altered[data.len++] = '?';
        }
        data = slice_make(altered, data.len);
    }
    if (delay)
        delay_pong(c, data, delay->us);
    else
        client_pong(c, data);
    return true;
}

static void send_late_pongs(struct client *c)
{
    struct client_fault *f = c->fault;
    uint64_t at = now();
    unsigned kept = 0;

    for (unsigned i = 0; i < f->late_count; i++) {
        if (f->late[i].due_us > at)
            f->late[kept++] = f->late[i];
        else
            client_pong(c, slice_make(f->late[i].data, f->late[i].len));
    }
    f->late_count = kept;
}

/* --- the connection -----------------------------------------------------------------------------
 */

static void on_timer(void *ctx)
{
    struct client *c = ctx;
    struct client_fault *f = c->fault;
    uint64_t at = now();

    send_late_pongs(c);
    if (f->in.there && f->in.due_us <= at)
        release_in(c);
    if (f->out.there && f->out.due_us <= at)
        release_out(c);
    set_timer(c);
    client_flush(c);
}

/* A Close: nothing more is sent before it. One that strikes before there is anything to close
 * waits. */
static void take_strike(struct client *c)
{
    const struct fault_spec *spec;

    if (c->state != CLIENT_OPEN && c->state != CLIENT_STREAM)
        return;
    spec = fault_conn_strike(c->fault->conn, FAULT_FAMILY_WS);
    if (spec && !c->fault->close_code)
        c->fault->close_code = (uint16_t)spec->code;
}

/* Something struck: in the midst of whatever is being done, so it is dealt with in a turn of its
 * own. */
static void on_change(void *ctx)
{
    struct client *c = ctx;

    take_strike(c);
    client_again(c);
}

bool client_fault_refused(const struct client *c)
{
    return c->fault->refused;
}

const struct fault_spec *client_fault_status(struct client *c)
{
    return fault_conn_dial(c->fault->conn, FAULT_STATUS, now());
}

void client_fault_opened(struct client *c)
{
    fault_conn_opened(c->fault->conn, now());
}

void client_fault_step(struct client *c)
{
    uint16_t code;

    take_strike(c);
    code = c->fault->close_code;
    c->fault->close_code = 0;
    if (code)
        client_close(c, code, reason, CLOSE_MS);
}

struct link *client_fault_begin(struct client *c, struct link *tcp)
{
    struct client_fault *f = calloc(1, sizeof *f);
    struct link *link;

    if (!f)
        return NULL;
    c->fault = f;
    f->timer = timer_new(c->host->loop, c);
    f->conn = fault_conn_new(c->host->faults, c->number, now());
    if (!f->timer || !f->conn)
        return NULL;
    f->refused = fault_conn_dial(f->conn, FAULT_REFUSE, now()) != NULL;
    link = link_fault_new(tcp, f->conn, c->host->loop);
    if (!link)
        return NULL;
    buf_init(&f->in.data, HELD_MAX);
    buf_init(&f->out.data, HELD_MAX);
    return link;
}

void client_fault_watch(struct client *c)
{
    fault_conn_listen(c->fault->conn, FAULT_LISTENER_FILTER, on_change, c);
}

void client_fault_end(struct client *c)
{
    struct client_fault *f = c->fault;

    timer_stop(f->timer);
    fault_conn_free(f->conn, now());
    f->conn = NULL;
    buf_clear(&f->in.data);
    buf_clear(&f->out.data);
    f->in.there = f->out.there = false;
    f->late_count = 0;
}

void client_fault_free(struct client *c)
{
    if (!c->fault)
        return;
    fault_conn_free(c->fault->conn, now());
    timer_free(c->fault->timer);
    free(c->fault);
    c->fault = NULL;
}
