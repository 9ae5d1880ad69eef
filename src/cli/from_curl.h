/*
 * from_curl: a curl command, as browsers copy a request, becomes options of ours.
 */
#ifndef CLI_FROM_CURL_H
#define CLI_FROM_CURL_H

#include <stddef.h>

#include "base/err.h"

struct options_parsing;

/* Append the options of the command to the uses of p, in the layer of --from-curl; its URL becomes
 * the operand if there is none, http read as curl reads it. The command is changed in place and
 * must live as long as p. Nothing is read or looked up. What cannot be translated is an error: -1
 * and *e (EXIT_USAGE), which shows no value. */
int from_curl(struct options_parsing *p, char *command, struct err *e);

/* What becomes of one of its headers. */
enum curl_header {
    CURL_HEADER_KEEP,
    CURL_HEADER_DROP,         /* the handshake makes it, or it means nothing without a body */
    CURL_HEADER_HOST,         /* kept if it differs from the URL's */
    CURL_HEADER_SUBPROTOCOLS, /* RFC 6455, section 11.3.4: a list of names */
    CURL_HEADER_ORIGIN,
    CURL_HEADER_USER_AGENT,
    CURL_HEADER_COOKIE
};

/* By the name of len bytes, whatever its case. */
enum curl_header from_curl_header(const char *name, size_t len);

#endif
