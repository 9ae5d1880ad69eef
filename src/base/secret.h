/*
 * secret: which names suggest a secret. One list of words determines what is kept out of all
 * output, error messages, argv and the history.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/slice.h"

/* True if the name of a query parameter contains token, key, secret, sig, auth, pass, pwd, jwt,
 * bearer or credential, whatever the case and percent-decoded as the server will read it (RFC 3986,
 * section 2.1). */
bool secret_query_name(struct slice name);

/* True for the header fields whose value is by definition a credential or a session: Authorization,
 * Proxy-Authorization, Cookie and Set-Cookie, whatever the case. */
bool secret_field_name(struct slice name);

/* True if the name of a header field suggests a secret: it contains one of the words above, or
 * cookie ("X-Api-Key"). */
bool secret_field_likely(struct slice name);

/* True if a line of text may carry a credential: one of these words, cookie, login or identify
 * ("PASS x", {"op":"auth"}), something assigned to a name that contains one of them, or a word that
 * looks like a token (a JSON Web Token, one with a well-known prefix, a long random one). The short
 * words must be words or beginnings of words: "design" and "monkey" do not match. */
bool secret_in_text(struct slice text);

#endif
