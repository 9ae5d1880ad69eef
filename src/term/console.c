#include "term/console.h"

#include <poll.h>
#include <unistd.h>

#include "term/tty.h"

/* What is printed between two looks at the keyboard: whole lines, at least one. */
#define BATCH ((size_t)16 * 1024)
/* How soon a terminal that did not take more is asked again. */
#define RETRY_MS 20

static bool terminal_takes_more(void)
{
    struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&p, 1, 0) > 0;
}

static void on_retry(uv_timer_t *timer)
{
    (void)timer; /* only the turn of the loop matters */
}

/* The front of the text: whole lines, about BATCH bytes of them. */
static size_t batch_of(struct slice text)
{
    const uint8_t *newline;

    if (text.len <= BATCH)
        return text.len;
    newline = memrchr(text.data, '\n', BATCH);
    if (!newline)
        newline = memchr(text.data + BATCH, '\n', text.len - BATCH);
    return newline ? (size_t)(newline - text.data) + 1 : text.len;
}

static void update_pause(struct console *c)
{
    bool pause = c->paused ? out_queued(c->out) > 0 : out_full(c->out);

    if (pause == c->paused)
        return;
    c->paused = pause;
    c->hooks.pause(c->hooks.ctx, pause);
}

bool console_print(struct console *c)
{
    struct slice text = out_kept(c->out);
    size_t n;

    if (!terminal_takes_more()) {
        uv_timer_start(&c->retry, on_retry, RETRY_MS, 0);
        return false;
    }
    n = batch_of(text);
    editor_print(c->editor, slice_make(text.data, n));
    out_take(c->out, n);
    screen_flush(c->screen);
    update_pause(c);
    return out_queued(c->out) > 0;
}

void console_lend(struct console *c, bool lent)
{
    c->lent = lent;
    uv_idle_stop(&c->awake);
    editor_lend(c->editor, lent);
}

void console_lent(struct console *c)
{
    if (!c->paused)
        update_pause(c);
}

void console_print_all(struct console *c)
{
    while (console_print(c))
        ;
}

static void on_tell(uv_timer_t *timer)
{
    struct console *c = timer->data;

    bool lines = !c->editor || !editor_has_status(c->editor);

    if (!screen_tell(c->screen, lines))
        uv_timer_stop(timer);
    if (!lines)
        editor_status(c->editor, buf_slice(&c->screen->status));
}

static void follow_width(struct console *c)
{
    struct view_config config = c->screen->config;
    int columns, lines;

    tty_size(STDOUT_FILENO, &columns, &lines);
    if (config.columns == columns)
        return;
    config.columns = columns;
    screen_configure(c->screen, &config);
}

void console_turn(struct console *c, bool plain)
{
    uv_idle_stop(&c->awake);
    if (!plain)
        follow_width(c);
    if (screen_is_partial(c->screen) != c->partial)
        uv_timer_start(&c->tell, on_tell, 0, THIN_PERIOD_US / 1000); /* not only in a second */
    c->partial = screen_is_partial(c->screen);
    if (screen_has_news(c->screen) && !uv_is_active((uv_handle_t *)&c->tell))
        uv_timer_start(&c->tell, on_tell, THIN_PERIOD_US / 1000, THIN_PERIOD_US / 1000);
}

static void on_awake(uv_idle_t *idle)
{
    (void)idle; /* being active is all it does */
}

/* What timers have done at the beginning of this run of the loop must not wait for its end. */
static void on_before_sleep(uv_prepare_t *prepare)
{
    struct console *c = prepare->data;
    bool blocked = uv_is_active((uv_handle_t *)&c->retry);

    if (c->lent)
        return;
    if ((out_queued(c->out) > 0 && !blocked) || c->hooks.busy(c->hooks.ctx))
        uv_idle_start(&c->awake, on_awake);
}

void console_init(struct console *c, uv_loop_t *loop, struct out *out, struct screen *screen,
                  const struct console_hooks *hooks)
{
    *c = (struct console){.hooks = *hooks, .out = out, .screen = screen, .handles = 4};
    uv_timer_init(loop, &c->retry);
    uv_timer_init(loop, &c->tell);
    uv_prepare_init(loop, &c->before_sleep);
    uv_idle_init(loop, &c->awake);
    c->retry.data = c->tell.data = c->before_sleep.data = c->awake.data = c;
    uv_prepare_start(&c->before_sleep, on_before_sleep);
}

static void on_closed(uv_handle_t *handle)
{
    struct console *c = handle->data;

    c->handles--;
}

void console_close(struct console *c)
{
    uv_close((uv_handle_t *)&c->retry, on_closed);
    uv_close((uv_handle_t *)&c->tell, on_closed);
    uv_close((uv_handle_t *)&c->before_sleep, on_closed);
    uv_close((uv_handle_t *)&c->awake, on_closed);
}
