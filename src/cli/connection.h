/*
 * connection: the options of one connection, from words that are not the user's command line: the
 * settings of a script, a step of the tour.
 */
#ifndef CLI_CONNECTION_H
#define CLI_CONNECTION_H

#include "cli/groups.h"
#include "cli/verb.h"

struct connection {
    const struct connect_options *connect;
    const struct fault_options *fault;
};

/* argv: as main gets it, without a subcommand; secrets in it are overwritten. Borrowed for the life
 * of the connection. NULL with *e. */
struct connection *connection_new(const struct verbs *verbs, int argc, char **argv, struct err *e);
/* NULL is fine. */
void connection_free(struct connection *c);

#endif
