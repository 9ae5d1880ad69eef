/*
 * options: the command line, read. main passes its groups to the subcommand that runs; no other
 * module sees all of it.
 *
 * If an option that holds one value is repeated, the last one applies; the same is true of
 * --compress and --no-compress. Combinations that contradict each other are usage errors.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/buf.h"
#include "cli/groups.h"
#include "cli/table.h"
#include "cli/verb.h"

struct options {
    const struct verb *verb; /* the one that is to run, */
    void *own;               /* with its own part: the values of its rows, or NULL */
    struct connect_options connect;
    struct limit_options limits;
    struct view_options view;
    struct pipe_options pipe;
    struct fault_options fault;
    struct listen_options listen;
    struct help_options help;

    const char *advice; /* a sentence about the config file, for those who ask (-v), or NULL */

    struct options_memory *memory; /* what the parser allocated; wiped when freed */
};

/* Parse argv, with these subcommands (borrowed, as argv is), on top of the config file (the
 * manual's CONFIGURATION) and --from-curl. Reads the files that options name (-H @FILE, secrets as
 * @FILE or env:NAME). On failure -1 and *e (EXIT_USAGE): the option as typed, or the file and the
 * line, what it takes, the nearest spelling of an unknown one. --help and --version take effect
 * before anything is read. argv is borrowed for the life of *o; secrets in argv (-u, --bearer,
 * --cookie, --pass, --header-cmd, --var, -H of a credential, userinfo and secret parameters of
 * URLs) are overwritten there after copying, so that ps does not show them. *o points into itself
 * (handshake.url): it must stay where it is. options_clear is due after a failure too.
 */
int options_parse(struct options *o, const struct verbs *verbs, int argc, char **argv,
                  struct err *e);
void options_clear(struct options *o);

/* After a failure with e->at >= 0: append the text in which e->at is an offset (the URL, or the
 * value of an option) and a caret line below, both indented by two blanks. Passwords and secret
 * query parameters appear as '*', control bytes escaped; what is longer than 70 columns is cut
 * around the caret. Nothing is appended if there is nothing to point at. 0, or -1 (memory; what
 * fitted is there). */
int options_point(struct buf *out, const struct options *o, const struct err *e);

#endif
