#include "verb/demo/demo_compare.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define EVERY   "0.25,1"
#define SECONDS "2"

void demo_compare_init(struct demo_compare *d, const char *server, enum when color)
{
    static const char *const colors[] = {
        [WHEN_AUTO] = "auto", [WHEN_ALWAYS] = "always", [WHEN_NEVER] = "never"};
    const char *rest = server + 2; /* after "ws" */

    *d = (struct demo_compare){0};
    snprintf(d->ws, sizeof d->ws, "%s/feed", server);
    snprintf(d->sse, sizeof d->sse, "http%s/feed.sse", rest);
    snprintf(d->poll, sizeof d->poll, "http%s/feed.json", rest);
    snprintf(d->color, sizeof d->color, "--color=%s", colors[color]);
    snprintf(d->command, sizeof d->command,
             "$ wscope compare %s --sse %s \\\n"
             "    --poll %s --every " EVERY " --id /id --for " SECONDS,
             d->ws, d->sse, d->poll);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal)
{
    struct demo_compare *d = process->data;

    if (d->hooks.ended)
        d->hooks.ended(d->hooks.ctx, signal ? 128 + signal : (int)status);
}

int demo_compare_start(struct demo_compare *d, uv_loop_t *loop,
                       const struct demo_compare_hooks *hooks, struct err *e)
{
    char program[4096];
    size_t size = sizeof program;
    char *args[] = {program,
                    (char[]){"compare"},
                    (char[]){"--no-config"},
                    (char[]){"--proxy="},
                    d->color,
                    (char[]){"--sse"},
                    d->sse,
                    (char[]){"--poll"},
                    d->poll,
                    (char[]){"--every=" EVERY},
                    (char[]){"--id=/id"},
                    (char[]){"--for=" SECONDS},
                    d->ws,
                    NULL};
    uv_stdio_container_t stdio[] = {
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = STDOUT_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
    };
    const uv_process_options_t options = {
        .exit_cb = on_exit_of,
        .file = program,
        .args = args,
        .stdio_count = 3,
        .stdio = stdio,
    };
    int r;

    /* Without /proc (a plain chroot) the program does not know its own place. */
    if (uv_exepath(program, &size) < 0)
        snprintf(program, sizeof program, "wscope");
    d->hooks = *hooks;
    d->process.data = d;
    d->started = true; /* also where it failed there is a handle */
    r = uv_spawn(loop, &d->process, &options);
    if (r == 0)
        return 0;
    return err_set(e, EXIT_OTHER, STAGE_IO, 0, "the comparison could not be started: %s",
                   uv_strerror(r));
}

bool demo_compare_interrupt(struct demo_compare *d)
{
    return d->started && uv_is_active((uv_handle_t *)&d->process) &&
           uv_process_kill(&d->process, SIGTERM) == 0;
}

void demo_compare_stop(struct demo_compare *d)
{
    if (!d->started)
        return;
    d->hooks.ended = NULL;
    if (uv_is_active((uv_handle_t *)&d->process))
        uv_process_kill(&d->process, SIGTERM);
    uv_close((uv_handle_t *)&d->process, NULL);
}
