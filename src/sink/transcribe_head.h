/*
 * transcribe_head: the beginning of a recorded script, and its connections: their URLs and options,
 * without secrets. What is omitted is named in a comment.
 */
#ifndef SINK_TRANSCRIBE_HEAD_H
#define SINK_TRANSCRIBE_HEAD_H

#include "base/buf.h"

/* Append comment, url, options and the line that begins the test. options: each "--name=value" or
 * "--name"; time_us: wall clock. 0 or -1 (memory). */
int transcribe_head(struct buf *out, const char *url, const char *const *options, size_t count,
                    int64_t time_us);

/* Append the line "connect URL"; "" is the URL of the head. 0 or -1 (memory). */
int transcribe_connect(struct buf *out, const char *url);

#endif
