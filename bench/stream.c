#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MIB ((size_t)1024 * 1024)

/* A generator good enough that nothing repeats early, and the same at every run. */
static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static size_t put_header(uint8_t *to, unsigned first, uint64_t length)
{
    to[0] = (uint8_t)first;
    if (length < 126) {
        to[1] = (uint8_t)length;
        return 2;
    }
    if (length < 65536) {
        to[1] = 126;
        to[2] = (uint8_t)(length >> 8);
        to[3] = (uint8_t)length;
        return 4;
    }
    to[1] = 127;
    for (int i = 0; i < 8; i++)
        to[2 + i] = (uint8_t)(length >> (56 - 8 * i));
    return 10;
}

static void fill_short(char *to, size_t n, uint64_t number)
{
    char text[64];

    snprintf(text, sizeof text, "{\"seq\":%08u,\"price\":%7.2f}    ",
             (unsigned)(number % 100000000), (double)(number * 7919 % 900000) / 100 + 1000);
    memcpy(to, text, n);
}

/* An event of Socket.IO in the message of Engine.IO. */
static void fill_socketio(char *to, size_t n, uint64_t number)
{
    char text[96];

    snprintf(text, sizeof text,
             "42[\"tick\",{\"seq\":\"%08u\",\"price\":%7.2f},\"abcdefghijk\",true]",
             (unsigned)(number % 100000000), (double)(number * 7919 % 900000) / 100 + 1000);
    memcpy(to, text, n);
}

/* Records as feeds have them, cut to n bytes. */
static void fill_ascii(char *to, size_t n, uint64_t number)
{
    static const char *const names[] = {"ACME", "BORK", "CYAN", "DUNE", "EMBER", "FJORD", "GLYPH"};
    uint64_t state = number;
    char text[128];
    size_t at = 0, k;

    while (at < n) {
        k = (size_t)snprintf(
            text, sizeof text, "{\"id\":%llu,\"symbol\":\"%s\",\"bid\":%llu.%02llu,\"size\":%llu},",
            (unsigned long long)(number * 16 + at), names[next(&state) % 7],
            (unsigned long long)(next(&state) % 9000 + 1000),
            (unsigned long long)(next(&state) % 100), (unsigned long long)(next(&state) % 500));
        if (k > n - at)
            k = n - at;
        memcpy(to + at, text, k);
        at += k;
    }
}

/* Latin with accents, Greek, Cyrillic, Hebrew, Devanagari, Chinese, Japanese, emoji: characters of
 * one to four bytes that alternate often. */
static void fill_mixed(char *to, size_t n, uint64_t number)
{
    static const char *const words[] = {"caf\u00e9 ",
                                        "\u03ba\u03cc\u03c3\u03bc\u03b5 ",
                                        "\u043c\u0438\u0440 ",
                                        "price ",
                                        "\u05e9\u05dc\u05d5\u05dd ",
                                        "\u0928\u092e\u0938\u094d\u0924\u0947 ",
                                        "\u4ef7\u683c ",
                                        "\u30c7\u30fc\u30bf ",
                                        "\U0001F680",
                                        "\U0001F468\u200D\U0001F469 ",
                                        "42 ",
                                        "\u20ac "};
    uint64_t state = number;
    size_t at = 0, k;

    for (;;) {
        const char *word = words[next(&state) % (sizeof words / sizeof words[0])];

        k = strlen(word);
        if (k > n - at)
            break;
        memcpy(to + at, word, k);
        at += k;
    }
    memset(to + at, '.', n - at);
}

static void fill_binary(char *to, size_t n, uint64_t number)
{
    uint64_t state = number;

    for (size_t i = 0; i < n; i++)
        to[i] = (char)next(&state);
}

static const struct kind {
    const char *name;
    unsigned first; /* byte of a frame */
    size_t size;    /* payload bytes */
    size_t frames;  /* that are made */
    void (*fill)(char *to, size_t n, uint64_t number);
} kinds[] = {
    {"short", 0x81, 32, 32768, fill_short},  {"socketio", 0x81, 64, 16384, fill_socketio},
    {"ascii", 0x81, 1024, 1024, fill_ascii}, {"mixed", 0x81, 1024, 1024, fill_mixed},
    {"binary", 0x82, MIB, 4, fill_binary},
};

static bool make_plain(struct stream *s, const struct kind *kind)
{
    size_t at = 0;

    s->frames = kind->frames;
    s->bytes = malloc(kind->frames * (kind->size + 10));
    s->ends = calloc(kind->frames, sizeof *s->ends);
    if (!s->bytes || !s->ends)
        return false;
    for (size_t i = 0; i < kind->frames; i++) {
        at += put_header(s->bytes + at, kind->first, kind->size);
        kind->fill((char *)s->bytes + at, kind->size, i);
        at += kind->size;
        s->ends[i] = at;
    }
    return true;
}

/* n bytes deflated to `to`, as much as fits behind a sync or full flush. The size, tail included.
 */
static size_t deflate_to(z_stream *z, char *bytes, size_t n, uint8_t *to, size_t room, int flush)
{
    z->next_in = (Bytef *)bytes;
    z->avail_in = (uInt)n;
    z->next_out = to;
    z->avail_out = (uInt)room;
    return deflate(z, flush) == Z_OK && z->avail_in == 0 && z->avail_out > 0 ? room - z->avail_out
                                                                             : 0;
}

/* With the context kept no frame is like another, so all of them are made. */
static bool make_deflate(struct stream *s)
{
    char text[1024];
    uint8_t packed[2048];
    size_t at = 0, room = 0, n;
    z_stream z = {0};
    bool fine = deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK;
    uint8_t *more;

    s->frames = s->count;
    s->ends = calloc(s->frames, sizeof *s->ends);
    fine = fine && s->ends;
    for (size_t i = 0; fine && i < s->frames; i++) {
        fill_ascii(text, sizeof text, i);
        n = deflate_to(&z, text, sizeof text, packed, sizeof packed, Z_SYNC_FLUSH);
        if (n == 0)
            fine = false;
        if (fine && room - at < n + 10) {
            room = room * 2 + MIB;
            more = realloc(s->bytes, room);
            if (more)
                s->bytes = more;
            else
                fine = false;
        }
        if (fine) {
            at += put_header(s->bytes + at, 0xC1, n - 4);
            memcpy(s->bytes + at, packed, n - 4);
            at += n - 4;
            s->ends[i] = at;
        }
    }
    deflateEnd(&z);
    return fine;
}

/* One MiB that repeats. Deflated, it ends with a full flush, so that it can follow itself. */
static bool make_huge(struct stream *s)
{
    char *text = malloc(MIB);
    size_t size = MIB;
    z_stream z = {0};

    s->frames = 1;
    s->ends = calloc(1, sizeof *s->ends);
    s->bytes = malloc(2 * MIB);
    if (text && s->bytes && s->deflate) {
        fill_ascii(text, MIB, 1);
        size = 0;
        if (deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK)
            size = deflate_to(&z, text, MIB, s->bytes, 2 * MIB, Z_FULL_FLUSH);
        deflateEnd(&z);
        s->cut = 4;
    } else if (s->bytes) {
        fill_binary((char *)s->bytes, MIB, 1);
    }
    free(text);
    if (!s->bytes || !s->ends || size == 0)
        return false;
    s->ends[0] = size;
    s->head_size = put_header(s->head, s->deflate ? 0xC2 : 0x82, s->count * size - s->cut);
    return true;
}

bool stream_make(struct stream *s, const char *name, uint64_t count)
{
    *s = (struct stream){.count = count};
    snprintf(s->name, sizeof s->name, "%s", name);
    s->deflate = strstr(name, "deflate") != NULL;
    if (strncmp(name, "huge", 4) == 0)
        return make_huge(s);
    if (strcmp(name, "deflate") == 0)
        return make_deflate(s);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return make_plain(s, &kinds[i]);
    return false;
}

void stream_clear(struct stream *s)
{
    free(s->bytes);
    free(s->ends);
    *s = (struct stream){0};
}
