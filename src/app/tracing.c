#include "app/tracing.h"

#include <stdlib.h>

#include "app/complain.h"
#include "base/trace.h"
#include "sink/redact.h"

#define LINE_MAX_BYTES 8192

static bool holds_url(struct slice word)
{
    return word.len >= 2 && memmem(word.data, word.len, "//", 2);
}

/* The line with its secrets hidden: those of each word that holds a URL. 0 or -1 (memory). */
static int put_line(struct buf *out, struct slice rest, bool utf8)
{
    while (rest.len > 0) {
        const uint8_t *blank = memchr(rest.data, ' ', rest.len);
        struct slice word = slice_make(rest.data, blank ? (size_t)(blank - rest.data) : rest.len);
        size_t used = blank ? word.len + 1 : word.len;

        if (holds_url(word) ? redact_target(out, word, utf8) < 0 : buf_append_slice(out, word) < 0)
            return -1;
        if (blank && buf_append(out, " ", 1) < 0)
            return -1;
        rest = slice_from(rest, used);
    }
    return 0;
}

static void write_line(const char *line)
{
    struct buf out;

    buf_init(&out, LINE_MAX_BYTES);
    if (put_line(&out, slice_str(line), complain_flags() == 0) == 0)
        complain_line(buf_slice(&out));
    buf_clear(&out);
}

void tracing_begin(uint64_t start_us)
{
    const char *value = getenv("WSCOPE_TRACE");

    if (value && *value && strcmp(value, "0") != 0)
        trace_begin(start_us, write_line);
}
