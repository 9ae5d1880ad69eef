/*
 * floor_conn: what the floor's workloads stand on: a blocking socket, with TLS or without, on which
 * the upgrade to a WebSocket is done. What fails ends the program.
 */
#ifndef BENCH_FLOOR_CONN_H
#define BENCH_FLOOR_CONN_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK ((size_t)256 * 1024)

struct conn {
    int fd;
    SSL *ssl; /* or NULL */
    uint8_t *in;
    size_t have; /* bytes at the start of `in` */
    uint8_t *out;
    size_t queued; /* bytes in `out` */
    uint8_t *keys;
    size_t keys_left, keys_made;
};

__attribute__((noreturn)) void die(const char *what);
void *allocate(size_t n);

void conn_open(struct conn *c, const char *host, const char *port, const char *path, bool tls,
               bool deflate);
void conn_close(struct conn *c);

/* At least one byte, as many as there are; 0 at the end. */
size_t conn_get(struct conn *c, uint8_t *to, size_t room);
void conn_put(struct conn *c, const uint8_t *bytes, size_t n);

/* To standard output. */
void print(const void *bytes, size_t n);

#endif
