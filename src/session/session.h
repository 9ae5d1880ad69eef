/*
 * session: one conversation with a server, from the first attempt to the end. It owns the channel
 * and the policy: the meaning of an ending, what is counted, when a silent peer is lost. Events are
 * passed up to the bus; commands come down through the functions here.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "channel/channel_poll.h"
#include "channel/channel_ws.h"
#include "decode/decode.h"
#include "session/books/account.h"
#include "session/fallback.h"
#include "session/outcome.h"
#include "session/retry_policy.h"

struct session_config {
    enum event_channel channel;      /* what is opened first */
    struct channel_ws_config ws;     /* its handshake and dial are for the other kinds as well */
    struct channel_poll_config poll; /* how is polled; of `common` only no_keepalive is used, the
                                        rest is filled in by the session, like items and seq */
    const char *items;               /* JSON Pointer to the updates in an answer, or NULL */
    uint64_t max_answer;             /* bytes of an answer or an event; 0: no bound */
    const char *header_cmd;          /* run before every attempt, see attempt.h; or NULL */
    uint64_t ping_interval_us, ping_timeout_us;
    struct account_config account;
    struct fallback_config fallback;
    const struct decode_spec *decode; /* the protocol above the messages; borrowed; NULL: none */
    const char *greeting; /* a text to be sent at every opening before all else, or NULL */
    struct retry_config retry;
    size_t offline_queue; /* with it: bytes of messages that may wait for a connection; 0: none */
    const struct url
        *catchup; /* to GET what was missed from, placeholders in its target; or NULL */
    struct supplies *supplies; /* borrowed; outlive the session */
    struct faults *faults;     /* borrowed; outlives the session; NULL: nothing is to go wrong */
    uint64_t seed;             /* shown in the summary */
    uint64_t start_us;         /* clock_mono_us at the program's start */
};

enum session_state {
    SESSION_IDLE,
    SESSION_CONNECTING,
    SESSION_OPEN,
    SESSION_CLOSING,
    SESSION_WAITING, /* for the time of another attempt */
    SESSION_ENDED
};

/* Called from the loop, never inside a call into the session but session_pause(false) and the
 * sending functions. NULL members are skipped. */
struct session_hooks {
    void (*opened)(void *ctx);
    void (*drained)(void *ctx); /* session_full became false again, or messages may wait from now on
                                   for the next connection */
    void (*ended)(void *ctx);   /* no connection, and no further attempt */
    void *ctx;
};

struct session;

/* config is copied, what it points to borrowed; bus is borrowed. NULL with *e. */
struct session *session_new(uv_loop_t *loop, const struct session_config *config,
                            const struct bus *bus, const struct session_hooks *hooks,
                            struct err *e);
/* Drops the connection at once. No event and no hook comes after this, and nothing that was
 * borrowed is used; libuv closes the last handles in later turns of the loop, and their memory is
 * their own. NULL is fine. */
void session_free(struct session *s);

/* Start an attempt. 0; -1: reported as EVENT_ERROR already, `ended` is not called, nothing is
 * retried: the configuration cannot work. */
int session_open(struct session *s);
/* Does it reconnect by itself? */
bool session_retries(const struct session *s);
/* SESSION_WAITING: make the attempt at once. Else nothing. */
void session_retry_now(struct session *s);
/* How long it is to the next attempt; 0 if there is none. */
uint64_t session_retry_wait_us(const struct session *s);

/* Send a message or a part of one. 0; SEND_CLOSED: not taken, there is no open connection;
 * SEND_FAILED: not taken, and retrying is useless (memory). With reconnecting, a whole message may
 * wait for the next one, and one whose last byte the kernel never got is sent again over it; the
 * remaining parts of a message that a loss cut are accepted and dropped. */
int session_send(struct session *s, enum opcode type, struct slice data, bool first, bool final);
/* Several whole messages of one type. *sent: how many were taken; 0 or why not the next one. */
int session_send_all(struct session *s, enum opcode type, const struct slice *messages,
                     size_t count, size_t *sent);
/* A protocol was named: what is to be sent is given to session_encode in its forms. */
bool session_speaks(const struct session *s);
/* Its typed form has this word, such as "/join". */
bool session_has_command(const struct session *s, struct slice word);
/* A line becomes messages, which are sent as by session_send. 0, or SEND_... with *e: SEND_FAILED
 * also if the line is not in that form. */
int session_encode(struct session *s, enum decode_input input, struct slice line, struct err *e);
/* Any frame, as malformed as asked. 0 or SEND_... */
int session_frame(struct session *s, const struct frame_spec *spec, struct slice payload);
/* A ping or pong of at most 125 bytes. 0 or SEND_... */
int session_ping(struct session *s, enum opcode opcode, struct slice data);

/* Close politely, waiting at most timeout_us (0: the configured time) for the answer; nothing is
 * retried then. Before the opening, or waiting for an attempt: give up. */
void session_close(struct session *s, uint16_t code, const char *reason, uint64_t timeout_us,
                   enum outcome_asked asked);
/* Drop everything now; `ended` is called before this returns. */
void session_abort(struct session *s);

/* Stop and go on reading. */
void session_pause(struct session *s, bool paused);
/* From now on incoming messages are thrown away. */
void session_discard(struct session *s);

enum session_state session_state(const struct session *s);
/* What the open connection is, or the next one will be. */
enum event_channel session_kind(const struct session *s);
/* Would session_send take a message now, to send it or to let it wait? */
bool session_takes(const struct session *s);
/* Is there a channel that would take the socket's place? */
bool session_has_fallback(const struct session *s);
/* The channel that takes the socket's place now, if one does. */
bool session_fallback(const struct session *s, enum event_channel *kind);
/* Wait for the socket alone again. False: nothing has taken its place. */
bool session_fallback_leave(struct session *s);
/* More waits to be written, or for a connection, than should: stop sending until `drained` or
 * `opened`. */
bool session_full(const struct session *s);
/* About the bytes that wait; 0: nothing does. */
size_t session_pending(const struct session *s);
/* What waits for a connection. */
struct session_queued {
    size_t messages, bytes;
    size_t limit; /* of bytes; 0: nothing may wait */
};
struct session_queued session_queued(const struct session *s);
/* When a byte was last received (clock_mono_us), including the opening. 0: never open. */
uint64_t session_last_in_us(const struct session *s);
/* The exit code of the last ending; EXIT_OK before one. Lost messages matter if --fail-on-loss is
 * given and nothing else is wrong. */
enum exit_code session_outcome(const struct session *s);

/* The totals of all its connections so far, including the open one. */
struct totals session_totals(const struct session *s);
/* What the kernel knows about the open connection; false if there is none, or it is not TCP. */
bool session_tcp_stats(const struct session *s, struct tcp_stats *stats);
/* What is to go wrong: as configured, or NULL. */
struct faults *session_faults(const struct session *s);
/* Round trips of all its connections. */
struct event_rtt session_rtt(const struct session *s);
/* The time of events (at_us) for a value of clock_mono_us. */
uint64_t session_since_start_us(const struct session *s, uint64_t now_us);

/* For the front ends: report their own events in the stream. */
void session_report_error(struct session *s, const struct err *e);
/* The conversation is over and has failed: report why, unless an error was reported since it began.
 * An attempt that failed is reported without this; the end of a connection only to the fronts whose
 * run ends with it. */
void session_report_failure(struct session *s);
void session_note(struct session *s, const char *text);
/* The last line: totals and the exit code. */
void session_summary(struct session *s, enum exit_code exit);

#endif
