/*
 * write_out: a line of the user's own at the end of a run, as curl's --write-out: %{NAME} is
 * replaced by what is known then, %% by %, and \n, \t, \r, \\ by what they usually mean.
 */
#ifndef SINK_WRITE_OUT_H
#define SINK_WRITE_OUT_H

#include "base/err.h"
#include "base/out.h"
#include "event/sink.h"

/* Every name is known, and every brace closed; else -1 with *e: e->at is an offset in format. */
int write_out_check(const char *format, struct err *e);
/* Prints to `out`, after %{stderr} to `err`, at the EVENT_SUMMARY; all borrowed. NULL: memory. */
struct sink *write_out_new(struct out *out, struct out *err, const char *format);

#endif
