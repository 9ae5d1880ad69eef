/*
 * msgpack: MessagePack (github.com/msgpack/msgpack/blob/master/spec.md) as JSON text, and back.
 *
 * What JSON has no form for is written as an object: bytes are {"base64":"..."}, an extension is
 * {"ext":TYPE,"base64":"..."}; both are read back. Extension 0 of one zero byte (JavaScript's
 * undefined) and numbers that are not finite become null. Keys that are no strings are their JSON
 * text as a string. Integers keep all digits.
 */
#ifndef DECODE_MSGPACK_H
#define DECODE_MSGPACK_H

#include "decode/unpacked.h"

/* Append the first value of *bytes to *out as JSON; *bytes then begins after it. Unless
 * UNPACKED_OK, *out may have a part of it, and *bytes begins near what is wrong. */
enum unpacked msgpack_to_json(struct slice *bytes, struct buf *out);

/* Append a JSON value as MessagePack, in its shortest form. 0; -1: no JSON, too deep, or memory. */
int msgpack_from_json(struct slice json, struct buf *out);

#endif
