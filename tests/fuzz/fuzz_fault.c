/*
 * A list of faults, a NUL, and a path: a fault that is read prints to one that is read and prints
 * the same, in the room there is for it; what it applies to is found in bounded time.
 */
#include <assert.h>
#include <stdlib.h>

#include "fault/fault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_twice(const struct fault_spec *f)
{
    char once[FAULT_TEXT], again[FAULT_TEXT];
    struct fault_spec copy;
    struct err e;

    fault_print(f, once);
    assert(strlen(once) < FAULT_TEXT - 1);
    assert(fault_parse(&copy, slice_str(once), &e) == 0);
    assert(copy.kind == f->kind && copy.trigger == f->trigger && copy.count == f->count);
    assert(strcmp(copy.path, f->path) == 0 && strcmp(copy.reason, f->reason) == 0);
    fault_print(&copy, again);
    assert(strcmp(once, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, '\0', size) : NULL;
    size_t n = zero ? (size_t)(zero - data) : size, pos = 0;
    char *path = strndup(zero ? (const char *)zero + 1 : "", zero ? size - n - 1 : 0);
    struct fault_scope scope = {.path = path, .traffic = FAULT_TRAFFIC_WS, .client = 1};
    struct slice text = slice_make(n ? (const char *)data : "", n);
    struct fault_spec f;
    struct err e;
    int r;

    assert(path);
    while ((r = fault_parse_next(&f, text, &pos, FAULT_USE_PROXY, &e)) == 1) {
        print_twice(&f);
        (void)fault_applies(&f, &scope);
        (void)fault_proxy_only(&f);
        (void)fault_is_random(&f);
    }
    if (r < 0)
        assert(e.code == EXIT_USAGE && e.at >= 0 && (size_t)e.at <= n && e.text[0]);
    free(path);
    return 0;
}
