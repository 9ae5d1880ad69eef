/*
 * demo: the embedded server and a client of it in one process: a commented tour of what wscope
 * shows.
 */
#ifndef FRONT_DEMO_H
#define FRONT_DEMO_H

#include "cli/options.h"

/* Returns the exit code of the tour's session. */
enum exit_code demo_run(const struct options *o, uint64_t start_us);

#endif
