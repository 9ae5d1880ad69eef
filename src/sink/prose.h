/*
 * prose: texts broken between words at the width of a terminal, with a hanging indent.
 */
#ifndef SINK_PROSE_H
#define SINK_PROSE_H

#include "base/buf.h"
#include "sink/view.h"

struct prose {
    struct buf *out;
    int width; /* between PROSE_LEAST and PROSE_MOST */
    bool utf8;
    bool failed; /* memory */
};

#define PROSE_LEAST 30
#define PROSE_MOST  100

/* For the columns of the view; 0: 80. */
struct prose prose_begin(struct buf *out, const struct view_config *view);

/* As it is, such as a style. */
void prose_put(struct prose *p, const char *text);
void prose_blanks(struct prose *p, int n);
/* Text that is safe already, broken between words; lines after the first are indented. at: the
 * columns that are taken. Ends the line. */
void prose_wrap(struct prose *p, struct slice text, int at, int indent);
/* The same for text that may quote a peer. */
void prose_wrap_safe(struct prose *p, struct slice text, int at, int indent);

#endif
