#include "net/lookup_threads.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <uv.h>

/* What libuv starts unless UV_THREADPOOL_SIZE is set. */
#define THREADS 4

static int threads_wanted(void)
{
    const char *text = getenv("UV_THREADPOOL_SIZE");
    long wanted = text ? strtol(text, NULL, 10) : THREADS;

    return wanted < 1 ? 1 : wanted > THREADS ? THREADS : (int)wanted;
}

/* All are there at the same time: each waits for the last. */
static void wait_for_all(void *gate)
{
    uv_sem_wait(gate);
}

int lookup_threads_check(void)
{
    static bool checked; /* as libuv's threads, once in a process */
    uv_thread_t threads[THREADS];
    int wanted = threads_wanted(), started = 0, rc = 0;
    uv_sem_t gate;
    char text[16];

    if (checked || uv_sem_init(&gate, 0) < 0)
        return 0;
    while (started < wanted && (rc = uv_thread_create(&threads[started], wait_for_all, &gate)) == 0)
        started++;
    for (int i = 0; i < started; i++)
        uv_sem_post(&gate);
    for (int i = 0; i < started; i++)
        uv_thread_join(&threads[i]);
    uv_sem_destroy(&gate);
    if (started == 0) {
        errno = -rc;
        return -1;
    }
    checked = true;
    snprintf(text, sizeof text, "%d", started);
    if (started < wanted)
        setenv("UV_THREADPOOL_SIZE", text, 1);
    return 0;
}
