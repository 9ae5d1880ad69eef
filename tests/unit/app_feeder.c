#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/feeder.h"

/* A session of the test: it takes `room` messages, then answers `then`. */
struct session {
    struct buf sent; /* each message as "[text]" */
    size_t room;
    int then;
};

static int take(struct session *s, struct slice data)
{
    if (s->room == 0)
        return s->then;
    s->room--;
    buf_append_str(&s->sent, "[");
    buf_append(&s->sent, data.data, data.len);
    buf_append_str(&s->sent, "]");
    return 0;
}

int session_send(struct session *s, enum opcode type, struct slice data, bool first, bool final)
{
    (void)type, (void)first, (void) final;
    return take(s, data);
}

int session_send_all(struct session *s, enum opcode type, const struct slice *messages,
                     size_t count, size_t *sent)
{
    int r = 0;

    (void)type;
    for (*sent = 0; *sent < count && (r = take(s, messages[*sent])) == 0; ++*sent)
        ;
    return r;
}

bool session_speaks(const struct session *s)
{
    (void)s;
    return false;
}

int session_encode(struct session *s, enum decode_input input, struct slice line, struct err *e)
{
    (void)s;
    (void)input;
    (void)line;
    (void)e;
    fail();
    return 0;
}

bool session_takes(const struct session *s)
{
    (void)s;
    return true;
}

bool session_full(const struct session *s)
{
    (void)s;
    return false;
}

struct run {
    uv_loop_t loop;
    struct pipe_options options;
    struct session session;
    struct feeder feeder;
    unsigned finished, failed;
    struct err error;
};

static void on_finished(void *ctx)
{
    ((struct run *)ctx)->finished++;
}

static void on_failed(void *ctx, const struct err *e)
{
    struct run *r = ctx;

    r->failed++;
    r->error = *e;
}

/* Feed the text from a standard input, or from -e. */
static void start(struct run *r, const char *text, bool argument, size_t room, int then)
{
    const struct feeder_hooks hooks = {on_finished, on_failed, r};
    const char *sends[] = {text};
    char name[] = "/tmp/wscope-feeder.XXXXXX";
    int fd = mkstemp(name);

    assert_true(fd >= 0);
    unlink(name);
    if (!argument)
        assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_true(dup2(fd, STDIN_FILENO) >= 0);
    close(fd);
    *r = (struct run){.session = {.room = room, .then = then}};
    buf_init(&r->session.sent, 4096);
    if (argument) {
        r->options.sends = sends;
        r->options.send_count = 1;
    }
    assert_int_equal(uv_loop_init(&r->loop), 0);
    feeder_init(&r->feeder, &r->loop, &r->options, &r->session, &hooks);
    feeder_pump(&r->feeder);
    for (int turns = 0; turns < 20; turns++)
        uv_run(&r->loop, UV_RUN_NOWAIT);
}

static void expect_sent(const struct run *r, const char *expected)
{
    assert_true(slice_is(buf_slice(&r->session.sent), expected));
}

static void stop(struct run *r)
{
    feeder_close(&r->feeder);
    feeder_clear(&r->feeder);
    buf_clear(&r->session.sent);
    uv_run(&r->loop, UV_RUN_NOWAIT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
}

static void a_line_that_cannot_be_queued_ends_the_input_with_an_error(void **state)
{
    struct run r;

    (void)state;
    start(&r, "a\nb\nc\nd\n", false, 2, SEND_FAILED);
    expect_sent(&r, "[a][b]");
    assert_int_equal(r.failed, 1);
    assert_int_equal(r.finished, 0);
    assert_int_equal(r.error.code, EXIT_OTHER);
    assert_string_equal(r.error.text, "out of memory while sending a message");
    r.session.room = 10;
    feeder_pump(&r.feeder); /* no part of the input is sent twice, or after the failure */
    expect_sent(&r, "[a][b]");
    assert_int_equal(r.failed, 1);
    stop(&r);
}

static void a_text_that_cannot_be_queued_is_an_error_too(void **state)
{
    struct run r;

    (void)state;
    start(&r, "hello", true, 0, SEND_FAILED);
    expect_sent(&r, "");
    assert_int_equal(r.failed, 1);
    stop(&r);
}

static void lines_that_were_queued_are_not_sent_again_after_a_rest(void **state)
{
    struct run r;

    (void)state;
    start(&r, "a\nb\nc\nd\n", false, 2, SEND_CLOSED);
    expect_sent(&r, "[a][b]");
    assert_int_equal(r.failed, 0);
    r.session.room = 10;
    feeder_pump(&r.feeder);
    for (int turns = 0; turns < 20; turns++)
        uv_run(&r.loop, UV_RUN_NOWAIT);
    expect_sent(&r, "[a][b][c][d]");
    assert_int_equal(r.finished, 1);
    stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_that_cannot_be_queued_ends_the_input_with_an_error),
        cmocka_unit_test(a_text_that_cannot_be_queued_is_an_error_too),
        cmocka_unit_test(lines_that_were_queued_are_not_sent_again_after_a_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
