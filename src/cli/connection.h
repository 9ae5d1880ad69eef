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
/* Read [HOST:]PORT, where a proxy of a script listens; at->host points into text, which is changed.
 * 0, or -1 with *e. */
int connection_address(char *text, struct listen_options *at, struct err *e);
/* NULL is fine. */
void connection_free(struct connection *c);

#endif
