/*
 * Any two texts that are JSON: a value equals and includes itself, comparing is the same both ways,
 * what is equal includes each other. Numbers are in an order.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/json_compare.h"
#include "base/json_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice trimmed(struct slice text)
{
    struct json_scan s;
    struct slice token;

    json_scan_init(&s, text);
    if (json_scan_next(&s, &token) <= JSON_END)
        return text;
    return slice_make(token.data, json_value_length(text) - (size_t)(token.data - text.data));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, '\0', size) : NULL;
    size_t n = zero ? (size_t)(zero - data) : size;
    struct slice a = slice_make(data, n), at, found;
    struct slice b = zero ? slice_make(zero + 1, size - n - 1) : a;
    bool same;

    if (!json_valid(a) || !json_valid(b))
        return 0;
    a = trimmed(a);
    b = trimmed(b);
    assert(json_includes(a, a, &at, &found) || memchr(a.data, '{', a.len)); /* repeated names */
    same = json_equal(a, b);
    if (!memchr(data, '{', size))
        assert(same == json_equal(b, a));
    if (same)
        assert(json_includes(a, b, &at, &found));
    if (json_kind(a) == JSON_IS_NUMBER && json_kind(b) == JSON_IS_NUMBER) {
        int forth = json_number_compare(a, b), back = json_number_compare(b, a);

        assert((forth > 0) == (back < 0) && (forth == 0) == (back == 0));
        assert((forth == 0) == same);
        (void)json_is_integer(a);
    }
    return 0;
}
