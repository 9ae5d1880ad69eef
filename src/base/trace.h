/*
 * trace: internal events, one per line, for developers. While it is off, which is the default, a
 * call costs one branch that is never taken.
 */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

/* Whether anything is traced. Set only by trace_begin. */
extern bool trace_on;

/* Hand each line, without its end, to `write`: "trace 0.012345 pump 7: turn". The time is in
 * seconds since start_us (clock_mono_us). The line is raw: `write` hides the secrets of URLs and
 * escapes external input. */
void trace_begin(uint64_t start_us, void (*write)(const char *line));

/* One line, cut at 1 KiB. `what` and `id` name the object: a pump and its descriptor. */
void trace_line(const char *what, int id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The arguments are those of trace_line; they are evaluated only if something is traced. */
#define TRACE(...)                         \
    do {                                   \
        if (__builtin_expect(trace_on, 0)) \
            trace_line(__VA_ARGS__);       \
    } while (0)

#endif
