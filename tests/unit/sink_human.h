/*
 * sink_human: what the tests of the view for people share: events to begin with, and checking what
 * is printed of them at each level.
 */
#ifndef TESTS_UNIT_SINK_HUMAN_H
#define TESTS_UNIT_SINK_HUMAN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sink_capture.h"

#define DEFAULT  ((struct view_config){.utf8 = true})
#define LEVEL(n) ((struct view_config){.utf8 = true, .level = (n)})

#define TIMES " · up 12.3 s · last received 0.2 s ago, last sent 1.0 s ago\n"

static inline struct event make(enum event_kind kind)
{
    return (struct event){.kind = kind, .conn = 1, .at_us = 1234567};
}

/* What the view prints for the events, one after another. */
static inline void check_events(struct view_config config, const struct event *evs, size_t count,
                                const char *want)
{
    struct capture c;
    struct sink *sink;

    capture_open(&c);
    sink = human_new(&c.out, &config);
    assert_non_null(sink);
    for (size_t i = 0; i < count; i++)
        capture_emit(sink, &evs[i]);
    assert_string_equal(capture_take(&c), want);
    sink->free(sink);
    capture_close(&c);
}

static inline void check(struct view_config config, const struct event *ev, const char *want)
{
    check_events(config, ev, 1, want);
}

/* Shown from a level on, and not below it. */
static inline void check_from(int level, const struct event *ev, const char *want)
{
    for (int l = -1; l <= 3; l++)
        check(LEVEL(l), ev, l < level ? "" : want);
}

static inline struct event refusal(void)
{
    struct event ev = make(EVENT_RESPONSE);

    ev.response.status = 503;
    ev.response.raw = slice_str("HTTP/1.1 503 Unavailable\r\nServer: nginx\r\n\r\n");
    ev.response.body = slice_str("<html>\r\nno backend \x1B[2J\n</html>\n");
    ev.response.hint = "no healthy backend; try later";
    return ev;
}

static inline struct event request(void)
{
    struct event ev = make(EVENT_REQUEST);

    ev.request.raw = slice_str("GET /chat?room=1&token=abc HTTP/1.1\r\n"
                               "Host: example.com\r\n"
                               "Authorization:  Basic dTpw \r\n"
                               "cookie: a=b;\r\n"
                               "\tc=d\r\n"
                               "Origin: https://u:p@example.com\r\n"
                               "\r\n");
    return ev;
}

static inline struct event message(enum opcode type, const char *data, size_t n)
{
    struct event ev = make(EVENT_MESSAGE);

    ev.message = (struct event_message){
        .type = type, .data = slice_make(data, n), .final = true, .total = n};
    return ev;
}

static inline struct view_config repl(int columns)
{
    return (struct view_config){
        .utf8 = true, .tty = true, .messages = true, .pretty = true, .columns = columns};
}

static inline struct event closing(enum close_by by, enum close_how how, uint16_t code)
{
    struct event ev = make(EVENT_CLOSE);

    ev.close = (struct event_close){.by = by,
                                    .how = how,
                                    .code = code,
                                    .uptime_us = 12300000,
                                    .idle_in_us = 200000,
                                    .idle_out_us = 1000000,
                                    .hint = ""};
    return ev;
}

#endif
