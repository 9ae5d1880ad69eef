/*
 * session_setup: from the options to what a session needs, the same for every front.
 */
#ifndef APP_SESSION_SETUP_H
#define APP_SESSION_SETUP_H

#include "cli/groups.h"
#include "session/session.h"

/* Borrowed parts of *o are referred to. default_max: --max-message if none was given. */
struct session_config session_setup(const struct connect_options *o, uint64_t start_us,
                                    uint64_t default_max);

#endif
