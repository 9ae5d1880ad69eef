/*
 * Whatever a peer sends, what term_safe and pretty_json make of it is valid UTF-8 that cannot drive
 * a terminal, bounded by the input's size, and safe again when it is made safe a second time.
 */
#include <stdlib.h>

#include "base/json_scan.h"
#include "base/utf8.h"
#include "sink/pretty.h"
#include "sink/term_safe.h"

#define MAX ((size_t)1 << 26)

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void check_safe(struct slice text, bool newlines, bool ascii)
{
    size_t i = 0;

    require(utf8_valid(text.data, text.len));
    while (i < text.len) {
        uint32_t code;

        i += (size_t)utf8_decode(text.data + i, text.len - i, &code);
        require(code >= 0x20 || code == '\t' || (newlines && code == '\n'));
        require(code != 0x7F);
        require(code < 0x80 || (!ascii && !term_hidden(code)));
    }
    require(term_width(text) >= 0);
}

static void check_term_safe(struct slice input, int flags)
{
    struct buf once, twice;

    buf_init(&once, MAX);
    buf_init(&twice, MAX);
    require(term_safe(&once, input, flags) == 0);
    check_safe(buf_slice(&once), flags & TERM_SAFE_NEWLINES, flags & TERM_SAFE_ASCII);
    require(once.len >= input.len / 4 && once.len <= input.len * 4);
    require(term_safe(&twice, buf_slice(&once), flags) == 0);
    require(slice_equal(buf_slice(&once), buf_slice(&twice)));
    buf_clear(&once);
    buf_clear(&twice);
}

/* Without blanks between tokens, so that a text can be compared with its layout. */
static void put_compact(struct buf *out, struct slice text)
{
    struct json_scan scan;
    struct slice token;

    json_scan_init(&scan, text);
    while (json_scan_next(&scan, &token) > JSON_END)
        require(buf_append(out, token.data, token.len) == 0);
}

static void check_pretty(struct slice input, int columns)
{
    const struct pretty how = {.columns = columns, .indent = 2};
    struct buf out, before, after;
    int result;

    buf_init(&out, MAX);
    buf_init(&before, MAX);
    buf_init(&after, MAX);
    result = pretty_json(&out, input, &how);
    require(result >= 0);
    require((result == 1) == json_valid(input));
    require(result == 1 || out.len == 0);
    check_safe(buf_slice(&out), true, false);
    if (result == 1) {
        struct buf safe;

        buf_init(&safe, MAX);
        put_compact(&before, input);
        require(term_safe(&safe, buf_slice(&before), 0) == 0);
        put_compact(&after, buf_slice(&out));
        /* Escaped characters break strings, so layouts are compared only where nothing was. */
        if (slice_equal(buf_slice(&safe), buf_slice(&before)))
            require(slice_equal(buf_slice(&before), buf_slice(&after)));
        buf_clear(&safe);
    }
    buf_clear(&out);
    buf_clear(&before);
    buf_clear(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_make(data, size);

    for (int flags = 0; flags < 4; flags++)
        check_term_safe(input, flags);
    check_pretty(input, 0);
    check_pretty(input, 40);
    return 0;
}
