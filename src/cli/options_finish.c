#include "cli/options_private.h"

#include "net/idn.h"

#include <stdio.h>
#include <stdlib.h>

/* Pings go out this often when only their time-out was given: below the shortest idle limits of
 * common proxies. */
#define PING_INTERVAL_US 25000000u

/* A single word is more likely a misspelt command than a host: a URL has a dot, a colon or a slash.
 */
static bool looks_like_url(const char *text)
{
    return strpbrk(text, ".:/@[?#") != NULL || strcmp(text, "localhost") == 0 || text[0] == '\0';
}

/* A '/', '?' or '#' in a password ends the authority too early, and the message of url_parse would
 * show the password. Report the cause instead. */
static void blame_userinfo(const char *text, struct err *e)
{
    size_t start, len, before;

    if (!options_userinfo(text, &start, &len))
        return;
    before = strcspn(text + start, "/?#");
    if (before >= len)
        return;
    usage_error(e, "\"%c\" in the user name or password of a URL is written %%%02X",
                text[start + before], (unsigned)text[start + before]);
    e->at = (long)(start + before);
}

/* A host beyond ASCII must be one that DNS can hold (RFC 5890, section 2.3.2.1). */
static int check_idn(struct options *o, struct err *e)
{
    char *ascii = idn_to_ascii(o->connect.url.host, e);
    const char *host = strcasestr(o->connect.url_text, o->connect.url.host);

    if (ascii) {
        free(ascii);
        return 0;
    }
    if (e->code != EXIT_USAGE)
        return -1;
    e->at = host ? (long)(host - o->connect.url_text) + e->at : -1;
    o->memory->point = o->connect.url_text;
    o->memory->point_url = true;
    return -1;
}

/* Of the command that was named, or of all, from their table; the lines are aligned after
 * "  hint: ". */
static void hint_usage(const struct verbs *verbs, const struct verb *named, struct err *e)
{
    char text[sizeof e->hint] = "";
    size_t len = 0;

    if (named) {
        err_hint(e, "usage: wscope %s %s", named->name, named->usage);
        return;
    }
    for (size_t i = 0; i < verbs->count && len < sizeof text; i++) {
        const struct verb *verb = verbs->rows[i];

        len += (size_t)snprintf(text + len, sizeof text - len, "%swscope%s%s%s%s",
                                i ? "\n               " : "usage: ", i ? " " : "", verb->name,
                                verb->usage[0] ? " " : "", verb->usage);
    }
    err_hint(e, "%s", text);
}

/* A word that is not a URL: a misspelt command, a port, or a host. */
static int blame_word(const struct verbs *verbs, const char *word, struct err *e)
{
    const char *nearest = verb_nearest(verbs, word);
    char list[160] = "";
    size_t len = 0;

    usage_error(e, "\"%s\" is neither a URL nor a command%s%s%s", options_quote(word).text,
                nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
    if (word[strspn(word, "0123456789")] == '\0') {
        err_hint(
            e,
            "\":%.5s\" connects to that port of this machine, \"wscope serve %.5s\" listens there",
            word, word);
        return -1;
    }
    for (size_t i = 1; i < verbs->count && len < sizeof list; i++)
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i > 1 ? ", " : "",
                                verbs->rows[i]->name);
    err_hint(e,
             "the commands are %s; a host of one word is written with its scheme, as in ws://name/",
             list);
    return -1;
}

/* "--idle 90": a value that need not be given has to be joined to its option. False: there is no
 * such option. */
static bool blame_blank(const struct options_parsing *p, struct err *e)
{
    const struct option_use *use = NULL;

    for (size_t i = 0; i < p->use_count; i++) {
        if (p->uses[i].row->arg == OPTION_OPTIONAL && !p->uses[i].value &&
            p->uses[i].layer == LAYER_LINE)
            use = &p->uses[i];
    }
    if (!use || !p->surplus)
        return false;
    usage_error(e, "\"%s\" is not a URL", options_quote(p->operand).text);
    err_hint(e, "if it is the value of %s, write %s%s%s", use->typed, use->typed,
             strncmp(use->typed, "--", 2) == 0 ? "=" : "", options_quote(p->operand).text);
    return true;
}

int options_take_url(struct options_parsing *p, struct err *e)
{
    struct options *o = p->o;

    if (!looks_like_url(p->operand) && blame_blank(p, e))
        return -1;
    if (!looks_like_url(p->operand))
        return blame_word(p->verbs, p->operand, e);
    if (p->surplus) {
        /* Not quoted: it may be a secret that lost its option. */
        usage_error(e, "there is more than one URL: wscope%s%s takes one", p->verb ? " " : "",
                    p->verb ? p->verb->name : "");
        err_hint(e,
                 "quote what has blanks, and give a value alone only to an option that takes one");
        return -1;
    }
    o->connect.url_text = p->operand;
    if (url_parse(&o->connect.url, o->connect.url_text, e) != 0) {
        blame_userinfo(o->connect.url_text, e);
        o->memory->point = o->connect.url_text;
        o->memory->point_url = true;
        return -1;
    }
    return check_idn(o, e);
}

/* An option whose value cannot be a URL, and is one. */
static const struct option_use *taken_url(const struct options_parsing *p)
{
    static const char *const other[] = {"SEC", "N", "SIZE", "X", "KIND"};

    for (size_t i = 0; i < p->use_count; i++) {
        const struct option_use *use = &p->uses[i];
        bool no_url = use->row->values && strchr(use->row->values, '|');

        for (size_t k = 0; k < sizeof other / sizeof other[0] && use->row->metavar; k++)
            no_url |= strcmp(use->row->metavar, other[k]) == 0;
        if (no_url && use->layer == LAYER_LINE && use->value && strstr(use->value, "://"))
            return use;
    }
    return NULL;
}

int options_url_operand(struct options_parsing *p, struct err *e)
{
    const struct option_use *taken = p->operand ? NULL : taken_url(p);

    if (options_http_operand(p, e) != 0)
        return -1;
    if (p->operand)
        return options_take_url(p, e);
    if (taken) { /* not quoted: it may hold a password */
        usage_error(e, "no URL was given: it was taken as the value of %s", taken->typed);
        err_hint(e, "%s takes a value, %s: %s", taken->typed, taken->row->metavar,
                 taken->row->help);
        return -1;
    }
    usage_error(e, "no URL was given");
    hint_usage(p->verbs, p->verb, e);
    return -1;
}

/* True if -u or --bearer was given in the layer of the URL or in a stronger one. */
static bool credentials_given(const struct options_parsing *p)
{
    const struct option_use *user = options_given(p, "--user");
    const struct option_use *bearer = options_given(p, "--bearer");
    enum option_layer url = p->curl_url ? LAYER_CURL : LAYER_LINE;

    return (user && user->layer >= url) || (bearer && bearer->layer >= url);
}

/* "user:password" of the URL becomes Basic credentials; -u and --bearer count more. */
static int url_credentials(struct options_parsing *p, struct err *e)
{
    const struct url *url = &p->o->connect.url;
    size_t user_len, password_len;
    char *text;

    if (!url->user || (url->user[0] == '\0' && !url->password) || credentials_given(p))
        return 0;
    options_outrank_header(p, p->curl_url ? LAYER_CURL : LAYER_LINE, "Authorization");
    user_len = strlen(url->user);
    password_len = url->password ? strlen(url->password) : 0;
    text = options_alloc(p->o->memory, user_len + 1 + password_len + 1);
    if (!text)
        return options_nomem(e);
    memcpy(text, url->user, user_len);
    text[user_len] = ':';
    if (password_len)
        memcpy(text + user_len + 1, url->password, password_len);
    return options_basic(p, text, user_len, e);
}

/* "--from-curl @-" has taken all of stdin. */
static int check_curl_stdin(const struct options_parsing *p, size_t sends, struct err *e)
{
    static const char *const readers[] = {"--whole", "--chunk", "--crlf", "--wait"};

    if (sends > 0)
        return usage_error(e, "\"@-\" is given twice, and stdin can be read once");
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        const struct option_use *use = options_given(p, readers[i]);

        if (use && use->layer == LAYER_LINE)
            return usage_error(
                e, "--from-curl @- reads all of stdin, and %s is about messages there", use->typed);
    }
    return 0;
}

/* "-e @-" takes all of stdin, so nothing else can. */
static int check_stdin_sends(const struct options_parsing *p, struct err *e)
{
    static const char *const readers[] = {"--no-input", "--echo", "--whole", "--chunk"};
    const struct pipe_options *pipe = &p->o->pipe;
    size_t count = 0;

    for (size_t i = 0; i < pipe->send_count; i++)
        count += strcmp(pipe->sends[i], "@-") == 0;
    if (p->curl_stdin)
        return check_curl_stdin(p, count, e);
    if (count == 0)
        return 0;
    if (count > 1)
        return usage_error(e, "\"@-\" is given twice, and stdin can be read once");
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        const struct option_use *use = options_given(p, readers[i]);

        if (use)
            return usage_error(e, "\"@-\" reads all of stdin as one message, which contradicts %s",
                               use->typed);
    }
    return 0;
}

/* Two options that are wrong together: the weaker one is where to look. */
static int blame_weaker(const struct options_parsing *p, const char *a, const char *b,
                        struct err *e)
{
    const struct option_use *use_a = options_given(p, a), *use_b = options_given(p, b);

    return options_blame(use_a->layer < use_b->layer ? use_a : use_b, e);
}

static int finish_connect(struct options_parsing *p, struct err *e)
{
    struct options *o = p->o;
    const struct tls_config *tls = &o->connect.dial.tls;

    if (tls->min && tls->max && tls->min > tls->max) {
        usage_error(e, "--tls-min 1.%d is above --tls-max 1.%d", tls->min - 10, tls->max - 10);
        return blame_weaker(p, "--tls-min", "--tls-max", e);
    }
    if (o->connect.url.ipv6 && o->connect.dial.family == DIAL_IPV4) {
        usage_error(e, "-4 asks for IPv4, and the URL has an IPv6 address");
        return options_blame(options_given(p, "-4"), e);
    }
    if (check_stdin_sends(p, e) != 0 || url_credentials(p, e) != 0 ||
        options_finish_retry(p, e) != 0 || options_check_above(p, e) != 0)
        return -1;
    if (o->connect.ws.ping_timeout_us && !o->connect.ws.ping_interval_us)
        o->connect.ws.ping_interval_us = PING_INTERVAL_US;
    if (o->view.nul && o->pipe.input == INPUT_LINES)
        o->pipe.input = INPUT_NUL;
    o->pipe.wait_given = options_given(p, "--wait") != NULL;
    return 0;
}

int options_finish(struct options_parsing *p, struct err *e)
{
    return options_in(p, OPTIONS_DIAL | OPTIONS_PROBE) ? finish_connect(p, e) : 0;
}
