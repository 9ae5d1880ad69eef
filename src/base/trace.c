#include "base/trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "base/clock.h"

#define LINE_MAX_BYTES 1024

bool trace_on;

static struct {
    uint64_t start_us;
    void (*write)(const char *line);
} trace;

void trace_begin(uint64_t start_us, void (*write)(const char *line))
{
    trace.start_us = start_us;
    trace.write = write;
    trace_on = write != NULL;
}

void trace_line(const char *what, int id, const char *format, ...)
{
    uint64_t us = clock_mono_us() - trace.start_us;
    char line[LINE_MAX_BYTES];
    int n = snprintf(line, sizeof line, "trace %" PRIu64 ".%06" PRIu64 " %s %d: ", us / 1000000,
                     us % 1000000, what, id);
    va_list args;

    if (n < 0 || (size_t)n >= sizeof line)
        return;
    va_start(args, format);
    vsnprintf(line + n, sizeof line - (size_t)n, format, args);
    va_end(args);
    trace.write(line);
}
