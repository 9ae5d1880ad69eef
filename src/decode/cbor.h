/*
 * cbor: CBOR (RFC 8949) as JSON text.
 *
 * What JSON has no form for is written as an object: bytes are {"base64":"..."}, a tagged value is
 * {"tag":N,"value":...}, a simple value without a name {"simple":N}. Undefined and numbers that are
 * not finite become null. Keys that are no strings are their JSON text as a string. Strings of
 * indefinite length are joined.
 */
#ifndef DECODE_CBOR_H
#define DECODE_CBOR_H

#include "decode/unpacked.h"

/* Append the first value of *bytes to *out as JSON; *bytes then begins after it. Unless
 * UNPACKED_OK, *out may have a part of it. */
enum unpacked cbor_to_json(struct slice *bytes, struct buf *out);

#endif
