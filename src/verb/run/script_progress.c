/* The progress of a run: one line on a terminal, removed before other output. */
#include <stdio.h>

#include "base/utf8.h"
#include "sink/term_safe.h"
#include "verb/run/script_private.h"

#define NAME_COLUMNS 50

void progress_clear(struct script_run *run)
{
    if (!run->progress)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
}

void progress_show(struct script_run *run, const char *name)
{
    size_t len = strlen(name);
    struct buf safe;

    if (!run->progress)
        return;
    buf_init(&safe, 4096);
    while (len > 0 && term_width(slice_make(name, len)) > NAME_COLUMNS)
        len--;
    term_safe(&safe, slice_make(name, utf8_cut(slice_str(name), len)), 0);
    fprintf(stderr, "\r\033[K%llu/%llu", (unsigned long long)run->reported + 1,
            (unsigned long long)run->test_count);
    if (run->total.failed > 0)
        fprintf(stderr, ", %llu failed", (unsigned long long)run->total.failed);
    fprintf(stderr, "  %.*s", (int)safe.len, (const char *)buf_data(&safe));
    fflush(stderr);
    buf_clear(&safe);
}
