/*
 * typed_files: @FILE among the arguments of a typed line becomes the content of the file, in the
 * form that decoders take bytes: {"base64":"..."}.
 */
#ifndef SESSION_TYPED_FILES_H
#define SESSION_TYPED_FILES_H

#include "base/buf.h"
#include "base/err.h"

/* The largest file. */
#define TYPED_FILE_MAX ((size_t)64 << 20)

/* Append the line to *out with the contents of its files. The first word stays as it is. 0; -1 with
 * *e: a file cannot be read or is too large (usage), or memory. */
int typed_files_read(struct slice line, struct buf *out, struct err *e);

#endif
