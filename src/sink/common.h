/*
 * common: what several views extract from an event.
 */
#ifndef SINK_COMMON_H
#define SINK_COMMON_H

#include "base/buf.h"
#include "event/event.h"

/* The response did not open the channel: its body and hint are worth showing. */
bool response_refused(const struct event *ev);

/* The body of a Close frame (RFC 6455, section 5.5.1): false if there is no code in it. */
bool close_body(struct slice payload, uint16_t *code, struct slice *reason);

/* A message, frame or bytes with credentials: the same event without its content. */
struct event common_hidden(const struct event *ev);

/* Append "3 bytes", "12.3 KiB". 0 or -1 (memory). */
int common_size(struct buf *out, uint64_t bytes);

#endif
