/*
 * human: the view for people, shared by the files that write it. One line an event where possible:
 * a time if requested, a marker, a sentence; more lines are indented under it.
 *
 * Lines are composed in a buffer and leave with one out_put. Running out of memory is remembered:
 * the line is then dropped, except that an error is always shown.
 */
#ifndef SINK_HUMAN_H
#define SINK_HUMAN_H

#include "sink/view.h"

enum mark {
    MARK_OUT,
    MARK_IN,
    MARK_OPEN,
    MARK_CLOSED,
    MARK_LOST,
    MARK_ALERT,
    MARK_NOTE,
    MARK_UP,  /* of a relay: from the client to the server, */
    MARK_DOWN /* and back */
};

/* A folded message has at most this many bytes for each line. */
#define HUMAN_FOLD_LINE 400

enum style { STYLE_PLAIN, STYLE_DIM, STYLE_GREEN, STYLE_RED, STYLE_YELLOW };

/* What a line begins with after the time. */
struct human_start {
    enum mark mark;
    enum style style; /* of the mark */
    uint32_t number;  /* 0: none */
    enum event_channel channel;
};

struct human {
    struct sink sink;
    struct out *out;
    struct view_config config;
    bool include;  /* the handshake is shown */
    bool verbatim; /* after its start a line of printable text is shown as it came */
    bool failed;   /* memory ran out in this event's lines */
    int pad;       /* columns that the time takes before every marker */
    uint64_t last_at_us;
    bool has_last;
    enum style style;         /* the one in force */
    size_t line_start;        /* offset in text of the line being written */
    struct human_start start; /* of the last line: mostly the next one begins in the same way */
    uint8_t start_text[64];
    size_t start_len; /* 0: nothing is kept */
    struct buf text;
    struct buf scratch;
    char hint[512];   /* the last one shown, so that it is not repeated */
    char held[512];   /* one that follows the error that is to come, or "" */
    uint64_t refusal; /* a hash of the last refused upgrade's body; 0: there was none */
};

/* The mark of a message, with the arrow that fits its direction. */
void human_begin_dir(struct human *h, const struct event *ev);
/* Start the event's first line: time and marker, the marker in a style. */
void human_begin(struct human *h, const struct event *ev, enum mark mark, enum style style);
/* What human_begin would append, if it is what the last line began with; else empty. Without the
 * time. */
struct slice human_same_start(const struct human *h, const struct event *ev, enum mark mark,
                              enum style style);
/* The same without a marker. */
void human_begin_bare(struct human *h, const struct event *ev);
/* Continue on a new line, indented by this many columns from the marker. */
void human_next(struct human *h, int indent);

/* End the line that was begun, if there is one; what follows begins with human_begin. */
void human_end_line(struct human *h);

/* Append: words of our own; bytes of anyone, made safe; formatted words of our own. */
void human_put(struct human *h, const char *text);
void human_safe(struct human *h, struct slice bytes);
void human_safe_str(struct human *h, const char *text);
void human_printf(struct human *h, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Change the style until the next call; STYLE_PLAIN ends it. Nothing without colour. */
void human_style(struct human *h, enum style style);
/* " · " between the parts of a line; an ellipsis. */
void human_dot(struct human *h);
void human_ellipsis(struct human *h);

/* Units: "1.3 ms" for what was measured, "12.3 s" for ages, "12.3 KiB", "3 messages". */
void human_latency(struct human *h, uint64_t us);
void human_span(struct human *h, uint64_t us);
void human_size(struct human *h, uint64_t bytes);
void human_count(struct human *h, uint64_t n, const char *one, const char *many);

/* "ADDRESS:PORT", brackets around IPv6; without the port if it is 0. */
void human_endpoint(struct human *h, const char *address, uint16_t port);
/* `1000 normal closure "reason"`. */
void human_close_code(struct human *h, uint16_t code, struct slice reason);
/* " hint: ..." on a separate line, unless it is empty or was just shown. */
void human_hint(struct human *h, const char *hint);
/* The same, but after the next event if that is an error, else before it. */
void human_hold_hint(struct human *h, const char *hint);
/* Lines of text that a peer sent, indented, at most this many lines and bytes; the number of the
 * rest is shown. `beyond`: bytes that follow the text. */
void human_excerpt(struct human *h, struct slice text, int indent, size_t lines, size_t bytes,
                   uint64_t beyond);
/* A hex dump under the line, at most `limit` bytes of it; the number of the rest is shown. */
void human_dump(struct human *h, struct slice bytes, uint64_t offset, int indent, size_t limit,
                uint64_t beyond);
/* What was composed: break its lines where they are too long, and leave those of a message beyond
 * config.fold out (human_fold.c). */
void human_lay_out(struct human *h, const struct event *ev);

/* A text with its long base64 strings shortened (config.elide), in `scratch` if there are any. */
struct slice human_elided(struct human *h, struct slice text);

/* Columns left on the line, INT_MAX where the output has no width. */
int human_room(const struct human *h);

/* The events, each family in its file. */
void human_resolve(struct human *h, const struct event *ev);
void human_connect(struct human *h, const struct event *ev);
void human_proxy(struct human *h, const struct event *ev);
void human_tls(struct human *h, const struct event *ev);
void human_request(struct human *h, const struct event *ev);
void human_response(struct human *h, const struct event *ev);
void human_open(struct human *h, const struct event *ev);
void human_frame(struct human *h, const struct event *ev);
void human_bytes(struct human *h, const struct event *ev);
void human_control(struct human *h, const struct event *ev);
void human_message(struct human *h, const struct event *ev);
void human_decoded(struct human *h, const struct event *ev);
void human_violation(struct human *h, const struct event *ev);
void human_close_frame(struct human *h, const struct event *ev);
void human_close(struct human *h, const struct event *ev);
void human_retry(struct human *h, const struct event *ev);
void human_gap(struct human *h, const struct event *ev);
void human_recovered(struct human *h, const struct event *ev);
void human_lost(struct human *h, const struct event *ev);
void human_duplicate(struct human *h, const struct event *ev);
void human_fault(struct human *h, const struct event *ev);
void human_poll(struct human *h, const struct event *ev);
void human_fallback(struct human *h, const struct event *ev);
void human_rule(struct human *h, const struct event *ev);
/* An EVENT_CLOSE of a relay. */
void human_relay_close(struct human *h, const struct event *ev);
void human_error(struct human *h, const struct event *ev);
void human_summary(struct human *h, const struct event *ev);
void human_note(struct human *h, const struct event *ev);
void human_missed(struct human *h, const struct event *ev);

#endif
