/*
 * floor: the least a WebSocket client can do and still do the work, to hold wscope against. Plain C
 * on blocking sockets, for well-behaved servers only: nothing is validated, nothing is reported, no
 * event loop, no limits. It shares no code with wscope.
 *
 *     floor receive|inflate|send|pingpong|start HOST PORT PATH [tls]
 *
 * receive   each message and a newline to standard output: 256 KiB reads, headers parsed in place,
 *           one writev a read (several where IOV_MAX asks for them)
 * inflate   the same behind permessage-deflate
 * send      each line of standard input as a text message: framed and masked in blocks of 256 KiB,
 *           one write a block
 * pingpong  lines to messages and messages to lines, each as soon as it is there
 * start     one line, its echo, the closing handshake
 */
#include <limits.h>
#include <openssl/rand.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>

#include "floor_conn.h"

#define HEADER_MAX 14
#define KEYS       65536

struct header {
    unsigned opcode;
    bool fin;
    uint64_t length;
};

/* --- printing -----------------------------------------------------------------------------------
 */

/* What waits to be printed together. */
struct batch {
    struct iovec iov[IOV_MAX];
    int count;
    size_t bytes;
};

static void print_batch(struct batch *b)
{
    struct iovec *iov = b->iov;

    while (b->bytes > 0) {
        ssize_t k = writev(STDOUT_FILENO, iov, b->count);

        if (k < 0)
            die("can't write to standard output");
        b->bytes -= (size_t)k;
        while (b->count > 0 && (size_t)k >= iov->iov_len) {
            k -= (ssize_t)iov->iov_len;
            iov++;
            b->count--;
        }
        if (b->count > 0) {
            iov->iov_base = (char *)iov->iov_base + k;
            iov->iov_len -= (size_t)k;
        }
    }
    b->count = 0;
}

static inline void add(struct batch *b, void *bytes, size_t n)
{
    if (b->count == IOV_MAX)
        print_batch(b);
    b->iov[b->count].iov_base = bytes;
    b->iov[b->count].iov_len = n;
    b->count++;
    b->bytes += n;
}

/* --- frames -------------------------------------------------------------------------------------
 */

/* The header of a server's frame: its size, or 0 if there is not enough of it. */
static inline size_t parse(struct header *h, const uint8_t *p, size_t n)
{
    if (n < 2)
        return 0;
    h->opcode = p[0] & 15;
    h->fin = p[0] >> 7;
    h->length = p[1] & 127;
    if (h->length < 126)
        return 2;
    if (h->length == 126) {
        if (n < 4)
            return 0;
        h->length = (uint64_t)p[2] << 8 | p[3];
        return 4;
    }
    if (n < 10)
        return 0;
    h->length = 0;
    for (int i = 2; i < 10; i++)
        h->length = h->length << 8 | p[i];
    return 10;
}

/* The first few from the kernel, so that one line does not cost OpenSSL's start. */
static void draw_keys(struct conn *c)
{
    bool drawn;

    if (!c->keys) {
        c->keys = allocate(KEYS);
        c->keys_made = 64;
        drawn = getrandom(c->keys, 64, 0) == 64;
    } else {
        c->keys_made = KEYS;
        drawn = RAND_bytes(c->keys, KEYS) == 1;
    }
    if (!drawn)
        die("no random numbers");
    c->keys_left = c->keys_made;
}

/* Fresh for each frame and not to be guessed, as any client's must be; drawn many at a time. */
static inline void draw_key(struct conn *c, uint8_t key[4])
{
    if (c->keys_left == 0)
        draw_keys(c);
    memcpy(key, c->keys + (c->keys_made - c->keys_left), 4);
    c->keys_left -= 4;
}

static inline void mask(uint8_t *to, const uint8_t *from, size_t n, const uint8_t key[4])
{
    uint32_t key4;
    uint64_t key8, word;
    size_t i = 0;

    memcpy(&key4, key, 4);
    key8 = (uint64_t)key4 << 32 | key4;
    for (; i + 8 <= n; i += 8) {
        memcpy(&word, from + i, 8);
        word ^= key8;
        memcpy(to + i, &word, 8);
    }
    for (; i < n; i++)
        to[i] = from[i] ^ key[i & 3];
}

static void flush(struct conn *c)
{
    conn_put(c, c->out, c->queued);
    c->queued = 0;
}

static inline void queue(struct conn *c, unsigned opcode, const uint8_t *payload, size_t n)
{
    uint8_t *to;
    size_t size = 2;

    if (c->queued + n + HEADER_MAX > BLOCK)
        flush(c);
    to = c->out + c->queued;
    to[0] = (uint8_t)(0x80 | opcode);
    if (n < 126) {
        to[1] = (uint8_t)(0x80 | n);
    } else if (n < 65536) {
        to[1] = 0x80 | 126;
        to[2] = (uint8_t)(n >> 8);
        to[3] = (uint8_t)n;
        size = 4;
    } else {
        to[1] = 0x80 | 127;
        for (int i = 0; i < 8; i++)
            to[2 + i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
        size = 10;
    }
    draw_key(c, to + size);
    mask(to + size + 4, payload, n, to + size);
    c->queued += size + 4 + n;
}

static void say_close(struct conn *c)
{
    static const uint8_t normal[] = {1000 >> 8, 1000 & 0xFF};

    queue(c, 8, normal, sizeof normal);
    flush(c);
}

static void wait_for_end(struct conn *c)
{
    while (conn_get(c, c->in, BLOCK) > 0)
        ;
}

/* --- the work -----------------------------------------------------------------------------------
 */

/* Everything that can be taken of the bytes there are. False at the peer's Close. */
static bool take(struct conn *c, struct batch *b, struct header *h, uint64_t *left)
{
    static char newline[] = "\n";
    size_t at = 0, size, n;
    bool open = true;

    for (;;) {
        if (*left == 0) {
            size = parse(h, c->in + at, c->have - at);
            if (size == 0)
                break;
            at += size;
            if (h->opcode == 8) {
                open = false;
                break;
            }
            *left = h->length;
        }
        n = c->have - at < *left ? c->have - at : (size_t)*left;
        add(b, c->in + at, n);
        at += n;
        *left -= n;
        if (*left > 0)
            break;
        if (h->fin)
            add(b, newline, 1);
    }
    print_batch(b);
    c->have -= at;
    memmove(c->in, c->in + at, c->have);
    return open;
}

static void receive(struct conn *c)
{
    struct batch *b = allocate(sizeof *b);
    struct header h = {0};
    uint64_t left = 0;
    size_t got;

    b->count = 0;
    b->bytes = 0;
    while (take(c, b, &h, &left) && (got = conn_get(c, c->in + c->have, BLOCK)) > 0)
        c->have += got;
    say_close(c);
    wait_for_end(c);
    free(b);
}

static void inflate_piece(z_stream *z, const uint8_t *bytes, size_t n, uint8_t *out)
{
    z->next_in = (z_const Bytef *)bytes;
    z->avail_in = (uInt)n;
    for (;;) {
        int r = inflate(z, Z_SYNC_FLUSH);

        if (r != Z_OK && r != Z_BUF_ERROR)
            die("what came can't be inflated");
        if (z->avail_out > 0)
            break;
        print(out, BLOCK);
        z->next_out = out;
        z->avail_out = BLOCK;
    }
}

/* The same as take and receive. */
static void receive_deflated(struct conn *c)
{
    static const uint8_t tail[] = {0, 0, 0xFF, 0xFF};
    uint8_t *out = allocate(BLOCK);
    z_stream z = {0};
    struct header h = {0};
    uint64_t left = 0;
    size_t got, at, size, n;
    bool open = true;

    if (inflateInit2(&z, -15) != Z_OK)
        die("out of memory");
    z.next_out = out;
    z.avail_out = BLOCK;
    while (open) {
        for (at = 0;;) {
            if (left == 0) {
                size = parse(&h, c->in + at, c->have - at);
                if (size == 0)
                    break;
                at += size;
                open = h.opcode != 8;
                if (!open)
                    break;
                left = h.length;
            }
            n = c->have - at < left ? c->have - at : (size_t)left;
            inflate_piece(&z, c->in + at, n, out);
            at += n;
            left -= n;
            if (left > 0)
                break;
            if (h.fin) {
                inflate_piece(&z, tail, sizeof tail, out);
                *z.next_out++ = '\n';
                if (--z.avail_out == 0) {
                    print(out, BLOCK);
                    z.next_out = out;
                    z.avail_out = BLOCK;
                }
            }
        }
        print(out, BLOCK - z.avail_out);
        z.next_out = out;
        z.avail_out = BLOCK;
        c->have -= at;
        memmove(c->in, c->in + at, c->have);
        got = open ? conn_get(c, c->in + c->have, BLOCK) : 0;
        open = got > 0;
        c->have += got;
    }
    inflateEnd(&z);
    say_close(c);
    wait_for_end(c);
    free(out);
}

/* The whole lines among the n bytes as messages; what follows the last goes to the front. */
static size_t send_lines(struct conn *c, uint8_t *lines, size_t n)
{
    uint8_t *from = lines, *end = lines + n, *newline;

    while ((newline = memchr(from, '\n', (size_t)(end - from))) != NULL) {
        queue(c, 1, from, (size_t)(newline - from));
        from = newline + 1;
    }
    n = (size_t)(end - from);
    memmove(lines, from, n);
    return n;
}

static void send_input(struct conn *c)
{
    uint8_t *lines = allocate(2 * BLOCK);
    size_t have = 0;
    ssize_t got;

    while ((got = read(STDIN_FILENO, lines + have, BLOCK)) > 0) {
        have = send_lines(c, lines, have + (size_t)got);
        flush(c);
        if (have > BLOCK / 2)
            die("a line is too long");
    }
    if (have > 0)
        queue(c, 1, lines, have);
    say_close(c);
    wait_for_end(c);
    free(lines);
}

static void pingpong(struct conn *c)
{
    struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = c->fd, .events = POLLIN}};
    struct batch *b = allocate(sizeof *b);
    uint8_t *lines = allocate(2 * BLOCK);
    struct header h = {0};
    uint64_t left = 0;
    size_t have = 0;

    b->count = 0;
    b->bytes = 0;
    for (;;) {
        if (poll(fds, 2, -1) < 0)
            die("poll failed");
        if (fds[0].revents) {
            ssize_t got = read(STDIN_FILENO, lines + have, BLOCK);

            if (got <= 0)
                break;
            have = send_lines(c, lines, have + (size_t)got);
            flush(c);
        }
        if (fds[1].revents) {
            size_t got = conn_get(c, c->in + c->have, BLOCK);

            c->have += got;
            if (got == 0 || !take(c, b, &h, &left))
                break;
        }
    }
    say_close(c);
    wait_for_end(c);
    free(lines);
    free(b);
}

/* Send what standard input gives at once, print the first message that comes. */
static void one_line(struct conn *c)
{
    char line[4096];
    ssize_t n = read(STDIN_FILENO, line, sizeof line);
    struct header h = {0};
    size_t size = 0, got;

    if (n <= 0)
        die("no line to send");
    queue(c, 1, (const uint8_t *)line, (size_t)n - (line[n - 1] == '\n'));
    flush(c);
    while ((size == 0 || c->have < size + h.length) &&
           (got = conn_get(c, c->in + c->have, BLOCK)) > 0) {
        c->have += got;
        size = parse(&h, c->in, c->have);
    }
    if (size == 0 || c->have < size + h.length)
        die("no echo");
    c->in[size + h.length] = '\n';
    print(c->in + size, (size_t)h.length + 1);
    say_close(c);
    wait_for_end(c);
}

int main(int argc, char **argv)
{
    struct conn c = {0};
    const char *mode;

    if (argc < 5)
        die("usage: floor receive|inflate|send|pingpong|start HOST PORT PATH [tls]");
    mode = argv[1];
    conn_open(&c, argv[2], argv[3], argv[4], argc > 5, strcmp(mode, "inflate") == 0);
    if (strcmp(mode, "receive") == 0)
        receive(&c);
    else if (strcmp(mode, "inflate") == 0)
        receive_deflated(&c);
    else if (strcmp(mode, "send") == 0)
        send_input(&c);
    else if (strcmp(mode, "pingpong") == 0)
        pingpong(&c);
    else
        one_line(&c);
    conn_close(&c);
    return 0;
}
