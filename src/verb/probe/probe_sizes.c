/*
 * probe_sizes: messages that grow until one does not get through (--sizes).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verb/probe/probe_private.h"

/* How long a message, and the pong after it, may take. */
#define TRY_US   10000000
#define FRAGMENT 4096

static struct probe_search *search_of(struct probe_front *front)
{
    return &front->searches[front->fragmented];
}

/* --- one message --------------------------------------------------------------------------------
 */

static void try_next(void *ctx);

static void drop(struct probe_front *front)
{
    struct visit *v = front->sizer;

    front->sizer = NULL;
    if (v && !v->ended)
        session_abort(v->session);
}

static void failed(struct probe_front *front, uint16_t code, const char *how)
{
    probe_search_failed(search_of(front), front->size, code, how);
    front->size = 0;
    drop(front);
    timer_start(front->pulse, 0, try_next);
}

static void on_late(void *ctx)
{
    failed(ctx, 0, "no pong within 10 s after it");
}

static void failed_by_close(struct probe_front *front, const struct event_close *close)
{
    char how[120];

    if (!close->got_close_frame) {
        failed(front, 0, close_how_lost(close));
        return;
    }
    snprintf(how, sizeof how, "Close %u %s%s%.*s", close->code, close_code_name(close->code),
             close->reason.len ? ": " : "", (int)(close->reason.len < 60 ? close->reason.len : 60),
             close->reason.len ? (const char *)close->reason.data : "");
    failed(front, close->code, how);
}

static void on_event(void *ctx, struct visit *v, const struct event *ev)
{
    struct probe_front *front = ctx;

    if (v != front->sizer || front->size == 0)
        return;
    if (ev->kind == EVENT_CLOSE) {
        failed_by_close(front, &ev->close);
    } else if (ev->kind == EVENT_PONG && ev->dir == DIR_IN) {
        probe_search_passed(search_of(front), front->size);
        front->size = 0;
        timer_start(front->pulse, 0, try_next);
    }
}

/* -1: it was not taken. */
static int send_message(struct probe_front *front)
{
    struct session *s = front->sizer->session;
    size_t size = (size_t)front->size, piece = front->fragmented ? FRAGMENT : size;

    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;

        if (session_send(s, OPCODE_TEXT, slice_make(front->filler + at, n), at == 0,
                         at + n == size) < 0)
            return -1;
    }
    return session_ping(s, OPCODE_PING, slice_str("wscope probe")) < 0 ? -1 : 0;
}

static void send_next(struct probe_front *front)
{
    char text[80];

    front->size = probe_search_next(search_of(front));
    snprintf(text, sizeof text, "sizes: %llu bytes", (unsigned long long)front->size);
    probe_show_progress(front, text);
    if (send_message(front) < 0)
        failed(front, 0, "the connection was lost before it");
    else
        timer_start(front->pulse, TRY_US, on_late);
}

/* --- from one to the next -----------------------------------------------------------------------
 */

void probe_sizes_judge(struct probe_front *front)
{
    if (!front->filler)
        return; /* it does not run */
    timer_stop(front->pulse);
    front->size = 0;
    free(front->filler);
    front->filler = NULL;
    probe_judge_sizes(&front->report, &front->searches[0], &front->searches[1]);
}

static void over(struct probe_front *front)
{
    drop(front);
    probe_sizes_judge(front);
    probe_next(front);
}

static void on_settled(void *ctx, struct visit *v)
{
    struct probe_front *front = ctx;

    if (v->seen.open && !v->ended) {
        front->sizer = v;
        send_next(front);
    } else {
        over(front); /* no further connection is possible */
    }
}

static void try_next(void *ctx)
{
    struct probe_front *front = ctx;
    struct visit_hooks hooks = {on_settled, on_event, front};
    struct visit_plan plan = front->talk->plan;
    struct visit *v;
    struct err e;

    if (probe_search_next(search_of(front)) == 0 && !front->fragmented)
        front->fragmented = true;
    if (probe_search_next(search_of(front)) == 0 || front->sizer_count == PROBE_SIZERS_MAX) {
        over(front);
        return;
    }
    if (front->sizer && !front->sizer->ended) {
        send_next(front);
        return;
    }
    plan.keep = plan.quiet = plan.large = true;
    plan.no_deflate = true;
    v = visit_new(front->app, &plan, &hooks, &e);
    if (v)
        front->sizers[front->sizer_count++] = v;
    else
        probe_give_up(front, &e);
}

/* --- the beginning ------------------------------------------------------------------------------
 */

static void announce(struct probe_front *front)
{
    char text[400];

    snprintf(text, sizeof text,
             "--sizes: messages of up to %d MiB, at most %d MiB in all, and a further connection "
             "after each that ends one",
             (int)(PROBE_SIZE_MOST >> 20), 20 * (int)(PROBE_SIZE_MOST >> 20));
    probe_show_note(front, text);
}

void probe_sizes(struct probe_front *front)
{
    struct err e;

    if (!front->own->sizes) {
        probe_next(front);
        return;
    }
    timer_stop(front->limit);
    if (!(front->facts & FACT_OPEN)) {
        probe_add(&front->report, PROBE_SIZES, PROBE_INFO, "not checked: no WebSocket is open");
        probe_next(front);
        return;
    }
    front->filler = malloc(PROBE_SIZE_MOST);
    if (!front->filler) {
        err_nomem(&e, STAGE_IO, "making a large message");
        probe_give_up(front, &e);
        return;
    }
    memset(front->filler, 'x', PROBE_SIZE_MOST);
    announce(front);
    try_next(front);
}

void probe_sizes_stop(struct probe_front *front)
{
    for (size_t i = 0; i < front->sizer_count; i++)
        visit_stop(front->sizers[i]);
}

void probe_sizes_free(struct probe_front *front)
{
    for (size_t i = 0; i < front->sizer_count; i++)
        visit_free(front->sizers[i]);
}
