/* /header and /option: what later connections are made with. Each applies to the server for which
 * it was set; of the command line's options only those without secrets apply to other servers. */
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"
#include "cli/table.h"
#include "cli/words.h"
#include "proto/url_resolve.h"
#include "sink/redact.h"
#include "verb/connect/repl_private.h"

struct repl_option {
    struct repl_option *next;
    struct url server;
    const struct option_row *row;
    char *word; /* "--name=value" or "--name" */
};

static void option_free(struct repl_option *o)
{
    url_clear(&o->server);
    words_wipe(o->word);
    free(o);
}

void repl_options_clear(struct repl *r)
{
    while (r->options) {
        struct repl_option *o = r->options;

        r->options = o->next;
        option_free(o);
    }
}

/* --- words --------------------------------------------------------------------------------------
 */

static bool names(const char *word, const char *const *list, size_t count)
{
    size_t len = strcspn(word, "=");

    for (size_t i = 0; i < count; i++) {
        if (len == strlen(list[i]) + 2 && strncmp(word + 2, list[i], len - 2) == 0)
            return true;
    }
    return false;
}

/* A word of the command line that applies to this server: the URL is named anew, and another server
 * gets nothing that may be a secret. */
static bool applies(const struct repl *r, const char *word, bool elsewhere)
{
    static const char *const urls[] = {"poll", "sse"};
    static const char *const own[] = {"header", "header-cmd", "subprotocol", "cert",
                                      "key",    "pass",       "fallback"};
    const struct option_row *row;

    if (names(word, urls, sizeof urls / sizeof *urls))
        return false;
    if (!elsewhere)
        return true;
    row = options_row_named(r->app->verbs, word + 2, strcspn(word + 2, "="));
    return !names(word, own, sizeof own / sizeof *own) &&
           !(row && row->values && strcmp(row->values, "SECRET") == 0);
}

/* --- targets ------------------------------------------------------------------------------------
 */

static bool is_for(const struct repl_option *o, const struct url *server)
{
    return url_same_origin(&o->server, server);
}

static void put_options(struct words *w, const struct repl_option *o, const struct url *server)
{
    if (!o)
        return;
    put_options(w, o->next, server); /* the oldest is first */
    if (is_for(o, server))
        words_put(w, strdup(o->word));
}

/* The URL that the options name, as it was typed; NULL in the tour. */
static const char *home_text(const struct connect_options *o)
{
    return o->url_text ? o->url_text : o->http.poll ? o->http.poll : o->http.sse;
}

static struct connection *options_for(struct repl *r, const char *text, enum event_channel kind,
                                      const struct url *server, struct err *e)
{
    const struct connect_options *o = r->app->connect;
    const bool elsewhere = o->url.host && !url_same_origin(&o->url, server);
    struct connection *made = NULL;
    struct words w = {0};

    words_put(&w, strdup("wscope"));
    words_put(&w, strdup("--no-config")); /* it was read at the start */
    for (size_t i = 0; i < o->given.count; i++) {
        if (applies(r, o->given.words[i], elsewhere))
            words_put(&w, strdup(o->given.words[i]));
    }
    put_options(&w, r->options, server);
    if (kind != CHANNEL_WS) {
        words_put(&w, words_option(kind == CHANNEL_SSE ? "sse" : "poll", text));
    } else {
        words_put(&w, strdup("--"));
        words_put(&w, strdup(text));
    }
    if (w.failed)
        err_nomem(e, STAGE_USAGE, "reading options");
    else
        made = connection_new(r->app->verbs, (int)w.count, w.items, e);
    words_clear(&w);
    return made;
}

static bool any_for(const struct repl *r, const struct url *server)
{
    for (const struct repl_option *o = r->options; o; o = o->next) {
        if (is_for(o, server))
            return true;
    }
    return false;
}

static struct target *with_options(struct repl *r, const char *text, enum event_channel kind,
                                   const struct url *server, struct err *e)
{
    const char *named = text ? text : home_text(r->app->connect);
    struct connection *own = options_for(r, named, kind, server, e);
    struct target *t =
        own ? target_new(own->connect, NULL, kind, r->app->start_us, REPL_MAX_MESSAGE, e) : NULL;

    if (!t) {
        connection_free(own);
        return NULL;
    }
    t->options = own;
    t->text = text ? strdup(text) : NULL;
    if (text && !t->text) {
        err_nomem(e, STAGE_USAGE, "taking the URL");
        target_free(t);
        return NULL;
    }
    return t;
}

/* "/feed" and "?since=1" are of the server of the session. Caller frees; NULL with *e. */
static char *resolved(const struct repl *r, const char *text, enum event_channel kind,
                      struct err *e)
{
    struct url url = {0};
    char *whole;

    if (text[0] != '/' && text[0] != '?') {
        whole = strdup(text);
    } else if (url_resolve(&url, &r->target->url, slice_str(text), e) < 0) {
        e->code = EXIT_USAGE;
        return NULL;
    } else {
        whole = kind == CHANNEL_WS ? url_print(&url) : url_print_http(&url);
        url_clear(&url);
    }
    if (!whole)
        err_nomem(e, STAGE_USAGE, "taking the URL");
    return whole;
}

/* A relative URL is of the same server, so the credentials that came with the session's apply. */
static int keep_authorization(struct target *t, const struct target *from, struct err *e)
{
    if (!from->authorization || t->authorization || !url_same_origin(&t->url, &from->url))
        return 0;
    t->authorization = strdup(from->authorization);
    t->config.ws.handshake.authorization = t->authorization;
    return t->authorization ? 0 : err_nomem(e, STAGE_USAGE, "taking the URL");
}

static struct target *named_target(struct repl *r, const char *text, enum event_channel kind,
                                   struct err *e)
{
    enum event_channel found = kind;
    struct url server = {0};
    struct target *t;

    if (url_parse(&server, options_http_url(text, &found), e) < 0)
        return NULL;
    if (any_for(r, &server))
        t = with_options(r, found == kind ? text : options_http_url(text, &found), found, &server,
                         e);
    else
        t = target_new(r->app->connect, text, kind, r->app->start_us, REPL_MAX_MESSAGE, e);
    url_clear(&server);
    return t;
}

struct target *repl_target(struct repl *r, const char *url, enum event_channel kind, struct err *e)
{
    struct target *t;
    char *text;

    if (!url) {
        kind = r->target->config.channel;
        return with_options(r, r->target->text, kind, &r->target->url, e);
    }
    text = resolved(r, url, kind, e);
    if (!text)
        return NULL;
    t = named_target(r, text, kind, e);
    if (t && text[0] && (url[0] == '/' || url[0] == '?') &&
        keep_authorization(t, r->target, e) < 0) {
        target_free(t);
        t = NULL;
    }
    words_wipe(text);
    return t;
}

/* --- what is set --------------------------------------------------------------------------------
 */

/* "header  Authorization: <redacted, 12 bytes>" */
static int put_shown(struct buf *out, const struct repl_option *o)
{
    const char *value = strchr(o->word, '=');
    const char *colon = value ? strchr(value, ':') : NULL;
    bool utf8 = false;

    if (buf_printf(out, "%s", o->row->name) < 0)
        return -1;
    if (!value)
        return buf_append_str(out, "\n");
    value++;
    if (buf_append_str(out, "  ") < 0)
        return -1;
    if (strcmp(o->row->name, "header") == 0 && colon) {
        struct slice name = slice_make(value, (size_t)(colon - value));
        const char *rest = colon + 1 + strspn(colon + 1, " ");

        if (buf_append_slice(out, name) < 0 || buf_append_str(out, ": ") < 0 ||
            (secret_field_likely(name) ? redact_mark(out, strlen(rest), utf8)
                                       : redact_field(out, name, slice_str(rest), utf8)) < 0)
            return -1;
    } else if (option_takes_file(o->row) || secret_in_text(slice_str(o->word))) {
        if (redact_mark(out, strlen(value), utf8) < 0)
            return -1;
    } else if (redact_target(out, slice_str(value), utf8) < 0) {
        return -1;
    }
    return buf_append_str(out, "\n");
}

static int list(struct repl *r, const struct repl_option *o, struct buf *out)
{
    if (!o)
        return 0;
    return list(r, o->next, out) < 0 || (is_for(o, &r->target->url) && put_shown(out, o) < 0) ? -1
                                                                                              : 0;
}

static int say_options(struct repl *r, struct err *e)
{
    struct buf text;
    int failed;

    buf_init(&text, (size_t)1 << 20);
    failed = list(r, r->options, &text);
    if (!failed && text.len == 0)
        failed = buf_append_str(&text, "nothing was set here for this server\n");
    if (!failed)
        screen_say(&r->screen, buf_slice(&text));
    buf_clear(&text);
    return failed ? err_nomem(e, STAGE_IO, "listing the options") : 0;
}

static int unknown(const char *name, struct err *e)
{
    const char *nearest = options_nearest_of_connection(name, strlen(name));

    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "unknown option \"%s\"%s%s%s", name,
                   nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                   nearest ? "\"?" : "");
}

static int check_row(const struct option_row *row, const char *value, struct err *e)
{
    static const char *const urls[] = {"poll", "sse", "fault", "seed"};
    static const char *const instead[] = {"/poll URL polls", "/poll sse+URL receives events",
                                          "/fault arms faults",
                                          "--seed has to be given at the start"};

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        if (strcmp(row->name, urls[i]) == 0)
            return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "--%s can't be set here: %s", row->name,
                           instead[i]);
    }
    if (!option_is_of_connection(row)) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "--%s is not an option of a connection", row->name);
        err_hint(e, "/set changes how things are shown");
        return -1;
    }
    if (row->arg == OPTION_VALUE && !value)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s takes a value, %s: %s", row->name,
                       row->metavar, row->help);
    if (row->arg == OPTION_FLAG && value)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s takes no value", row->name);
    return 0;
}

int repl_option(void *ctx, const char *name, const char *value, struct err *e)
{
    struct repl *r = ctx;
    const struct option_row *row;
    struct repl_option *o;
    struct target *t;

    if (!name)
        return say_options(r, e);
    row = options_row_named(r->app->verbs, name, strlen(name));
    if (!row || !row->name)
        return unknown(name, e);
    if (check_row(row, value, e) < 0)
        return -1;
    o = calloc(1, sizeof *o);
    if (!o || url_copy(&o->server, &r->target->url) < 0 || !(o->word = words_option(name, value))) {
        if (o)
            option_free(o);
        return err_nomem(e, STAGE_USAGE, "setting the option");
    }
    o->row = row;
    o->next = r->options;
    r->options = o;
    t = repl_target(r, NULL, CHANNEL_WS, e); /* is it possible, together with the others? */
    if (t) {
        target_free(t);
        return 0;
    }
    e->at = -1;
    r->options = o->next;
    option_free(o);
    return -1;
}
