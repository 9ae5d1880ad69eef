#include "app/file_limit.h"

#include <sys/resource.h>

/* More connections than that serve no purpose here, however many files are allowed. */
#define CONNECTIONS_MAX 65536u

unsigned file_limit_raise(unsigned other, unsigned each)
{
    struct rlimit limit;
    rlim_t most = (rlim_t)CONNECTIONS_MAX * each + other;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return (1024 - other) / each;
    if (limit.rlim_cur < limit.rlim_max) {
        rlim_t before = limit.rlim_cur;

        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            limit.rlim_cur = before;
    }
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= most)
        return CONNECTIONS_MAX;
    return limit.rlim_cur >= (rlim_t)other + each ? (unsigned)(limit.rlim_cur - other) / each : 1;
}
