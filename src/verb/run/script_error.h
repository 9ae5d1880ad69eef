/*
 * script_error: a mistake in a script, printed.
 */
#ifndef VERB_RUN_SCRIPT_ERROR_H
#define VERB_RUN_SCRIPT_ERROR_H

#include "base/buf.h"
#include "script/script.h"

/* Append the place and the sentence, the line, a caret below the mistake, and the hint. Whatever
 * the script and its name hold, the text is safe for a terminal. 0 or -1 (memory). */
int script_error_print(struct buf *out, const struct script_error *error);

#endif
