#include "cli/from_curl.h"

#include "base/codec.h"
#include "base/utf8.h"
#include "cli/options_private.h"
#include "cli/shell_words.h"

#include <stdio.h>
#include <stdlib.h>

/* What becomes of an option of curl. */
enum kind {
    SKIP,    /* a flag without meaning here */
    FLAG,    /* a flag of ours */
    PRESET,  /* a flag that is an option of ours with `text` as its value */
    VALUE,   /* an option of ours with the same value, taken literally */
    SCHEME,  /* the same, with `text` before the value */
    LIMIT,   /* seconds; 0 means none and is omitted */
    HEADER,  /* -H */
    FIELD,   /* the value of the header `text` */
    COOKIE,  /* -b */
    CERT,    /* FILE[:PASS] */
    RESOLVE, /* [+]HOST:PORT:ADDR */
    METHOD,  /* -X */
    ADDRESS, /* --url */
    BODY     /* there is no such part in an opening handshake (RFC 6455, section 4.1) */
};

struct curl_option {
    char letter;
    const char *name;
    enum kind kind;
    const char *ours, *text;
};

static const struct curl_option table[] = {
    {'H', "header", HEADER, "--header", NULL},
    {'b', "cookie", COOKIE, "--cookie", NULL},
    {'A', "user-agent", VALUE, "--user-agent", NULL},
    {'e', "referer", FIELD, "--header", "Referer: "},
    {'u', "user", VALUE, "--user", NULL},
    {0, "oauth2-bearer", VALUE, "--bearer", NULL},
    {0, "basic", SKIP, NULL, NULL},
    {'k', "insecure", FLAG, "--insecure", NULL},
    {0, "cacert", VALUE, "--cacert", NULL},
    {0, "capath", VALUE, "--capath", NULL},
    {'E', "cert", CERT, "--cert", NULL},
    {0, "key", VALUE, "--key", NULL},
    {0, "pass", VALUE, "--pass", NULL},
    {0, "pinnedpubkey", VALUE, "--pinnedpubkey", NULL},
    {0, "tlsv1.2", PRESET, "--tls-min", "1.2"},
    {0, "tlsv1.3", PRESET, "--tls-min", "1.3"},
    {0, "tls-max", VALUE, "--tls-max", NULL},
    {'x', "proxy", VALUE, "--proxy", NULL},
    {0, "socks5", SCHEME, "--proxy", "socks5://"},
    {0, "socks5-hostname", SCHEME, "--proxy", "socks5h://"},
    {0, "noproxy", VALUE, "--noproxy", NULL},
    {0, "resolve", RESOLVE, "--resolve", NULL},
    {0, "connect-to", VALUE, "--connect-to", NULL},
    {0, "interface", VALUE, "--interface", NULL},
    {'4', "ipv4", FLAG, "-4", NULL},
    {'6', "ipv6", FLAG, "-6", NULL},
    {'L', "location", FLAG, "--location", NULL},
    {0, "max-redirs", VALUE, "--max-redirects", NULL},
    {'m', "max-time", LIMIT, "--max-time", NULL},
    {0, "connect-timeout", LIMIT, "--connect-timeout", NULL},
    {'i', "include", FLAG, "--include", NULL},
    {0, "show-headers", FLAG, "--include", NULL},
    {'v', "verbose", FLAG, "--verbose", NULL},
    {'X', "request", METHOD, NULL, NULL},
    {0, "url", ADDRESS, NULL, NULL},
    {0, "compressed", SKIP, NULL, NULL},
    {'s', "silent", SKIP, NULL, NULL},
    {'S', "show-error", SKIP, NULL, NULL},
    {'f', "fail", SKIP, NULL, NULL},
    {0, "fail-with-body", SKIP, NULL, NULL},
    {'g', "globoff", SKIP, NULL, NULL},
    {'N', "no-buffer", SKIP, NULL, NULL},
    {'#', "progress-bar", SKIP, NULL, NULL},
    {0, "no-progress-meter", SKIP, NULL, NULL},
    {0, "path-as-is", SKIP, NULL, NULL},
    {0, "http1.1", SKIP, NULL, NULL},
    {0, "http2", SKIP, NULL, NULL},
    {'d', "data", BODY, NULL, NULL},
    {0, "data-ascii", BODY, NULL, NULL},
    {0, "data-binary", BODY, NULL, NULL},
    {0, "data-raw", BODY, NULL, NULL},
    {0, "data-urlencode", BODY, NULL, NULL},
    {0, "json", BODY, NULL, NULL},
    {'F', "form", BODY, NULL, NULL},
    {0, "form-string", BODY, NULL, NULL},
    {'T', "upload-file", BODY, NULL, NULL},
};

/* The command while it is read. */
struct reading {
    struct options_parsing *p;
    struct err *e;
    char *next; /* the first of the `left` words still to be read */
    long left;
    char *url;
    char *host;    /* the value of a Host header, until the URL is known */
    size_t cookie; /* the index of the use with the cookies, plus 1; 0: none so far */
};

/* The option now looked at. */
struct found {
    const struct curl_option *option;
    char typed[24];
    char *value;
};

static int cannot(struct reading *r, const char *what, const char *why)
{
    usage_error(r->e, "--from-curl: %s %s", what, why);
    err_hint(r->e,
             "remove it from the command, and use an option of wscope in addition to --from-curl");
    return -1;
}

/* One use of our option `spelling`, with the unchanged value. */
static int add(struct reading *r, const struct found *f, const char *spelling, char *value)
{
    const struct option_row *row = options_row(r->p->verbs, spelling);
    struct option_use *use;

    if (!row)
        return cannot(r, f->typed, "has no equivalent here");
    use = options_add_use(r->p, row, LAYER_CURL, r->e);
    if (!use)
        return -1;
    memcpy(use->typed, f->typed, sizeof use->typed);
    use->value = value;
    use->literal = true;
    return 0;
}

/* Both texts in one; NULL with *e. */
static char *join(struct reading *r, const char *a, const char *b, const char *c)
{
    size_t a_len = strlen(a), b_len = strlen(b), c_len = strlen(c);
    char *text = options_alloc(r->p->o->memory, a_len + b_len + c_len + 1);

    if (!text) {
        options_nomem(r->e);
        return NULL;
    }
    memcpy(text, a, a_len);
    memcpy(text + a_len, b, b_len);
    memcpy(text + a_len + b_len, c, c_len);
    return text;
}

/* Cookies given several times are one field (RFC 6265, section 5.4), as curl sends them. */
static int add_cookie(struct reading *r, const struct found *f, char *value)
{
    struct option_use *use;
    char *text;

    if (r->cookie == 0) {
        if (add(r, f, "--cookie", value) != 0)
            return -1;
        r->cookie = r->p->use_count;
        return 0;
    }
    use = &r->p->uses[r->cookie - 1];
    text = join(r, use->value, "; ", value);
    if (!text)
        return -1;
    use->value = text;
    return 0;
}

/* "a, b" as two options. */
static int add_subprotocols(struct reading *r, const struct found *f, char *list)
{
    char *next;

    for (char *at = list; at; at = next) {
        size_t len;

        next = strchr(at, ',');
        if (next)
            *next++ = '\0';
        at += strspn(at, " \t");
        for (len = strlen(at); len > 0 && strchr(" \t", at[len - 1]); len--)
            at[len - 1] = '\0';
        if (*at && add(r, f, "--subprotocol", at) != 0)
            return -1;
    }
    return 0;
}

/* "Name: value", "Name:" (do not send it), "Name;" (send it empty) or "@FILE", all as -H here. */
static int add_header(struct reading *r, const struct found *f, char *line)
{
    size_t len = strcspn(line, ":;");
    char *value = line + len + strspn(line + len, ":");
    enum curl_header becomes = from_curl_header(line, len);

    if (line[0] == '@') {
        if (add(r, f, "--header", line) != 0)
            return -1;
        r->p->uses[r->p->use_count - 1].literal = false; /* a file of headers is so here too */
        return 0;
    }
    if (becomes == CURL_HEADER_DROP)
        return 0;
    value += strspn(value, " \t");
    if (line[len] != ':' || *value == '\0')
        return add(r, f, "--header", line);
    switch (becomes) {
    case CURL_HEADER_HOST:
        r->host = value;
        return 0;
    case CURL_HEADER_SUBPROTOCOLS:
        return add_subprotocols(r, f, value);
    case CURL_HEADER_ORIGIN:
        return add(r, f, "--origin", value);
    case CURL_HEADER_USER_AGENT:
        return add(r, f, "--user-agent", value);
    case CURL_HEADER_COOKIE:
        return add_cookie(r, f, value);
    default:
        return add(r, f, "--header", line);
    }
}

/* "FILE:PASS"; a backslash takes ':' and itself into the name, as curl has it. */
static int add_cert(struct reading *r, const struct found *f, char *value)
{
    char *in = value, *out = value;

    while (*in && *in != ':') {
        if (in[0] == '\\' && (in[1] == ':' || in[1] == '\\'))
            in++;
        *out++ = *in++;
    }
    if (*in && add(r, f, "--pass", in + 1) != 0)
        return -1;
    *out = '\0';
    return add(r, f, "--cert", value);
}

/* ";auto" after a referrer is for redirects. */
static int add_field(struct reading *r, const struct found *f, char *value)
{
    char *end = strstr(value, ";auto");
    char *line;

    if (end && end[5] == '\0')
        *end = '\0';
    if (!*value)
        return 0;
    line = join(r, f->option->text, value, "");
    return line ? add(r, f, "--header", line) : -1;
}

static int set_url(struct reading *r, char *url)
{
    if (r->url)
        return cannot(r, "a second URL", "is not supported: one connection at a time");
    r->url = url;
    return 0;
}

static bool no_limit(const char *text)
{
    uint64_t us;

    return seconds_parse(text, &us) == 0 && us == 0;
}

static int carry_over(struct reading *r, const struct found *f)
{
    char *value = f->value;

    switch (f->option->kind) {
    case SKIP:
        return 0;
    case FLAG:
        return add(r, f, f->option->ours, NULL);
    case PRESET:
        value = join(r, f->option->text, "", "");
        return value ? add(r, f, f->option->ours, value) : -1;
    case VALUE:
        return add(r, f, f->option->ours, value);
    case SCHEME:
        value = join(r, f->option->text, value, "");
        return value ? add(r, f, f->option->ours, value) : -1;
    case LIMIT:
        return no_limit(value) ? 0 : add(r, f, f->option->ours, value);
    case HEADER:
        return add_header(r, f, value);
    case FIELD:
        return add_field(r, f, value);
    case COOKIE:
        if (!strchr(value, '='))
            return cannot(r, f->typed, "names a file of cookies, which is not supported");
        return add_cookie(r, f, value);
    case CERT:
        return add_cert(r, f, value);
    case RESOLVE:
        return add(r, f, f->option->ours, value + (value[0] == '+'));
    case METHOD:
        if (strcmp(value, "GET") == 0)
            return 0;
        return cannot(r, f->typed, "asks for another method, and a WebSocket opens with GET");
    case ADDRESS:
        return set_url(r, value);
    case BODY:
        cannot(r, f->typed, "sends a body, and a WebSocket opens without one");
        err_hint(r->e, "remove it from the command; -e MSG sends a message once it is open");
        return -1;
    }
    return -1;
}

static bool takes_value(const struct curl_option *option)
{
    return option->kind > PRESET;
}

/* The next word, which may be cut into pieces from now on. */
static char *take_word(struct reading *r)
{
    char *word = r->next;

    r->next = shell_words_next(word);
    r->left--;
    return word;
}

/* The word after an option. NULL with *e: there is no word. */
static char *take_value(struct reading *r, const char *typed)
{
    if (r->left > 0)
        return take_word(r);
    cannot(r, typed, "has no value after it");
    err_hint(r->e, "was all of the command copied?");
    return NULL;
}

/* "--name". */
static int long_option(struct reading *r, const char *word)
{
    struct found f = {0};
    const char *name = word + 2;

    snprintf(f.typed, sizeof f.typed, "--%s", name);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].name, name) == 0)
            f.option = &table[i];
    }
    if (!f.option)
        return cannot(r, options_quote(word).text, "has no equivalent for a WebSocket");
    if (takes_value(f.option) && !(f.value = take_value(r, f.typed)))
        return -1;
    return carry_over(r, &f);
}

/* "-abc": flags, the last perhaps with its value. */
static int short_options(struct reading *r, char *word)
{
    for (char *at = word + 1; *at; at++) {
        struct found f = {0};
        char letter[2] = {*at, '\0'};

        snprintf(f.typed, sizeof f.typed, "-%.8s", options_quote(letter).text);
        for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
            if (table[i].letter == *at)
                f.option = &table[i];
        }
        if (!f.option)
            return cannot(r, f.typed, "has no equivalent for a WebSocket");
        if (!takes_value(f.option)) {
            if (carry_over(r, &f) != 0)
                return -1;
            continue;
        }
        f.value = at[1] ? at + 1 : take_value(r, f.typed);
        return f.value ? carry_over(r, &f) : -1;
    }
    return 0;
}

/* curl takes a URL without a scheme for http, and never sends a fragment. */
static char *curl_url(struct reading *r)
{
    char *url = r->url;
    char *fragment = strchr(url, '#');

    if (fragment && !strchr(fragment, '@')) /* else it may belong to a password: the URL is wrong */
        *fragment = '\0';
    return strstr(url, "://") ? url : join(r, "http://", url, "");
}

/* True if a Host field agrees with the URL. */
static bool host_is_of_url(const char *host, const char *text)
{
    struct url url;
    struct err ignored;
    char *field;
    bool same;

    if (url_parse(&url, text, &ignored) != 0)
        return true; /* the URL's own error comes later */
    field = url_host_field(&url);
    same = !field || strcasecmp(field, host) == 0;
    if (!same && strncasecmp(field, host, strlen(field)) == 0) {
        char port[8];

        snprintf(port, sizeof port, ":%u", url.port);
        same = strcmp(host + strlen(field), port) == 0; /* the default port, spelt out */
    }
    free(field);
    url_clear(&url);
    return same;
}

static int finish(struct reading *r)
{
    static const struct found header = {.typed = "-H"};
    char *line;

    if (!r->url)
        return 0;
    r->url = curl_url(r);
    if (!r->url)
        return -1;
    if (r->host && !host_is_of_url(r->host, r->url)) {
        line = join(r, "Host: ", r->host, "");
        if (!line || add(r, &header, "--header", line) != 0)
            return -1;
    }
    if (!r->p->operand) {
        r->p->operand = r->url;
        r->p->curl_url = true;
    }
    return 0;
}

static bool is_curl(const char *word)
{
    const char *slash = strrchr(word, '/');
    const char *name = slash ? slash + 1 : word;

    return strcmp(name, "curl") == 0 || strcasecmp(name, "curl.exe") == 0;
}

/* A program that makes quotes curly makes one long dash of "--". */
static char *plain_dashes(char *word)
{
    if (strncmp(word, "\xE2\x80\x93", 3) != 0 && strncmp(word, "\xE2\x80\x94", 3) != 0)
        return word;
    word[1] = word[2] = '-';
    return word + (word[3] && !word[4] ? 2 : 1);
}

int from_curl(struct options_parsing *p, char *command, struct err *e)
{
    struct reading r = {.p = p, .e = e, .next = command};
    struct err cause;

    r.next = command += utf8_mark(command);
    r.left = shell_words_split(command, e);
    if (r.left < 0) {
        cause = *e;
        usage_error(e, "--from-curl: %s", cause.text);
        err_hint(e, "%s", cause.hint);
        return -1;
    }
    if (r.left == 0 || !is_curl(take_word(&r))) {
        usage_error(e, "--from-curl takes a command that begins with \"curl\"");
        err_hint(e,
                 "in the browser's network view, choose \"Copy as cURL (bash)\" for the request");
        return -1;
    }
    while (r.left > 0) {
        char *word = plain_dashes(take_word(&r));
        int status;

        if (word[0] != '-' || word[1] == '\0')
            status = set_url(&r, word);
        else if (word[1] == '-')
            status = long_option(&r, word);
        else
            status = short_options(&r, word);
        if (status != 0)
            return -1;
    }
    return finish(&r);
}
