/*
 * Dates of HTTP (RFC 9110, section 5.6.7): what is understood must be the time that the C library
 * prints the same way, but for the day of the week, which nobody checks, and the leap second.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "proto/http_date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW INT64_C(1700000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + !size); /* its end is watched */
    struct slice text = slice_make(copy, size);
    int64_t seconds;
    uint64_t wait_us;

    memcpy(copy, data, size);
    if (http_date_parse(text, NOW, &seconds) && size == 29 && copy[3] == ',') {
        const time_t time = (time_t)seconds;
        struct tm tm;
        char again[64];

        assert(gmtime_r(&time, &tm));
        assert(strftime(again, sizeof again, "%d %b %Y %H:%M:%S GMT", &tm) == 24 || tm.tm_year < 0);
        if (memcmp(copy + 23, "60", 2) != 0 && tm.tm_year >= -900)
            assert(memcmp(again, copy + 5, 24) == 0);
    }
    if (http_retry_after(text, NOW, &wait_us))
        assert(wait_us <= HTTP_RETRY_AFTER_MAX_S * UINT64_C(1000000));
    free(copy);
    return 0;
}
