/*
 * http1: HTTP/1.1 heads and bodies (RFC 9112), read from bytes that arrive in any pieces. Strict
 * about what matters for security (no NUL or bare CR, no blank before the colon, no folding in a
 * request, one framing), and everything is bounded.
 */
#ifndef PROTO_HTTP1_H
#define PROTO_HTTP1_H

#include "base/err.h"
#include "base/slice.h"

#define HTTP1_HEAD_MAX   (64 * 1024) /* bytes of a head */
#define HTTP1_FIELDS_MAX 200         /* fields of a head, unless the caller wants another bound */

enum http1_kind { HTTP1_REQUEST, HTTP1_RESPONSE };

/* Slices point into the bytes given to http1_head_read, but for the value of a folded field: each
 * fold is one space in it (RFC 9112, section 5.2), and the head owns it. */
struct http1_head {
    enum http1_kind kind;
    struct slice method, target; /* request */
    int status;                  /* response: 100 to 999 */
    struct slice reason;         /* response; may be empty */
    unsigned minor;              /* HTTP/1.minor: 0 or 1 (a higher minor reads as 1) */
    struct field *fields;        /* owned, with the values that were folded */
    size_t field_count;
    uint8_t *unfolded; /* where the next of those values will be */
    struct slice raw;  /* start line to the empty line */
    bool too_large;    /* the reason for -1: its length or number of fields (RFC 6585, section 5) */
};

/* Read a head from the n bytes that have arrived so far. *scanned (0 before the first call)
 * remembers what need not be examined again; pass the same bytes with more after them. Returns the
 * head's length in bytes, 0 if more is needed, -1 with *e (EXIT_UPGRADE, STAGE_HANDSHAKE;
 * EXIT_OTHER: memory) if this can never become a head: e->text then explains why (e.g. that the
 * bytes look like a TLS record, like HTTP/2, or not like HTTP at all) and shows the first bytes,
 * escaped. Line ends are CRLF; a lone LF and folded fields are accepted in responses, as RFC 9112,
 * sections 2.2 and 5.2 allow. *h is overwritten; clear it after use. */
long http1_head_read(struct http1_head *h, enum http1_kind kind, const uint8_t *bytes, size_t n,
                     size_t *scanned, struct err *e);
/* The same with another bound than HTTP1_FIELDS_MAX; 0: that. */
long http1_head_read_within(struct http1_head *h, enum http1_kind kind, size_t max_fields,
                            const uint8_t *bytes, size_t n, size_t *scanned, struct err *e);
void http1_head_clear(struct http1_head *h);

/* The value of the first field of that name, or NULL. */
const struct slice *http1_field(const struct http1_head *h, const char *name);
size_t http1_field_count(const struct http1_head *h, const char *name);

/* True if the fields of that name, read as one comma-separated list of tokens, hold the token;
 * ASCII case is ignored (RFC 9110, section 5.6.1). */
bool http1_has_token(const struct http1_head *h, const char *name, const char *token);

/* RFC 9112, section 9.3: does its sender allow another message on the connection? */
bool http1_persists(const struct http1_head *h);

/* RFC 9110, section 10.1.1: does the client of this request wait for 100 (Continue) before it sends
 * the body? The wait is over once any of the body has come. */
bool http1_expects_continue(const struct http1_head *h);

/* RFC 9110, section 5.6.2: a non-empty run of tchar. */
bool http1_is_token(struct slice text);

/* RFC 9110, section 5.5: no control character but the tab. Blanks around it are not looked at. */
bool http1_is_field_value(struct slice text);

enum http1_body_kind { HTTP1_BODY_NONE, HTTP1_BODY_LENGTH, HTTP1_BODY_CHUNKED, HTTP1_BODY_EOF };

struct http1_body {
    enum http1_body_kind kind;
    uint64_t left; /* bytes left of the body or of the chunk */
    uint8_t state;
    bool done;
    unsigned line; /* bytes of an unfinished chunk-size or trailer line */
};

/* How the body that follows a response head is framed (RFC 9112, section 6.3); `head_only` for an
 * answer to HEAD. -1 with *e for contradictory or malformed framing. */
int http1_body_init(struct http1_body *b, const struct http1_head *h, bool head_only,
                    struct err *e);

/* A request that a server must answer with 400, whatever it asks for: not one valid Host (RFC 9112,
 * section 3.2), a control character in a field (RFC 9110, section 5.5), framing that is malformed,
 * contradictory or in an unknown coding (RFC 9112, section 6). 0 with *b as of http1_body_init, or
 * -1 with *e. */
int http1_request_check(const struct http1_head *h, struct http1_body *b, struct err *e);

/* Take the next piece out of n bytes: *piece is the body data in it (possibly empty). Returns the
 * bytes used up, framing included; 0 if more must arrive (or done is set); -1 with *e on bad
 * framing. b->done once the body is complete (never for HTTP1_BODY_EOF: there the end is). */
long http1_body_read(struct http1_body *b, const uint8_t *bytes, size_t n, struct slice *piece,
                     struct err *e);

#endif
