/*
 * typed: the arguments of a typed line, as Socket.IO and SignalR take them: each is a JSON value if
 * it is one, else a word up to the next blank. Bytes are `hex:` and digits, or {"base64":"..."}.
 * What `@FILE` names is read by the caller, who puts {"base64":"..."} in its place, see typed_file.
 */
#ifndef DECODE_TYPED_H
#define DECODE_TYPED_H

#include "base/buf.h"
#include "base/err.h"

/* Take the first argument off a line. True: *arg is it, and *json whether it is a JSON value.
 * False: none is left. */
bool typed_next(struct slice *line, struct slice *arg, bool *json);

/* Append all arguments to *out as a JSON array. 0; -1 with *e: `hex:` without digits (usage), or
 * memory. */
int typed_array(struct slice line, struct buf *out, struct err *e);

/* The next argument that begins with `@`: the name of a file after it. True: *path is the name and
 * *before what precedes the `@`, *line what follows the name. False: there is none. The first word
 * of the line, the name of an event or method, is passed over by the caller. */
bool typed_file(struct slice *line, struct slice *before, struct slice *path);

#endif
