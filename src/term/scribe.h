/*
 * scribe: what a screen shows, written to a file as text: without colours, each message whole, and
 * without secrets, whatever the screen shows of them. The file is private and is appended to.
 */
#ifndef TERM_SCRIBE_H
#define TERM_SCRIBE_H

#include "sink/view.h"

struct scribe;

/* config: that of the screen. NULL with *e. */
struct scribe *scribe_open(const char *path, const struct view_config *config, struct err *e);
/* NULL is fine. */
void scribe_close(struct scribe *s);
/* How things are shown has changed. */
void scribe_configure(struct scribe *s, const struct view_config *config);
void scribe_event(struct scribe *s, const struct event *ev);
/* Lines of an answer, safe already. */
void scribe_say(struct scribe *s, struct slice text);
/* Write what waits. 0; -1 with *e, once: it can't be written, and nothing more will be. */
int scribe_flush(struct scribe *s, struct err *e);
const char *scribe_path(const struct scribe *s);

#endif
