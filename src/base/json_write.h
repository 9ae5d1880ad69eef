/*
 * json_write: one JSON object or array after another into a buf, fast. The caller keeps the order
 * of calls sensible; commas are put by the writer. Running out of memory is remembered and reported
 * at the end.
 */
#ifndef BASE_JSON_WRITE_H
#define BASE_JSON_WRITE_H

#include "base/buf.h"

struct json_write {
    struct buf *out;
    unsigned depth; /* objects and arrays that are open */
    bool comma;     /* a comma is due before the next member or element */
    bool failed;    /* memory ran out: the content is not to be used, further calls do nothing */
};

/* out is borrowed; the caller may append to it between outermost values (a newline, say). */
void json_write_init(struct json_write *w, struct buf *out);

/* key is NULL inside an array and for the outermost value; it is written as it is (plain ASCII). */
void json_object_open(struct json_write *w, const char *key);
void json_object_close(struct json_write *w);
void json_array_open(struct json_write *w, const char *key);
void json_array_close(struct json_write *w);

/* text is valid UTF-8 and written as it is, but that quotes, backslashes and C0 controls are
 * escaped, also DEL. NULL: null. */
void json_string(struct json_write *w, const char *key, const char *text);
void json_text(struct json_write *w, const char *key, struct slice text);
/* Each byte that is not part of valid UTF-8 becomes its Latin-1 character (header fields). */
void json_latin1(struct json_write *w, const char *key, struct slice bytes);
/* One JSON value as it came. */
void json_raw(struct json_write *w, const char *key, struct slice value);
/* A member whose name is any valid UTF-8. */
void json_member(struct json_write *w, struct slice name, struct slice text);
void json_base64(struct json_write *w, const char *key, struct slice bytes);
/* Valid UTF-8 goes to `key`, anything else in base64 to "base64". */
void json_payload(struct json_write *w, const char *key, struct slice bytes);
void json_u64(struct json_write *w, const char *key, uint64_t number);
void json_i64(struct json_write *w, const char *key, int64_t number);
/* With this number of digits after the point (at most 9); null if it is not finite. */
void json_double(struct json_write *w, const char *key, double number, int digits);
void json_bool(struct json_write *w, const char *key, bool truth);
void json_null(struct json_write *w, const char *key);
/* Microseconds as milliseconds with exactly three decimals. */
void json_ms(struct json_write *w, const char *key, uint64_t microseconds);
/* Microseconds as seconds with six decimals. */
void json_seconds(struct json_write *w, const char *key, uint64_t microseconds);
/* Microseconds since 1970 as RFC 3339 in UTC: "2026-01-02T03:04:05.678901Z". Times
 * outside the years 0000 to 9999 become the nearest one inside. */
void json_time(struct json_write *w, const char *key, int64_t microseconds);

#endif
