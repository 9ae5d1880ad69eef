#include "verb/demo/demo_keys.h"

#include <errno.h>
#include <termios.h>
#include <unistd.h>

#include "term/reader.h"
#include "term/tty.h"

#define CTRL_D 0x04

/* ^C stays a signal; ^Z is off, since the shell would get the terminal without its echo. */
static void silence(void)
{
    struct termios mode;

    tty_guard(STDIN_FILENO);
    if (tcgetattr(STDIN_FILENO, &mode) < 0)
        return;
    mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    mode.c_cc[VSUSP] = _POSIX_VDISABLE;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &mode);
}

static void on_input(uv_poll_t *poll, int status, int events)
{
    struct demo_keys *k = poll->data;
    char bytes[256];
    ssize_t n = reader_read(STDIN_FILENO, bytes, sizeof bytes);
    bool leave = false, go_on = false;

    (void)status; /* the read gets the same error */
    (void)events;
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    for (ssize_t i = 0; i < n; i++) {
        leave = leave || bytes[i] == 'q' || bytes[i] == CTRL_D;
        go_on = go_on || bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] == ' ';
    }
    if (n <= 0)
        uv_poll_stop(poll); /* the terminal is gone */
    if (leave || n <= 0)
        k->hooks.leave(k->hooks.ctx);
    else if (go_on)
        k->hooks.go_on(k->hooks.ctx);
}

int demo_keys_start(struct demo_keys *k, uv_loop_t *loop, const struct demo_keys_hooks *hooks)
{
    *k = (struct demo_keys){.hooks = *hooks};
    if (reader_poll_init(loop, &k->input, STDIN_FILENO) < 0)
        return -1;
    k->input.data = k;
    k->on = true;
    silence();
    uv_poll_start(&k->input, UV_READABLE, on_input);
    return 0;
}

void demo_keys_stop(struct demo_keys *k)
{
    if (!k->on)
        return;
    k->on = false;
    tty_release();
    uv_close((uv_handle_t *)&k->input, NULL);
}
