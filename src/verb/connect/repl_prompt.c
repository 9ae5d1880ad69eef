/* The prompt: where the connection leads, or what it is doing. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "sink/term_safe.h"
#include "term/tty.h"
#include "verb/connect/repl_private.h"

/* As much as fits, and where something is missing, a mark of it. */
static void put_cut(struct repl *r, struct buf *out, struct slice text, int columns)
{
    size_t most = (size_t)columns * 4, from = out->len;
    size_t n = text.len < most ? text.len : most; /* this is asked for in every turn */

    while (n > 0) {
        out->len = from;
        if (term_safe(out, slice_make(text.data, n), r->screen.config.utf8 ? 0 : TERM_SAFE_ASCII) <
            0)
            return;
        if (term_width(slice_make(buf_data(out) + from, out->len - from)) <= columns)
            break;
        n = utf8_cut(text, n - 1);
    }
    if (n < text.len)
        buf_append_str(out, r->screen.config.utf8 ? "…" : "...");
}

/* The seconds that the prompt shows before an attempt. */
static uint64_t repl_countdown_s(const struct repl *r)
{
    return (session_retry_wait_us(r->session) + 999999) / 1000000;
}

static char *print_url(const struct repl *r)
{
    return r->target->config.channel == CHANNEL_WS ? url_print(&r->target->url)
                                                   : url_print_http(&r->target->url);
}

const char *repl_prompt(void *ctx)
{
    struct repl *r = ctx;
    enum session_state state = r->session ? session_state(r->session) : SESSION_IDLE;
    const char *host = r->target->url.host;
    int columns, lines;
    enum event_channel kind;
    struct buf out;
    char *url = NULL;

    buf_init(&out, sizeof r->prompt - 3);
    tty_size(STDOUT_FILENO, &columns, &lines);
    columns = columns / 2 - 2; /* half the line is for what is typed */
    if (columns < 8)
        columns = 8;
    if (state == SESSION_WAITING) {
        buf_printf(&out, "reconnecting in %llu s ", (unsigned long long)repl_countdown_s(r));
        put_cut(r, &out, slice_str(host), columns - 20 > 8 ? columns - 20 : 8);
    } else if (state == SESSION_OPEN && (url = print_url(r)) != NULL) {
        /* The query may hold secrets, and would be long. */
        put_cut(r, &out, slice_make(url, strcspn(url, "?")), columns);
    } else if (state == SESSION_CONNECTING || state == SESSION_CLOSING || state == SESSION_OPEN) {
        buf_append_str(&out, state == SESSION_CLOSING ? "closing " : "connecting ");
        put_cut(r, &out, slice_str(host), columns - 11 > 8 ? columns - 11 : 8);
    } else {
        buf_append_str(&out, "offline");
    }
    if (r->session && session_fallback(r->session, &kind))
        buf_append_str(&out, kind == CHANNEL_POLL ? " (polling)" : " (events)");
    if (r->comparing)
        buf_append_str(&out, " (comparing)");
    if (r->faults.faults && faults_any_active(r->faults.faults))
        buf_append_str(&out, " (fault)");
    screen_put_state(&r->screen, &out, r->app->view->plain);
    snprintf(r->prompt, sizeof r->prompt, "%.*s> ", (int)out.len, (const char *)buf_data(&out));
    buf_clear(&out);
    free(url);
    return r->prompt;
}
