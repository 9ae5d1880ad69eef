/*
 * session_decode: the protocol above the messages of a session: what comes and goes is decoded for
 * the views, and with an explicit name the session sends what the protocol owes the server.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/span.h"
#include "session/session_private.h"
#include "session/typed_files.h"

/* Messages of a connection that are decoded though no view shows it: for the findings of one that
 * ends soon, and for the names of its close codes. */
#define WATCHED 64

static void on_due(void *ctx);

/* Unless the user did: name the subprotocols of the protocol. */
static void offer(struct session *s)
{
    struct handshake_config *asked = &s->config.ws.handshake;
    size_t count = 0;
    const char *name;

    while (count < DECODE_OFFERS_MAX &&
           (name = decode_subprotocol_at(s->config.decode, (unsigned)count)) != NULL)
        s->offered[count++] = name;
    if (asked->subprotocol_count > 0)
        return;
    asked->subprotocols = s->offered;
    asked->subprotocol_count = count;
}

/* The path and query that the protocol needs. 0 or -1 (memory). */
static int change_url(struct session *s)
{
    struct handshake_config *asked = &s->config.ws.handshake;
    struct buf target;
    char *text = NULL;
    int r;

    buf_init(&target, SIZE_MAX);
    r = decode_target(s->config.decode, slice_str(asked->url->target), &target);
    if (r == 1 && buf_append(&target, "", 1) == 0)
        text = strdup((const char *)buf_data(&target));
    buf_clear(&target);
    if (r == 0)
        return 0;
    if (r < 0 || !text || url_copy(&s->decode_url, asked->url) < 0) {
        free(text);
        return -1;
    }
    free(s->decode_url.target);
    s->decode_url.target = text;
    asked->url = &s->decode_url;
    return 0;
}

int session_decode_init(struct session *s, struct err *e)
{
    if (!s->config.decode || s->config.decode->none)
        return 0;
    s->stack = decode_new(s->config.decode, true);
    s->decode_timer = timer_new(s->loop, s);
    if (!s->stack || !s->decode_timer || (session_speaks(s) && change_url(s) != 0))
        return err_nomem(e, STAGE_IO, "starting");
    if (session_speaks(s))
        offer(s);
    return 0;
}

void session_decode_clear(struct session *s)
{
    timer_free(s->decode_timer);
    decode_free(s->stack);
    url_clear(&s->decode_url);
}

static uint64_t now(const struct session *s)
{
    return clock_mono_us() - s->config.start_us;
}

/* A connection that the protocol ended is closed outside of what the channel reports. */
static void set_timer(struct session *s)
{
    uint64_t due = decode_due(s->stack), at = now(s);

    if (s->held_back && (due == 0 || s->ready_by_us < due))
        due = s->ready_by_us;
    if (s->main.state == SESSION_OPEN && decode_ended(s->stack))
        timer_start(s->decode_timer, 0, on_due);
    else if (s->main.state == SESSION_OPEN && due > 0)
        timer_start(s->decode_timer, span_between(at, due), on_due);
    else
        timer_stop(s->decode_timer);
}

/* What the protocol itself sends goes straight to the channel: another connection has no use for
 * it. */
static void send_owed(struct session *s)
{
    struct decode_message m;

    while (s->main.state == SESSION_OPEN && decode_fetch(s->stack, &m)) {
        if (channel_send(s->main.channel, m.opcode, m.data, true, true) == SEND_FAILED) {
            session_sending_failed(s);
            return;
        }
    }
}

/* The handshake is complete: what waited for it goes on. */
static void check_ready(struct session *s)
{
    if (!s->held_back || s->main.state != SESSION_OPEN || !decode_is_ready(s->stack))
        return;
    s->held_back = false;
    session_ready(s);
}

/* The protocol ended the connection: report why, and end the WebSocket too. */
static void end(struct session *s, const struct decode_ending *ending)
{
    struct err e;

    if (ending->again && s->config.retry.enabled) {
        session_note(s, ending->text);
        channel_abort(s->main.channel,
                      ending->code == EXIT_TIMEOUT ? CLOSE_HOW_HANDSHAKE : CLOSE_HOW_PING_TIMEOUT);
        return;
    }
    err_set(&e, ending->code, STAGE_PROTOCOL, 0, "%s", ending->text);
    if (ending->code == EXIT_TIMEOUT)
        err_hint(&e, "does this address speak the protocol? --as none -v shows what it sends");
    else if (ending->again)
        err_hint(&e, "client libraries connect again after this, as -r does");
    else if (ending->code == EXIT_PEER_ERROR)
        err_hint(&e, "client libraries do not connect again after this; see the server's log");
    else if (ending->code == EXIT_UPGRADE)
        err_hint(&e,
                 "the server decides who may join, by what --auth, --login or the headers give");
    session_report_error(s, &e);
    s->main.failure = e;
    s->main.outcome = e.code;
    session_close(s, CLOSE_NORMAL, "", 0, ASKED_CLOSE);
}

static void after(struct session *s)
{
    send_owed(s);
    set_timer(s);
    check_ready(s);
}

/* The WebSocket is open, and the handshake above it takes too long. */
static void give_up_handshake(struct session *s)
{
    struct decode_ending late = {.code = EXIT_TIMEOUT, .again = true};

    snprintf(late.text, sizeof late.text,
             "the handshake of %s was not complete after %s s (--connect-timeout)",
             decode_name(s->stack), decimal_millionths(s->config.ws.connect_timeout_us).text);
    end(s, &late);
}

static void on_due(void *ctx)
{
    struct session *s = ctx;

    if (s->main.state != SESSION_OPEN)
        return;
    if (!decode_ended(s->stack))
        decode_tick(s->stack, now(s));
    if (decode_ended(s->stack))
        end(s, decode_ended(s->stack));
    else if (s->held_back && now(s) >= s->ready_by_us)
        give_up_handshake(s);
    else
        after(s);
}

static void say_recognised(struct session *s)
{
    char text[128];

    s->named = true;
    if (s->config.decode->count > 0)
        return;
    snprintf(text, sizeof text, "this is %s; --as %s also speaks it", decode_name(s->stack),
             strrchr(decode_name(s->stack), '+') ? strrchr(decode_name(s->stack), '+') + 1
                                                 : decode_name(s->stack));
    session_note(s, text);
}

void session_decode_opened(struct session *s, const struct event_open *open)
{
    const struct decode_opening opening = {
        .target = s->main.channel->asked->url->target,
        .subprotocol = open->subprotocol,
    };

    session_decode_findings(s); /* of the connection before */
    s->findings_told = false;
    s->watched = 0;
    s->decoding = NULL;
    if (!s->stack || s->main.kind != CHANNEL_WS)
        return;
    if (decode_opened(s->stack, &opening, now(s)) == 0 && decode_is_on(s->stack))
        s->decoding = s->stack;
    s->held_back =
        decode_ended(s->stack) || (decode_speaks(s->stack) && !decode_is_ready(s->stack));
    s->ready_by_us = now(s) + s->config.ws.connect_timeout_us;
}

void session_decode_begin(struct session *s)
{
    if (!s->stack || s->main.kind != CHANNEL_WS)
        return;
    if (!s->named && decode_name(s->stack))
        say_recognised(s);
    send_owed(s);
    set_timer(s);
}

bool session_sends_secret(const struct session *s)
{
    return s->held_back && s->config.decode->credentials;
}

/* A pipe prints raw messages, and nothing that is recognised in them. */
static bool is_watched_enough(struct session *s)
{
    return s->named && !session_speaks(s) && !bus_wants(s->bus, EVENT_DECODED) &&
           ++s->watched > WATCHED;
}

void session_decode_message(struct session *s, struct event *ev)
{
    ev->secret = ev->dir == DIR_OUT && session_sends_secret(s);
    decode_emit(s->decoding, s->bus, ev, ev->dir);
    if (!s->named && decode_name(s->stack))
        say_recognised(s);
    if (!decode_is_on(s->stack))
        set_timer(s); /* it may have ended the connection */
    if (!decode_is_on(s->stack) || is_watched_enough(s))
        s->decoding = NULL;
    else if (ev->dir == DIR_IN && decode_speaks(s->stack))
        after(s);
}

void session_decode_leave(struct session *s)
{
    if (!s->decoding || !decode_speaks(s->stack) || s->main.state != SESSION_OPEN)
        return;
    decode_leave(s->stack, now(s));
    send_owed(s);
}

bool session_decode_hint(const struct session *s, const struct event_close *close, char *hint,
                         size_t room)
{
    bool came = s->decoding && close->got_close_frame;
    const char *name = came ? decode_close_name(s->decoding, close->code) : NULL;
    const char *advice = name ? decode_close_advice(s->decoding, close->code) : NULL;

    if (!name)
        return false;
    snprintf(hint, room, "%s calls %u \"%s\"%s%s", decode_name(s->decoding), (unsigned)close->code,
             name, advice ? ": " : "", advice ? advice : "");
    return true;
}

void session_decode_closed(struct session *s, const struct event_close *close)
{
    s->decoding = NULL;
    s->held_back = false;
    if (!s->stack)
        return;
    timer_stop(s->decode_timer);
    decode_closed(s->stack, close->got_close_frame && close->by == CLOSE_BY_PEER ? close->code : 0,
                  now(s));
}

bool session_speaks(const struct session *s)
{
    return s->config.decode && s->config.decode->count > 0;
}

bool session_has_command(const struct session *s, struct slice word)
{
    return session_speaks(s) && decode_has_command(s->config.decode, word);
}

static int encode(struct session *s, enum decode_input input, struct slice line, struct err *e)
{
    struct buf text;
    int rc;

    if (input != DECODE_TYPED || !decode_takes_files(s->stack))
        return decode_encode(s->stack, input, line, now(s), e);
    buf_init(&text, SIZE_MAX);
    rc = typed_files_read(line, &text, e);
    if (rc == 0)
        rc = decode_encode(s->stack, input, buf_slice(&text), now(s), e);
    buf_clear(&text);
    return rc;
}

void session_decode_send(struct session *s, struct slice line)
{
    struct err e;

    if (encode(s, DECODE_TYPED, line, &e) == 0) {
        send_owed(s);
        set_timer(s);
        return;
    }
    session_report_error(s, &e);
    s->main.failure = e;
    s->main.outcome = e.code;
    session_close(s, CLOSE_GOING_AWAY, "", 0, ASKED_CLOSE);
}

int session_encode(struct session *s, enum decode_input input, struct slice line, struct err *e)
{
    struct decode_message m;
    int r = 0;

    if (!decode_speaks(s->stack)) {
        err_set(e, EXIT_OTHER, STAGE_IO, 0, "nothing can be sent before the connection was open");
        return SEND_CLOSED;
    }
    if (encode(s, input, line, e) != 0)
        return SEND_FAILED;
    while (r == 0 && decode_fetch(s->stack, &m))
        r = session_send(s, m.opcode, m.data, true, true);
    set_timer(s);
    if (r == SEND_FAILED)
        err_nomem(e, STAGE_IO, "sending a message");
    else if (r == SEND_CLOSED)
        err_set(e, EXIT_OTHER, STAGE_IO, 0,
                "the message could not be sent: the connection is closing");
    return r;
}

void session_decode_findings(struct session *s)
{
    const char *finding;

    if (s->findings_told)
        return;
    s->findings_told = true;
    if (s->watched > WATCHED)
        return; /* the rest is not known */
    for (unsigned i = 0; s->stack && (finding = decode_finding(s->stack, i)); i++) {
        const struct decode_ending *ending = decode_ended(s->stack);

        if (!ending || strcmp(ending->text, finding) != 0)
            session_note(s, finding);
    }
}
