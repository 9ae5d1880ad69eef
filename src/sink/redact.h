/*
 * redact: which parts of a handshake are secrets. Credentials print as "‹redacted, 43 bytes›" (in
 * ASCII "<redacted, 43 bytes>") in every view unless --show-secrets.
 */
#ifndef SINK_REDACT_H
#define SINK_REDACT_H

#include "base/buf.h"

/* True for Authorization, Proxy-Authorization, Cookie and Set-Cookie, whatever the case. */
bool redact_field_name(struct slice name);

/* Append a URL or request target, the values of query parameters whose name announces a secret
 * (base/secret.h) and any userinfo replaced. 0 or -1 (memory). */
int redact_target(struct buf *out, struct slice target, bool utf8);

/* The same, but the caller chooses the replacement of a secret, which is the value of a query
 * parameter of that name or userinfo (the name is empty) of n bytes. hide appends it, or nothing;
 * -1: out of memory.
 */
typedef int redact_hide_fn(void *ctx, struct buf *out, struct slice name, size_t n);
int redact_hide(struct buf *out, struct slice target, redact_hide_fn *hide, void *ctx);

/* Append a field's value as it may be shown: a secret as its mark, a URL (Location, Origin,
 * Referer ...) through redact_target, anything else as it is. 0 or -1 (memory). */
int redact_field(struct buf *out, struct slice name, struct slice value, bool utf8);

/* Append a text message for a file that is kept: values of JSON members whose name announces a
 * secret are replaced by marks; and other text that may carry a credential as a whole, if it was
 * typed (own). 0 or -1 (memory). */
int redact_message(struct buf *out, struct slice text, bool own, bool utf8);

/* Append "‹redacted, N bytes›". 0 or -1 (memory). */
int redact_mark(struct buf *out, size_t n, bool utf8);

#endif
