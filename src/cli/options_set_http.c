/* Setters of polling and SSE, and which channel a line of options names. */
#include "cli/options_private.h"

#include "proto/http1.h"

/* "sse+http://..." selects the channel. */
#define SSE_PREFIX "sse+"

int options_set_method(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    if (!http1_is_token(slice_str(use->value)))
        return usage_error(e, "%s takes a method of HTTP (\"GET\", \"POST\"), not \"%s\"",
                           use->typed, options_quote(use->value).text);
    p->o->connect.http.method = use->value;
    return 0;
}

int options_set_data(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    const char *text = use->value;

    if (text[0] == '@') {
        text = options_read_file(p, use, use->value + 1, e);
        if (!text)
            return -1;
    }
    p->o->connect.http.data = slice_str(text);
    return 0;
}

const char *options_http_url(const char *text, enum event_channel *channel)
{
    if (strncasecmp(text, SSE_PREFIX, sizeof SSE_PREFIX - 1) != 0)
        return text;
    *channel = CHANNEL_SSE;
    return text + sizeof SSE_PREFIX - 1;
}

static int blame_url(struct options_parsing *p, const struct option_use *use, long at,
                     struct err *e)
{
    e->at = at;
    p->o->memory->point = use->value;
    p->o->memory->point_url = true;
    return -1;
}

/* text, at or in use->value, has no scheme but http and https (or one of a unix socket). */
static int options_http_check(struct options_parsing *p, const struct option_use *use,
                              const char *text, struct err *e)
{
    if (strncasecmp(text, "ws+unix:", 8) != 0 && strncasecmp(text, "http", 4) != 0 &&
        strstr(text, "://")) {
        usage_error(e, "%s takes a URL of http:// or https://, not \"%.*s://\"", use->typed,
                    (int)strcspn(text, ":"), text);
        return blame_url(p, use, text - use->value, e);
    }
    return 0;
}

int options_http_parse(struct options_parsing *p, const struct option_use *use, const char *text,
                       struct url *url, struct err *e)
{
    struct err why;

    if (options_http_check(p, use, text, e) != 0)
        return -1;
    if (url_parse(url, text, &why) < 0) {
        usage_error(e, "%s: %s", use->typed, why.text);
        err_hint(e, "%s", why.hint);
        return blame_url(p, use, why.at < 0 ? -1 : why.at + (text - use->value), e);
    }
    return 0;
}

int options_set_fallback(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct http_options *o = &p->o->connect.http;
    enum event_channel channel = CHANNEL_POLL;
    struct url url;

    if (options_http_parse(p, use, options_http_url(use->value, &channel), &url, e) < 0) {
        err_hint(e, "http://host/feed.json is polled, sse+https://host/feed is an event stream");
        return -1;
    }
    url_clear(&o->fallback);
    o->fallback = url;
    o->fallback_channel = channel;
    o->fallback_text = use->value;
    return 0;
}

/* With --poll or --sse alone that URL is the one. */
int options_http_operand(struct options_parsing *p, struct err *e)
{
    const struct option_use *poll = options_given(p, "--poll");
    const struct option_use *sse = options_given(p, "--sse");
    const struct option_use *use = sse ? sse : poll;
    const char *text;

    if (!use)
        return 0;
    if (p->operand) {
        usage_error(e, "%s and another URL: one connection has one channel", use->typed);
        err_hint(e, "--fallback URL polls while the WebSocket at the other URL is unavailable");
        return options_blame(use, e);
    }
    p->o->connect.http.channel = sse ? CHANNEL_SSE : CHANNEL_POLL;
    text = options_http_url(use->value, &p->o->connect.http.channel);
    if (options_http_check(p, use, text, e) != 0)
        return -1;
    p->operand = (char *)text;
    return 0;
}
