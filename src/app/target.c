#include "app/target.h"

#include <stdlib.h>

#include "app/session_setup.h"
#include "base/codec.h"
#include "sink/redact.h"

/* Leave out what was meant for the options' server. 0 or -1 (memory). */
static int withhold_from_other(struct target *t, const struct url *home)
{
    if (withhold(&t->withheld, &t->config.ws.handshake, home) < 0)
        return -1;
    if (!t->withheld.elsewhere)
        return 0;
    t->config.fallback.url = NULL; /* it belongs to the other server */
    if (t->config.header_cmd)
        withheld_add(&t->withheld, "the headers of --header-cmd");
    t->config.header_cmd = NULL;
    if (tls_forget_identity(&t->config.ws.dial.tls))
        withheld_add(&t->withheld, "the client certificate");
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
        r = 0;
    }
    wipe(buf_data(&pair), pair.len);
    wipe(buf_data(&value), value.len);
    buf_clear(&pair);
    buf_clear(&value);
    return r;
}

/* Another URL than that of the options, and what that means for the rest of them. */
static int take_url(struct target *t, const struct connect_options *o, const char *text,
                    enum event_channel kind, bool beside, struct err *e)
{
    if (url_parse(&t->url, options_http_url(text, &kind), e) < 0)
        return -1;
    t->config.channel = kind;
    if (beside || !o->url.host || withhold_from_other(t, &o->url) == 0)
        return 0;
    return err_nomem(e, STAGE_USAGE, "taking the URL");
}

static struct target *make(const struct connect_options *o, const char *text,
                           enum event_channel kind, bool beside, uint64_t start_us,
                           uint64_t max_message, struct err *e)
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
    t->text = text ? strdup(text) : NULL;
    r = text ? (t->text ? 0 : -1) : url_copy(&t->url, &o->url);
    if (r == 0 && text)
        r = take_userinfo(t);
    if (r < 0) {
        err_nomem(e, STAGE_USAGE, "taking the URL");
        target_free(t);
        return NULL;
    }
    return t;
}

struct target *target_new(const struct connect_options *o, const char *text,
                          enum event_channel kind, uint64_t start_us, uint64_t max_message,
                          struct err *e)
{
    return make(o, text, kind, false, start_us, max_message, e);
}

struct target *target_beside(const struct connect_options *o, const char *text,
                             enum event_channel kind, uint64_t start_us, uint64_t max_message,
                             struct err *e)
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
    if (t->text)
        wipe(t->text, strlen(t->text));
    free(t->text);
    connection_free(t->options);
    withheld_clear(&t->withheld);
    url_clear(&t->url);
    free(t);
}

char *target_shown_url(const struct url *url, bool show_secrets)
{
    char *plain = url_print(url), *copy = NULL;
    struct buf shown;

    buf_init(&shown, 128 * 1024);
    if (plain && show_secrets)
        copy = strdup(plain);
    else if (plain && redact_target(&shown, slice_str(plain), false) == 0)
        copy = strndup((const char *)buf_data(&shown), shown.len);
    buf_clear(&shown);
    free(plain);
    return copy;
}
