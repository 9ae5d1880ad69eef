#include "front/target.h"

#include <stdlib.h>

#include "base/codec.h"
#include "base/secret.h"
#include "front/session_setup.h"

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* RFC 6454, section 4: scheme, host and port. */
static bool same_origin(const struct url *a, const struct url *b)
{
    return a->scheme == b->scheme && a->port == b->port && same_text(a->host, b->host) &&
           same_text(a->zone, b->zone) && same_text(a->socket_path, b->socket_path);
}

/* Leave out what was meant for another server. 0 or -1 (memory). */
static int withhold(struct target *t)
{
    struct handshake_config *hs = &t->config.ws.handshake;
    size_t count = 0;

    t->withheld = hs->authorization != NULL || hs->cookie != NULL;
    hs->authorization = hs->cookie = NULL;
    if (hs->header_count == 0)
        return 0;
    t->headers = calloc(hs->header_count, sizeof *t->headers);
    if (!t->headers)
        return -1;
    for (size_t i = 0; i < hs->header_count; i++) {
        if (!hs->headers[i].remove && secret_field_likely(slice_str(hs->headers[i].name)))
            t->withheld = true;
        else
            t->headers[count++] = hs->headers[i];
    }
    hs->headers = t->headers;
    hs->header_count = count;
    return 0;
}

static void wipe(void *bytes, size_t n)
{
    if (n > 0)
        explicit_bzero(bytes, n);
}

/* RFC 7617, section 2. 0 or -1 (memory). */
static int take_userinfo(struct target *t)
{
    struct buf pair, value;
    int r = -1;

    if (!t->url.user || (!t->url.user[0] && !t->url.password))
        return 0;
    buf_init(&pair, 16384);
    buf_init(&value, 32768);
    if (buf_printf(&pair, "%s:%s", t->url.user, t->url.password ? t->url.password : "") == 0 &&
        buf_append_str(&value, "Basic ") == 0 && base64_encode(&value, buf_slice(&pair)) == 0)
        t->authorization = strndup((const char *)buf_data(&value), value.len);
    if (t->authorization) {
        t->config.ws.handshake.authorization = t->authorization;
        t->withheld = false;
        r = 0;
    }
    wipe(buf_data(&pair), pair.len);
    wipe(buf_data(&value), value.len);
    buf_clear(&pair);
    buf_clear(&value);
    return r;
}

/* Another URL than that of the options, and what that means for the rest of them. */
static int take_url(struct target *t, const struct options *o, const char *text,
                    enum event_channel kind, bool beside, struct err *e)
{
    if (url_parse(&t->url, options_http_url(text, &kind), e) < 0)
        return -1;
    t->config.channel = kind;
    if (beside || !o->url.host || same_origin(&t->url, &o->url))
        return 0;
    t->config.fallback.url = NULL; /* it belongs to the other server */
    return withhold(t) < 0 ? err_nomem(e, STAGE_USAGE, "taking the URL") : 0;
}

static struct target *make(const struct options *o, const char *text, enum event_channel kind,
                           bool beside, uint64_t start_us, uint64_t max_message, struct err *e)
{
    struct target *t = calloc(1, sizeof *t);
    int r;

    if (!t) {
        err_nomem(e, STAGE_USAGE, "taking the URL");
        return NULL;
    }
    t->config = session_setup(o, start_us, max_message);
    t->config.ws.handshake.url = &t->url;
    if (text && take_url(t, o, text, kind, beside, e) < 0) {
        target_free(t);
        return NULL;
    }
    r = text ? 0 : url_copy(&t->url, &o->url);
    if (r == 0 && text)
        r = take_userinfo(t);
    if (r < 0) {
        err_nomem(e, STAGE_USAGE, "taking the URL");
        target_free(t);
        return NULL;
    }
    return t;
}

struct target *target_new(const struct options *o, const char *text, enum event_channel kind,
                          uint64_t start_us, uint64_t max_message, struct err *e)
{
    return make(o, text, kind, false, start_us, max_message, e);
}

struct target *target_beside(const struct options *o, const char *text, enum event_channel kind,
                             uint64_t start_us, uint64_t max_message, struct err *e)
{
    return make(o, text, kind, true, start_us, max_message, e);
}

void target_free(struct target *t)
{
    if (!t)
        return;
    if (t->authorization)
        wipe(t->authorization, strlen(t->authorization));
    free(t->authorization);
    free(t->headers);
    url_clear(&t->url);
    free(t);
}
