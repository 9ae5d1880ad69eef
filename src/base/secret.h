/*
 * secret: which names announce a secret. One place decides what is kept out of every view, of
 * sentences about mistakes and of argv.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/slice.h"

/* True if the name of a query parameter contains token, key, secret, sig, auth or pass, whatever
 * the case and percent-decoded as the server will read it (RFC 3986, section 2.1). */
bool secret_query_name(struct slice name);

/* True for the header fields whose value is a credential or a session by their definition:
 * Authorization, Proxy-Authorization, Cookie and Set-Cookie, whatever the case. */
bool secret_field_name(struct slice name);

/* True if the name of a header field sounds like a secret: it contains one of the words above, or
 * cookie ("X-Api-Key"). */
bool secret_field_likely(struct slice name);

#endif
