#include "base/out.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* An empty queue frees what is allocated beyond this. */
#define QUEUE_KEEP ((size_t)4 * OUT_BLOCK)

/* A separate open file description of the pipe of fd, so that O_NONBLOCK affects no other process;
 * or -1: no /proc, or a pipe of another user. */
static int open_again(int fd)
{
    char path[sizeof "/proc/self/fd/" + 12];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

static void init_pipe(struct out *o, int flags)
{
    o->may_block = true;
    /* /proc must not allow what the descriptor itself does not: the write will fail. If O_NONBLOCK
     * is already set, there is nothing to protect. */
    if ((flags & O_ACCMODE) == O_RDONLY || (flags & O_NONBLOCK))
        return;
    o->owned = open_again(o->fd);
    if (o->owned >= 0)
        o->fd = o->owned;
    else
        o->pipe_buf = true;
}

void out_init(struct out *o, int fd, size_t limit)
{
    struct stat st;
    int flags;

    *o = (struct out){.fd = fd, .owned = -1, .block = OUT_BLOCK, .limit = limit};
    buf_init(&o->queue, SIZE_MAX);
    if (fd < 0)
        return;
    flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, &st) < 0)
        o->error = errno;
    else if (S_ISFIFO(st.st_mode))
        init_pipe(o, flags);
    else if (S_ISSOCK(st.st_mode))
        o->may_block = o->socket = true;
    else
        /* A terminal that another process made non-blocking stays so. */
        o->may_block = !S_ISREG(st.st_mode) && (flags & O_NONBLOCK);
    if (!o->may_block)
        o->block = OUT_WIDE;
}

void out_init_memory(struct out *o, size_t limit)
{
    *o = (struct out){.fd = -1, .owned = -1, .limit = limit, .memory = true};
    buf_init(&o->queue, SIZE_MAX);
}

void out_take(struct out *o, size_t n)
{
    buf_consume(&o->queue, n);
    buf_trim(&o->queue, QUEUE_KEEP);
    o->slow = o->queue.len > 0;
}

void out_clear(struct out *o)
{
    buf_clear(&o->queue);
    if (o->owned >= 0)
        close(o->owned);
    o->fd = o->owned = -1;
    o->offered = o->spare = 0;
    o->slow = false;
}

static int fail(struct out *o, int error)
{
    o->error = error;
    buf_clear(&o->queue);
    o->offered = o->spare = 0;
    /* No caller should wait for a descriptor that accepts nothing any longer. */
    o->slow = false;
    return -1;
}

/* Set what out_put may copy before it must ask again. */
static void set_spare(struct out *o)
{
    size_t room = o->queue.data ? buf_room(&o->queue) : 0;
    size_t gathered = o->queue.len - o->offered;
    size_t due = gathered < o->block ? o->block - gathered : 0;

    o->spare = room < due ? room : due;
}

static bool is_writable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    /* POLLERR and POLLHUP are included: the write reports what is wrong. */
    return poll(&p, 1, 0) > 0;
}

/* One write of the queue and the n bytes after it. Like write(2): the count, or -1 and errno.
 */
static ssize_t write_once(struct out *o, const uint8_t *data, size_t n)
{
    struct iovec parts[2];
    struct msghdr message = {.msg_iov = parts};
    int count = 0;
    size_t most = SIZE_MAX;
    size_t queued = o->queue.len;

    if (o->pipe_buf) {
        /* pipe(7): room for a page is what POLLOUT promises. */
        if (!is_writable(o->fd)) {
            errno = EAGAIN;
            return -1;
        }
        most = PIPE_BUF;
        queued = queued < most ? queued : most;
        n = n < most - queued ? n : most - queued;
    }
    if (queued > 0)
        parts[count++] = (struct iovec){buf_data(&o->queue), queued};
    if (n > 0)
        /* writev only reads, but its type does not say so. */
        parts[count++] = (struct iovec){(void *)(uintptr_t)data, n};
    if (!o->socket)
        return writev(o->fd, parts, count);
    message.msg_iovlen = (size_t)count;
    return sendmsg(o->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* A partial write means that a pipe or a socket is full; a file, or a pipe that is fed by the page,
 * can continue. */
static bool goes_on(const struct out *o)
{
    return !o->may_block || o->pipe_buf;
}

/* Write the queue and the n bytes after it, until all is written or the descriptor accepts no more.
 * *done: how many of the n bytes were written. 0, or -1 (o->error). */
static int write_all(struct out *o, const uint8_t *data, size_t n, size_t *done)
{
    size_t asked;
    size_t got;
    ssize_t rc;

    *done = 0;
    while (o->queue.len + (n - *done) > 0) {
        asked = o->queue.len + (n - *done);
        rc = write_once(o, data ? data + *done : NULL, n - *done);
        if (rc < 0 && errno == EINTR)
            continue;
        if (rc < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (rc <= 0)
            return fail(o, rc < 0 ? errno : EIO);
        got = (size_t)rc;
        if (got < o->queue.len) {
            buf_consume(&o->queue, got);
        } else {
            *done += got - o->queue.len;
            buf_reset(&o->queue);
        }
        if (got < asked && !goes_on(o))
            break;
    }
    o->slow = o->queue.len + (n - *done) > 0;
    o->offered = o->queue.len;
    if (!o->slow)
        buf_trim(&o->queue, QUEUE_KEEP);
    return 0;
}

static int write_and_keep(struct out *o, const uint8_t *data, size_t n)
{
    size_t done;

    if (write_all(o, data, n, &done) < 0)
        return -1;
    if (n > done && buf_append(&o->queue, data + done, n - done) < 0)
        return fail(o, ENOMEM);
    o->offered = o->queue.len;
    set_spare(o);
    return 0;
}

static int keep(struct out *o, const void *data, size_t n)
{
    if (n > 0 && buf_append(&o->queue, data, n) < 0)
        return fail(o, ENOMEM);
    o->slow = o->queue.len > 0;
    return 0;
}

int out_put_due(struct out *o, const void *data, size_t n)
{
    size_t gathered = o->queue.len - o->offered;

    if (o->error)
        return -1;
    if (o->memory)
        return keep(o, data, n);
    if (n == 0 || o->fd < 0)
        return 0;
    /* If memory is short, the bytes are written at once instead. */
    if (n >= OUT_LARGE || gathered + n > o->block || !buf_reserve(&o->queue, o->block - gathered))
        return write_and_keep(o, data, n);
    set_spare(o);
    memcpy(buf_data(&o->queue) + o->queue.len, data, n);
    buf_filled(&o->queue, n);
    o->spare -= n;
    return 0;
}

int out_put_ended_due(struct out *o, const void *data, size_t n, char end)
{
    return out_put(o, data, n) < 0 ? -1 : out_put(o, &end, 1);
}

int out_flush(struct out *o)
{
    if (o->error)
        return -1;
    if (!o->memory && o->queue.len > 0 && write_and_keep(o, NULL, 0) < 0)
        return -1;
    return o->queue.len > 0;
}

int out_drain(struct out *o, int timeout_ms)
{
    uint64_t end = clock_mono_us() + (timeout_ms > 0 ? (uint64_t)timeout_ms * 1000 : 0);
    uint64_t now;
    int wait_ms = -1;
    struct pollfd p = {.fd = o->fd, .events = POLLOUT};
    int rc;

    for (;;) {
        rc = out_flush(o);
        if (rc != 1)
            return rc;
        if (timeout_ms >= 0) {
            now = clock_mono_us();
            if (now >= end)
                return 1;
            /* Rounded up: a wait of no milliseconds would spin through the last of the time. */
            wait_ms = (int)((end - now + 999) / 1000);
        }
        if (poll(&p, 1, wait_ms) < 0 && errno != EINTR)
            return fail(o, errno);
    }
}
