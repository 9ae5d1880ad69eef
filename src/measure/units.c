#include "measure/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Three digits: "1.23", "12.3", "123". */
static void three(char *text, size_t size, double n)
{
    double a = fabs(n);

    snprintf(text, size, "%.*f", a < 9.995 ? 2 : a < 99.95 ? 1 : 0, n);
}

struct units units_span(double us, int utf8)
{
    struct units u = {""};
    const char *unit = utf8 ? "µs" : "us";
    double a = fabs(us);
    char n[24];

    if (a < 999.5) {
        snprintf(u.text, sizeof u.text, "%.0f %s", a < 0.5 ? 0 : us, unit);
    } else if (a < 999500) {
        three(n, sizeof n, us / 1e3);
        snprintf(u.text, sizeof u.text, "%s ms", n);
    } else if (a < 119.95e6) {
        three(n, sizeof n, us / 1e6);
        snprintf(u.text, sizeof u.text, "%s s", n);
    } else if (a < 119.5 * 60e6) {
        snprintf(u.text, sizeof u.text, "%.0f min", us / 60e6);
    } else if (a < 47.95 * 3600e6) {
        three(n, sizeof n, us / 3600e6);
        snprintf(u.text, sizeof u.text, "%s h", n);
    } else {
        three(n, sizeof n, us / 86400e6);
        snprintf(u.text, sizeof u.text, "%.20s days", n);
    }
    return u;
}

struct units units_bytes(double bytes)
{
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    struct units u = {""};
    size_t i = 0;
    char n[24];

    while (bytes >= 1023.5 && i + 1 < sizeof names / sizeof *names) {
        bytes /= 1024;
        i++;
    }
    if (i == 0 && (bytes == floor(bytes) || bytes >= 99.95))
        snprintf(n, sizeof n, "%.0f", bytes);
    else
        three(n, sizeof n, bytes);
    snprintf(u.text, sizeof u.text, "%.20s %s", n, names[i]);
    return u;
}

static void group(char *text, size_t size)
{
    size_t len = strlen(text);

    for (size_t from_end = 3; len > 4 && from_end < len && len + 2 < size; from_end += 4) {
        memmove(text + len - from_end + 1, text + len - from_end, from_end + 1);
        text[len - from_end] = ' ';
        len++;
    }
}

struct units units_number(double n)
{
    struct units u = {""};
    double a = fabs(n);

    if (a >= 1e15) {
        snprintf(u.text, sizeof u.text, "%.3g", n);
    } else if (n == floor(n) || a >= 99.95) {
        snprintf(u.text, sizeof u.text, "%.0f", n);
        group(u.text, sizeof u.text);
    } else if (a < 0.0995) {
        snprintf(u.text, sizeof u.text, "%.2g", n);
    } else {
        three(u.text, sizeof u.text, n);
    }
    return u;
}

struct units units_share(uint64_t part, uint64_t whole)
{
    struct units u = {""};
    double share = whole ? 100.0 * (double)part / (double)whole : 0;

    if (part == 0)
        snprintf(u.text, sizeof u.text, "0 %%");
    else if (share < 0.95)
        snprintf(u.text, sizeof u.text, "%.1f %%", share < 0.1 ? 0.1 : share);
    else
        snprintf(u.text, sizeof u.text, "%.0f %%", share > 99 && part < whole ? 99 : share);
    return u;
}
