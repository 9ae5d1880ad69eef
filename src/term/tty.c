#include "term/tty.h"

#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGHUP, SIGQUIT};
#define DEADLY (sizeof deadly / sizeof *deadly)

/* What a signal handler can reach is global. */
static struct {
    volatile sig_atomic_t armed, pasting;
    int fd;
    struct termios found;
    struct sigaction before[DEADLY];
} guard;

static const char paste_off[] = "\x1b[?2004l\r\n";

static void on_deadly(int number)
{
    if (guard.armed) {
        guard.armed = 0;
        if (guard.pasting) {
            ssize_t n = write(guard.fd, paste_off, sizeof paste_off - 1);

            (void)n;
        }
        tcsetattr(guard.fd, TCSANOW, &guard.found);
    }
    for (size_t i = 0; i < DEADLY; i++) {
        if (deadly[i] == number)
            sigaction(number, &guard.before[i], NULL);
    }
    raise(number);
}

void tty_guard(int fd)
{
    struct sigaction action = {.sa_handler = on_deadly};

    guard.fd = fd;
    guard.pasting = 0;
    if (tcgetattr(fd, &guard.found) < 0)
        return;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < DEADLY; i++)
        sigaction(deadly[i], &action, &guard.before[i]);
    guard.armed = 1;
}

void tty_lend(void)
{
    if (guard.armed)
        tcsetattr(guard.fd, TCSADRAIN, &guard.found);
}

void tty_release(void)
{
    if (!guard.armed)
        return;
    guard.armed = 0;
    for (size_t i = 0; i < DEADLY; i++)
        sigaction(deadly[i], &guard.before[i], NULL);
    if (!tty_in_background(guard.fd))
        tcsetattr(guard.fd, TCSADRAIN, &guard.found);
}

bool tty_in_background(int fd)
{
    pid_t owner = tcgetpgrp(fd);

    return owner >= 0 && owner != getpgrp();
}

void tty_pasting(int on)
{
    guard.pasting = on;
}

void tty_size(int fd, int *columns, int *lines)
{
    struct winsize size = {0};

    ioctl(fd, TIOCGWINSZ, &size);
    *columns = size.ws_col ? size.ws_col : 80;
    *lines = size.ws_row ? size.ws_row : 24;
}
