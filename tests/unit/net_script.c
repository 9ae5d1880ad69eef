#include "net_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct script *script_of(struct link *l)
{
    return (struct script *)l;
}

static bool stutters(struct script *s)
{
    s->turn = !s->turn;
    return s->stutter && s->turn;
}

static int script_connect(struct link *l, struct err *e)
{
    (void)l;
    (void)e;
    return 0;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static ssize_t script_read(struct link *l, uint8_t *bytes, size_t n, struct err *e)
{
    struct script *s = script_of(l);

    if (n == 0 || stutters(s))
        return LINK_AGAIN;
    n = least(least(n, s->step), s->ready - s->done);
    if (n > 0) {
        memcpy(bytes, s->says + s->done, n);
        s->done += n;
        return (ssize_t)n;
    }
    if (s->done < s->len)
        return LINK_AGAIN;
    if (s->resets) {
        l->ended |= LINK_GOT_RST;
        err_set(e, EXIT_LOST, STAGE_IO, ECONNRESET, "the connection broke while reading: reset");
        return LINK_FAILED;
    }
    if (s->hangs_up)
        l->ended |= LINK_GOT_FIN;
    return s->hangs_up ? 0 : LINK_AGAIN;
}

static ssize_t script_write(struct link *l, const uint8_t *bytes, size_t n, struct err *e)
{
    struct script *s = script_of(l);

    (void)e;
    if (n == 0 || stutters(s))
        return LINK_AGAIN;
    n = least(least(n, s->step), sizeof s->heard - s->heard_len);
    memcpy(s->heard + s->heard_len, bytes, n);
    s->heard_len += n;
    return (ssize_t)n;
}

static int script_events(const struct link *l, bool want_read, bool want_write)
{
    (void)l;
    return (want_read ? LINK_READABLE : 0) | (want_write ? LINK_WRITABLE : 0);
}

static size_t script_pending(const struct link *l)
{
    (void)l;
    return 0;
}

static int script_close(struct link *l, struct err *e)
{
    (void)l;
    (void)e;
    return 0;
}

static void script_free(struct link *l)
{
    struct script *s = script_of(l);

    if (s->freed)
        ++*s->freed;
    free(s);
}

static const struct link_ops script_ops = {
    .connect = script_connect,
    .read = script_read,
    .write = script_write,
    .events = script_events,
    .pending = script_pending,
    .close = script_close,
    .free = script_free,
};

struct script *script_new(const void *says, size_t len, unsigned *freed)
{
    struct script *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->link.ops = &script_ops;
    s->link.fd = -1;
    s->says = says;
    s->len = s->ready = len;
    s->step = SIZE_MAX;
    s->freed = freed;
    return s;
}

void script_refused(struct link *l, const char *at, int errnum, const char *text, const char *hint)
{
    struct err e, again;

    err_clear(&e);
    assert_int_equal(link_connect(l, &e), LINK_FAILED);
    assert_int_equal(e.code, EXIT_PROXY);
    assert_int_equal(e.stage, STAGE_PROXY);
    assert_int_equal(e.errnum, errnum);
    assert_non_null(strstr(e.text, at));
    if (!strstr(e.text, text) || !strstr(e.hint, hint))
        fail_msg("\"%s\" (%s)", e.text, e.hint);
    assert_int_equal(link_connect(l, &again), LINK_FAILED);
    assert_string_equal(again.text, e.text);
    link_free(l);
}
