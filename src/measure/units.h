/*
 * units: figures as people read them, with three digits that matter.
 */
#ifndef MEASURE_UNITS_H
#define MEASURE_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* For use inside one expression: units_span(us).text */
struct units {
    char text[48];
};

/* "0", "85 µs" (ASCII: "85 us"), "8.20 ms", "1.03 s", "2 min 5 s", "17 min", "3.2 h", "2.1 days".
 */
struct units units_span(double us, int utf8);
/* "17 B", "1.23 KiB", "45.6 MiB". */
struct units units_bytes(double bytes);
/* "0.031", "4.21", "312", "100 000" (thin groups of three where there are more than four digits).
 */
struct units units_number(double n);
/* "12 %", "0.4 %", "100 %" only if it is all. */
struct units units_share(uint64_t part, uint64_t whole);

#endif
