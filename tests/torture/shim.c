/*
 * shim: fails one call of the program under test; preloaded by run_torture.py.
 *
 * TORTURE_PROGRAM  the program (its /proc/self/exe); others that it starts are left alone
 * TORTURE_FILE     a file of sizeof(struct report) bytes, shared with the runner
 * TORTURE_KIND     memory: allocations; io: calls of the kernel
 * TORTURE_AT       the number of the call that fails (0: none, only count); from 1
 * TORTURE_ON       1: all calls after it fail too
 * TORTURE_VARIANT  which of the errors that fit the call
 *
 * Only calls from the program's own code count: libuv ends the process where it has no memory, and
 * libraries are tested by their authors.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

struct report {
    _Atomic uint64_t count;
    _Atomic uint64_t struck;
    char name[24]; /* of the call that failed */
    int error;
};

static struct {
    struct report *report;
    uintptr_t low, high; /* where the program's code is */
    bool memory, io, on;
    uint64_t at;
    unsigned variant;
} shim;

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

static int find_program(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size, (void)arg;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];

        if (h->p_type == PT_LOAD && (h->p_flags & PF_X)) {
            shim.low = info->dlpi_addr + h->p_vaddr;
            shim.high = shim.low + h->p_memsz;
        }
    }
    return 1; /* the program is the first */
}

__attribute__((constructor)) static void begin(void)
{
    const char *program = getenv("TORTURE_PROGRAM"), *file = getenv("TORTURE_FILE");
    const char *kind = getenv("TORTURE_KIND"), *at = getenv("TORTURE_AT");
    const char *on = getenv("TORTURE_ON"), *variant = getenv("TORTURE_VARIANT");
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    void *map;
    int fd;

    if (n < 0 || !program || !file || !kind || !at)
        return;
    self[n] = '\0';
    if (strcmp(self, program) != 0)
        return;
    fd = open(file, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    map = mmap(NULL, sizeof *shim.report, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return;
    dl_iterate_phdr(find_program, NULL);
    shim.at = strtoull(at, NULL, 10);
    shim.on = on && *on == '1';
    shim.variant = variant ? (unsigned)strtoul(variant, NULL, 10) : 0;
    shim.memory = strcmp(kind, "memory") == 0;
    shim.io = strcmp(kind, "io") == 0;
    shim.report = map;
}

/* Is this call one that fails? */
static bool strikes(bool kind, const void *caller, const char *name)
{
    uint64_t number;

    if (!kind || (uintptr_t)caller < shim.low || (uintptr_t)caller >= shim.high)
        return false;
    number = atomic_fetch_add(&shim.report->count, 1) + 1;
    if (shim.at == 0 || number < shim.at || (number > shim.at && !shim.on))
        return false;
    if (atomic_fetch_add(&shim.report->struck, 1) == 0)
        strncpy(shim.report->name, name, sizeof shim.report->name - 1);
    return true;
}

#define CALLER __builtin_return_address(0)

/* --- memory ---------------------------------------------------------------------------------- */

static bool no_memory(const void *caller, const char *name)
{
    if (!strikes(shim.memory, caller, name))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t n)
{
    return no_memory(CALLER, "malloc") ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return no_memory(CALLER, "calloc") ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return no_memory(CALLER, "realloc") ? NULL : __libc_realloc(p, n);
}

static char *copy(const char *text, size_t n)
{
    char *to = __libc_malloc(n + 1);

    if (to) {
        memcpy(to, text, n);
        to[n] = '\0';
    }
    return to;
}

#undef strdup
#undef strndup

char *strdup(const char *text)
{
    return no_memory(CALLER, "strdup") ? NULL : copy(text, strlen(text));
}

char *strndup(const char *text, size_t n)
{
    return no_memory(CALLER, "strndup") ? NULL : copy(text, strnlen(text, n));
}

/* --- calls of the kernel --------------------------------------------------------------------- */

/* The error this call has by the variant; errnos ends with 0. */
static bool io_fails(const void *caller, const char *name, const int *errnos)
{
    unsigned n = 0;

    if (!strikes(shim.io, caller, name))
        return false;
    while (errnos[n])
        n++;
    errno = errnos[shim.variant % n];
    shim.report->error = errno;
    return true;
}

static const int read_errors[] = {EINTR, EIO, ECONNRESET, ETIMEDOUT, 0};
static const int write_errors[] = {EINTR, EIO, EPIPE, ENOSPC, ECONNRESET, 0};
static const int make_errors[] = {EMFILE, ENFILE, ENOMEM, EACCES, 0};
static const int connect_errors[] = {ENETUNREACH, ECONNREFUSED, EACCES, 0};
static const int poll_errors[] = {EINTR, ENOMEM, 0};

/* CALL(type, name, errors, parameters, arguments): a wrapper. */
#define CALL(type, name, errors, parameters, arguments) \
    type name parameters                                \
    {                                                   \
        static type(*next) parameters;                  \
                                                        \
        if (!next)                                      \
            *(void **)&next = dlsym(RTLD_NEXT, #name);  \
        if (io_fails(CALLER, #name, errors))            \
            return -1;                                  \
        return next arguments;                          \
    }

CALL(ssize_t, read, read_errors, (int fd, void *to, size_t n), (fd, to, n))
CALL(ssize_t, __read_chk, read_errors, (int fd, void *to, size_t n, size_t size), (fd, to, n, size))
CALL(ssize_t, readv, read_errors, (int fd, const struct iovec *v, int n), (fd, v, n))
CALL(ssize_t, recv, read_errors, (int fd, void *to, size_t n, int flags), (fd, to, n, flags))
CALL(ssize_t, __recv_chk, read_errors, (int fd, void *to, size_t n, size_t size, int flags),
     (fd, to, n, size, flags))
CALL(ssize_t, recvmsg, read_errors, (int fd, struct msghdr *m, int flags), (fd, m, flags))
CALL(ssize_t, write, write_errors, (int fd, const void *from, size_t n), (fd, from, n))
CALL(ssize_t, writev, write_errors, (int fd, const struct iovec *v, int n), (fd, v, n))
CALL(ssize_t, send, write_errors, (int fd, const void *from, size_t n, int flags),
     (fd, from, n, flags))
CALL(ssize_t, sendmsg, write_errors, (int fd, const struct msghdr *m, int flags), (fd, m, flags))
CALL(int, socket, make_errors, (int domain, int type, int protocol), (domain, type, protocol))
CALL(int, accept4, make_errors, (int fd, struct sockaddr *a, socklen_t *n, int flags),
     (fd, a, n, flags))
CALL(int, bind, make_errors, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n))
CALL(int, listen, make_errors, (int fd, int n), (fd, n))
CALL(int, connect, connect_errors, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n))
CALL(int, poll, poll_errors, (struct pollfd * p, nfds_t n, int ms), (p, n, ms))
CALL(int, __poll_chk, poll_errors, (struct pollfd * p, nfds_t n, int ms, size_t size),
     (p, n, ms, size))

#define OPEN(name)                                                                  \
    int name(const char *path, int flags, ...)                                      \
    {                                                                               \
        static int (*next)(const char *path, int flags, ...);                       \
        va_list list;                                                               \
        mode_t mode = 0;                                                            \
                                                                                    \
        if (!next)                                                                  \
            *(void **)&next = dlsym(RTLD_NEXT, #name);                              \
        va_start(list, flags);                                                      \
        if (flags & (O_CREAT | __O_TMPFILE))                                        \
            mode = va_arg(list, mode_t);                                            \
        va_end(list);                                                               \
        return io_fails(CALLER, #name, make_errors) ? -1 : next(path, flags, mode); \
    }

OPEN(open)
OPEN(open64)
