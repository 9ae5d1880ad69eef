/*
 * target: the target of a session: a URL, and the session's settings for it. Made from the options,
 * and for another URL that the user names later.
 */
#ifndef APP_TARGET_H
#define APP_TARGET_H

#include "cli/connection.h"
#include "cli/groups.h"
#include "proto/withhold.h"
#include "session/session.h"

struct target {
    struct url url;
    struct session_config config; /* points into this and into the options */
    char *text;                   /* the URL as typed, NULL: that of the options */
    char *authorization;          /* from the URL's userinfo, or NULL */
    struct connection *options;   /* owned, if they are its own and not the program's; or NULL */
    struct withheld withheld; /* what of the options is not sent, as the URL has another origin */
};

/* text: the URL, for a channel of that kind ("sse+http..." is always a stream), or NULL for that of
 * the options. NULL with *e. */
struct target *target_new(const struct connect_options *o, const char *text,
                          enum event_channel kind, uint64_t start_us, uint64_t max_message,
                          struct err *e);
/* The same, for another channel of the same service: the credentials of the options are sent
 * wherever it is. */
struct target *target_beside(const struct connect_options *o, const char *text,
                             enum event_channel kind, uint64_t start_us, uint64_t max_message,
                             struct err *e);
/* A URL as it may be shown. Caller frees; NULL: memory. */
char *target_shown_url(const struct url *url, bool show_secrets);

/* NULL is fine. Its secrets are wiped. */
void target_free(struct target *t);

#endif
