/*
 * http_date: the dates of HTTP (RFC 9110, section 5.6.7), and the value of Retry-After.
 */
#ifndef PROTO_HTTP_DATE_H
#define PROTO_HTTP_DATE_H

#include <stdbool.h>

#include "base/slice.h"

/* "Sun, 06 Nov 1994 08:49:37 GMT" and the two obsolete forms that recipients must take, which have
 * two digits of a year: a year more than 50 years after now_s is of the century before (seconds
 * since 1970 UTC, both). False: it is not one of them. */
bool http_date_parse(struct slice text, int64_t now_s, int64_t *seconds);

/* Retry-After (RFC 9110, section 10.2.3): seconds, or a date, as microseconds from now on. A date
 * that is past is 0; at most HTTP_RETRY_AFTER_MAX_S. False: it is neither. */
bool http_retry_after(struct slice value, int64_t now_s, uint64_t *wait_us);

#define HTTP_RETRY_AFTER_MAX_S (7 * 24 * 3600)

#endif
