#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "base/out.h"

#define LIMIT ((size_t)1 << 20)

/* The byte that stands at an offset of the stream: a cycle that no block size divides. */
static uint8_t byte_at(size_t offset)
{
    return (uint8_t)(offset % 251);
}

static void put_stream(struct out *o, size_t from, size_t n, int result)
{
    uint8_t *bytes = malloc(n + 1);

    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = byte_at(from + i);
    assert_int_equal(out_put(o, bytes, n), result);
    free(bytes);
}

/* Read what is there, at most `most` bytes, and check it against the stream at `from`. */
static size_t read_stream(int fd, size_t from, size_t most)
{
    static uint8_t bytes[65536];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    size_t done = 0;
    ssize_t n;

    while (done < most && poll(&p, 1, 0) > 0) {
        n = read(fd, bytes, most - done < sizeof bytes ? most - done : sizeof bytes);
        if (n <= 0)
            break;
        for (ssize_t i = 0; i < n; i++)
            assert_int_equal(bytes[i], byte_at(from + done + (size_t)i));
        done += (size_t)n;
    }
    return done;
}

static int flags_of(int fd)
{
    return fcntl(fd, F_GETFL);
}

static void make_pipe(int fds[2])
{
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
}

static void close_both(const int fds[2])
{
    close(fds[0]);
    close(fds[1]);
}

static void out_gathers_small_pieces_until_they_are_flushed(void **state)
{
    struct out o;
    int fds[2];

    (void)state;
    make_pipe(fds);
    out_init(&o, fds[1], LIMIT);
    put_stream(&o, 0, 10, 0);
    put_stream(&o, 10, 0, 0);
    put_stream(&o, 10, 23, 0);
    assert_int_equal(read_stream(fds[0], 0, 100), 0);
    assert_int_equal(out_queued(&o), 33);
    assert_false(out_full(&o));
    assert_int_equal(out_flush(&o), 0);
    assert_int_equal(out_queued(&o), 0);
    assert_int_equal(read_stream(fds[0], 0, 100), 33);
    assert_int_equal(out_flush(&o), 0);
    out_clear(&o);
    close_both(fds);
}

static void out_writes_when_a_block_is_full(void **state)
{
    struct out o;
    int fds[2];
    size_t put = 0;

    (void)state;
    make_pipe(fds);
    out_init(&o, fds[1], LIMIT);
    while (put + 1000 <= OUT_BLOCK) {
        put_stream(&o, put, 1000, 0);
        put += 1000;
    }
    assert_int_equal(read_stream(fds[0], 0, LIMIT), 0);
    put_stream(&o, put, 1000, 0);
    put += 1000;
    assert_int_equal(read_stream(fds[0], 0, LIMIT) + out_queued(&o), put);
    assert_true(out_queued(&o) < 2000);
    out_clear(&o);
    close_both(fds);
}

static void out_writes_a_large_piece_at_once_after_what_is_queued(void **state)
{
    struct out o;
    int fds[2];

    (void)state;
    make_pipe(fds);
    out_init(&o, fds[1], LIMIT);
    put_stream(&o, 0, 100, 0);
    put_stream(&o, 100, OUT_LARGE, 0);
    assert_int_equal(out_queued(&o), 0);
    assert_int_equal(read_stream(fds[0], 0, LIMIT), 100 + OUT_LARGE);
    out_clear(&o);
    close_both(fds);
}

/* Whether or not a description of our own can be had: fill the pipe, then let the reader take it
 * in odd portions, with more put meanwhile. Nothing is lost, doubled or out of order. */
static void run_slow_reader(struct out *o, int reader)
{
    static const size_t pieces[] = {1, 33, 4096, 100000, 7, 16384, 65536, 500, 70000};
    size_t put = 0;
    size_t got = 0;
    size_t i = 0;
    int rc;

    for (; !out_full(o); i++) {
        put_stream(o, put, pieces[i % 9], 0);
        put += pieces[i % 9];
    }
    assert_true(out_queued(o) >= o->limit);
    assert_true(out_queued(o) < o->limit + 2 * o->block + 100000);
    assert_int_equal(out_flush(o), 1);
    for (; got < put; i++) {
        got += read_stream(reader, got, pieces[i % 9]);
        if (i % 4 == 0 && put < 3000000) {
            put_stream(o, put, pieces[(i + 3) % 9], 0);
            put += pieces[(i + 3) % 9];
        }
        rc = out_flush(o);
        assert_int_equal(rc, out_queued(o) > 0);
    }
    assert_int_equal(got, put);
    assert_int_equal(out_queued(o), 0);
    assert_false(out_full(o));
}

static void out_never_blocks_on_a_pipe_whose_reader_is_slow(void **state)
{
    struct out o;
    int fds[2];

    (void)state;
    make_pipe(fds);
    out_init(&o, fds[1], LIMIT);
    assert_true(o.may_block);
    run_slow_reader(&o, fds[0]);
    out_clear(&o);
    close_both(fds);
}

static void out_never_blocks_on_a_pipe_it_could_not_open_again(void **state)
{
    struct out o;
    int fds[2];

    (void)state;
    make_pipe(fds);
    out_init(&o, fds[1], LIMIT);
    /* As out_init leaves it where there is no /proc. */
    if (o.owned >= 0)
        close(o.owned);
    o.owned = -1;
    o.fd = fds[1];
    o.pipe_buf = true;
    assert_false(flags_of(fds[1]) & O_NONBLOCK);
    run_slow_reader(&o, fds[0]);
    out_clear(&o);
    close_both(fds);
}

static void out_never_blocks_on_a_socket(void **state)
{
    struct out o;
    int fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    out_init(&o, fds[1], LIMIT);
    run_slow_reader(&o, fds[0]);
    assert_false(flags_of(fds[1]) & O_NONBLOCK);
    out_clear(&o);
    close_both(fds);
}

static void out_uses_a_pipe_that_is_non_blocking_already_as_it_is(void **state)
{
    struct out o;
    int fds[2];

    (void)state;
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    out_init(&o, fds[1], LIMIT);
    assert_int_equal(o.fd, fds[1]);
    assert_int_equal(o.owned, -1);
    run_slow_reader(&o, fds[0]);
    out_clear(&o);
    assert_true(flags_of(fds[1]) & O_NONBLOCK);
    close_both(fds);
}

static void out_leaves_the_descriptor_as_it_was_found(void **state)
{
    struct out o;
    int fds[2];
    int shared;
    int before;

    (void)state;
    make_pipe(fds);
    shared = dup(fds[1]);
    before = flags_of(fds[1]);
    out_init(&o, fds[1], LIMIT);
    put_stream(&o, 0, 200000, 0);
    assert_int_equal(flags_of(fds[1]), before);
    assert_int_equal(flags_of(shared), before);
    if (o.owned >= 0)
        assert_true(fcntl(o.owned, F_GETFD) & FD_CLOEXEC);
    out_clear(&o);
    assert_int_equal(flags_of(fds[1]), before);
    assert_int_equal(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
    /* Only our description was closed: the reader sees the end once the others are. */
    read_stream(fds[0], 0, LIMIT);
    close(shared);
    close(fds[1]);
    assert_int_equal(read(fds[0], &(char){0}, 1), 0);
    close(fds[0]);
}

static void out_to_a_reader_that_has_gone_is_epipe(void **state)
{
    struct out o;
    int fds[2];

    (void)state;
    make_pipe(fds);
    out_init(&o, fds[1], LIMIT);
    put_stream(&o, 0, 10, 0);
    close(fds[0]);
    assert_int_equal(out_flush(&o), -1);
    assert_int_equal(o.error, EPIPE);
    put_stream(&o, 10, 10, -1);
    put_stream(&o, 10, OUT_LARGE, -1);
    assert_int_equal(out_queued(&o), 0);
    assert_false(out_full(&o));
    assert_int_equal(out_flush(&o), -1);
    assert_int_equal(out_drain(&o, -1), -1);
    out_clear(&o);
    close(fds[1]);

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    out_init(&o, fds[1], LIMIT);
    close(fds[0]);
    put_stream(&o, 0, OUT_LARGE, -1);
    assert_int_equal(o.error, EPIPE);
    out_clear(&o);
    close(fds[1]);
}

static void out_begun_after_the_reader_has_gone_is_epipe(void **state)
{
    struct out o;
    int fds[2];

    (void)state;
    make_pipe(fds);
    close(fds[0]);
    out_init(&o, fds[1], LIMIT);
    put_stream(&o, 0, 10, 0);
    assert_int_equal(out_flush(&o), -1);
    assert_int_equal(o.error, EPIPE);
    out_clear(&o);
    close(fds[1]);
}

static void out_to_a_full_disk_is_enospc(void **state)
{
    struct out o;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

    (void)state;
    if (fd < 0)
        skip();
    out_init(&o, fd, LIMIT);
    put_stream(&o, 0, 33, 0);
    assert_int_equal(out_flush(&o), -1);
    assert_int_equal(o.error, ENOSPC);
    put_stream(&o, 33, 33, -1);
    out_clear(&o);
    close(fd);
}

static void out_to_a_closed_or_read_only_descriptor_is_ebadf(void **state)
{
    struct out o;
    int fds[2];

    (void)state;
    make_pipe(fds);
    out_init(&o, fds[0], LIMIT);
    assert_int_equal(o.owned, -1);
    put_stream(&o, 0, OUT_LARGE, -1);
    assert_int_equal(o.error, EBADF);
    out_clear(&o);
    close_both(fds);

    out_init(&o, fds[1], LIMIT);
    assert_int_equal(o.error, EBADF);
    put_stream(&o, 0, 1, -1);
    assert_int_equal(out_flush(&o), -1);
    out_clear(&o);
}

static void out_to_nowhere_throws_everything_away(void **state)
{
    struct out o;

    (void)state;
    out_init(&o, -1, LIMIT);
    for (int i = 0; i < 100; i++)
        put_stream(&o, 0, 100000, 0);
    put_stream(&o, 0, 3, 0);
    assert_int_equal(out_queued(&o), 0);
    assert_int_equal(out_flush(&o), 0);
    assert_int_equal(out_drain(&o, 0), 0);
    assert_null(o.queue.data);
    out_clear(&o);
}

static void out_to_a_file_is_never_full(void **state)
{
    struct out o;
    FILE *file = tmpfile();
    size_t put = 0;

    (void)state;
    assert_non_null(file);
    /* A limit below the block: what is gathered is not what a slow reader leaves. */
    out_init(&o, fileno(file), 100);
    assert_false(o.may_block);
    for (size_t n = 1; put < 1000000; n = n * 7 % 40009) {
        put_stream(&o, put, n, 0);
        put += n;
        assert_false(out_full(&o));
        assert_true(out_queued(&o) <= OUT_WIDE);
    }
    out_clear(&o);
    fclose(file);
}

static void out_put_ended_puts_a_byte_after_each_piece(void **state)
{
    static char want[400000], got[sizeof want], piece[40009];
    struct out o;
    FILE *file = tmpfile();
    size_t put = 0;

    (void)state;
    assert_non_null(file);
    out_init(&o, fileno(file), LIMIT);
    memset(piece, 'p', sizeof piece);
    for (size_t n = 0; put + n < sizeof want; n = (n + 1) * 7 % sizeof piece) {
        memset(want + put, 'p', n);
        want[put + n] = '\n';
        assert_int_equal(out_put_ended(&o, piece, n, '\n'), 0);
        put += n + 1;
    }
    assert_int_equal(out_flush(&o), 0);
    assert_int_equal(pread(fileno(file), got, sizeof got, 0), (ssize_t)put);
    assert_memory_equal(got, want, put);
    out_clear(&o);
    fclose(file);
}

static void out_to_a_file_writes_the_whole_stream(void **state)
{
    struct out o;
    FILE *file = tmpfile();
    size_t put = 0;

    (void)state;
    assert_non_null(file);
    out_init(&o, fileno(file), LIMIT);
    for (size_t n = 1; put < 1000000; n = n * 7 % 40009) {
        put_stream(&o, put, n, 0);
        put += n;
    }
    assert_int_equal(out_flush(&o), 0);
    assert_int_equal(lseek(fileno(file), 0, SEEK_END), (off_t)put);
    assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
    assert_int_equal(read_stream(fileno(file), 0, SIZE_MAX), put);
    out_clear(&o);
    fclose(file);
}

static void out_to_a_terminal_is_written_directly(void **state)
{
    struct out o;
    char bytes[16];
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    int slave;
    int before;

    (void)state;
    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
        skip();
    slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(slave >= 0);
    before = flags_of(slave);
    out_init(&o, slave, LIMIT);
    assert_false(o.may_block);
    assert_int_equal(o.owned, -1);
    assert_int_equal(out_put(&o, "hello", 5), 0);
    assert_int_equal(out_flush(&o), 0);
    assert_int_equal(read(master, bytes, sizeof bytes), 5);
    assert_memory_equal(bytes, "hello", 5);
    assert_int_equal(flags_of(slave), before);
    out_clear(&o);
    close(slave);
    close(master);
}

static void out_drain_gives_up_when_the_time_is_up(void **state)
{
    struct out o;
    int fds[2];

    (void)state;
    make_pipe(fds);
    out_init(&o, fds[1], LIMIT);
    put_stream(&o, 0, 300000, 0);
    assert_true(out_queued(&o) > 0);
    assert_int_equal(out_drain(&o, 0), 1);
    assert_int_equal(out_drain(&o, 2), 1);
    read_stream(fds[0], 0, 150000);
    assert_int_equal(out_drain(&o, 0), 1);
    out_clear(&o);
    close_both(fds);
}

static void out_drain_waits_for_a_reader(void **state)
{
    struct out o;
    int fds[2];
    pid_t child;
    int status;
    size_t got = 0;
    size_t n;
    struct pollfd p;

    (void)state;
    make_pipe(fds);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(fds[0]);
        out_init(&o, fds[1], LIMIT);
        put_stream(&o, 0, 700000, 0);
        _exit(out_drain(&o, -1) == 0 && out_queued(&o) == 0 ? 0 : 1);
    }
    close(fds[1]);
    p = (struct pollfd){.fd = fds[0], .events = POLLIN};
    while (poll(&p, 1, 10000) > 0 && (n = read_stream(fds[0], got, SIZE_MAX)) > 0)
        got += n;
    assert_int_equal(got, 700000);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(fds[0]);
}

static void out_gives_memory_back_when_a_slow_reader_has_caught_up(void **state)
{
    struct out o;
    int fds[2];
    size_t got = 0;

    (void)state;
    make_pipe(fds);
    out_init(&o, fds[1], LIMIT);
    put_stream(&o, 0, 5000000, 0);
    assert_true(o.queue.cap > 4000000);
    while (got < 5000000) {
        got += read_stream(fds[0], got, SIZE_MAX);
        out_flush(&o);
    }
    assert_true(o.queue.cap <= 4 * OUT_BLOCK);
    put_stream(&o, 0, 33, 0);
    assert_int_equal(out_flush(&o), 0);
    assert_int_equal(read_stream(fds[0], 0, 100), 33);
    out_clear(&o);
    close_both(fds);
}

static void put_or_fail(void)
{
    static const uint8_t bytes[200000];
    struct out o;
    int fds[2];
    int rc = 0;

    make_pipe(fds);
    out_init(&o, fds[1], LIMIT);
    for (int i = 0; i < 5 && rc == 0; i++)
        rc = out_put(&o, bytes, i % 2 ? sizeof bytes : 100);
    if (rc < 0)
        assert_int_equal(o.error, ENOMEM);
    else
        assert_true(out_flush(&o) >= 0);
    out_clear(&o);
    close_both(fds);
}

static void out_without_memory_fails_or_writes_at_once(void **state)
{
    (void)state;
    ALLOC_EACH(put_or_fail());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_gathers_small_pieces_until_they_are_flushed),
        cmocka_unit_test(out_writes_when_a_block_is_full),
        cmocka_unit_test(out_writes_a_large_piece_at_once_after_what_is_queued),
        cmocka_unit_test(out_never_blocks_on_a_pipe_whose_reader_is_slow),
        cmocka_unit_test(out_never_blocks_on_a_pipe_it_could_not_open_again),
        cmocka_unit_test(out_never_blocks_on_a_socket),
        cmocka_unit_test(out_uses_a_pipe_that_is_non_blocking_already_as_it_is),
        cmocka_unit_test(out_leaves_the_descriptor_as_it_was_found),
        cmocka_unit_test(out_to_a_reader_that_has_gone_is_epipe),
        cmocka_unit_test(out_begun_after_the_reader_has_gone_is_epipe),
        cmocka_unit_test(out_to_a_full_disk_is_enospc),
        cmocka_unit_test(out_to_a_closed_or_read_only_descriptor_is_ebadf),
        cmocka_unit_test(out_to_nowhere_throws_everything_away),
        cmocka_unit_test(out_to_a_file_is_never_full),
        cmocka_unit_test(out_put_ended_puts_a_byte_after_each_piece),
        cmocka_unit_test(out_to_a_file_writes_the_whole_stream),
        cmocka_unit_test(out_to_a_terminal_is_written_directly),
        cmocka_unit_test(out_drain_gives_up_when_the_time_is_up),
        cmocka_unit_test(out_drain_waits_for_a_reader),
        cmocka_unit_test(out_gives_memory_back_when_a_slow_reader_has_caught_up),
        cmocka_unit_test(out_without_memory_fails_or_writes_at_once),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
