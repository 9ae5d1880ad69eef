/*
 * transcribe: an interactive session as a script that passes when it is run again
 * (wscope-script(5)): what the user did, in order, and what was received, as expectations. A sink
 * for what is received; the front end reports what was done.
 *
 * Secrets are left out, each named in a comment: credentials among the options, userinfo and secret
 * query parameters of URLs. What was sent is written as it was.
 *
 * Each line is written as soon as it is certain, so that what was done up to a crash is there.
 */
#ifndef SINK_TRANSCRIBE_H
#define SINK_TRANSCRIBE_H

#include "base/out.h"
#include "event/sink.h"

/* Longer messages are only mentioned in a comment. */
#define RECORD_SCRIPT_TEXT   65536
#define RECORD_SCRIPT_BINARY 16384

struct transcribe;

/* Writes to `out` (borrowed). NULL: memory. Freed by the bus it is put on. */
struct transcribe *transcribe_new(struct out *out);
struct sink *transcribe_sink(struct transcribe *r);

/* The head. url: as typed; options: those of the connection, each "--name=value" or "--name";
 * time_us: wall clock. Then the test begins with a connection. */
void transcribe_begin(struct transcribe *r, const char *url, const char *const *options,
                      size_t count, int64_t time_us);

/* A message was given to the connection to be sent. at_us as in events. */
void transcribe_sent(struct transcribe *r, enum opcode type, struct slice data, uint64_t at_us);
/* A command was done, without its slash. It is one that scripts have too. */
void transcribe_command(struct transcribe *r, const char *name, const char *args, uint64_t at_us);
/* Something was done that a script cannot express: add a comment. */
void transcribe_remark(struct transcribe *r, const char *text);
/* The session is over. */
void transcribe_end(struct transcribe *r);

#endif
