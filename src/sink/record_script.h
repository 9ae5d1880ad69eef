/*
 * record_script: an interactive session as a script that passes when it is run again
 * (wscope-script(5)): what the person did, in the order in which it was done, and what came as
 * expectations. A sink for what came; what was done is told by the front.
 *
 * Secrets are left out, each named in a comment: credentials among the options, userinfo and secret
 * query parameters of URLs. What was sent is written as it was.
 *
 * Each line is written as soon as it is certain, so that what was done up to a crash is there.
 */
#ifndef SINK_RECORD_SCRIPT_H
#define SINK_RECORD_SCRIPT_H

#include "base/out.h"
#include "event/sink.h"

/* Longer messages are told of in a comment. */
#define RECORD_SCRIPT_TEXT   65536
#define RECORD_SCRIPT_BINARY 16384

struct record_script;

/* Writes to `out` (borrowed). NULL: memory. Freed by the bus it is put on. */
struct record_script *record_script_new(struct out *out);
struct sink *record_script_sink(struct record_script *r);

/* The head. url: as typed; options: those of the connection, each "--name=value" or "--name";
 * time_us: wall clock. Then the test begins with a connection. */
void record_script_begin(struct record_script *r, const char *url, const char *const *options,
                         size_t count, int64_t time_us);

/* A message was given to the connection to be sent. at_us as in events. */
void record_script_sent(struct record_script *r, enum opcode type, struct slice data,
                        uint64_t at_us);
/* A command was done, without its slash. It is one that scripts have too. */
void record_script_command(struct record_script *r, const char *name, const char *args,
                           uint64_t at_us);
/* Something was done that scripts have no word for: a comment says so. */
void record_script_remark(struct record_script *r, const char *text);
/* The session is over. */
void record_script_end(struct record_script *r);

#endif
