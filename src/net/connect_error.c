#include "net/connect_error.h"

#include <errno.h>
#include <stdio.h>

#include "net/reason.h"

/* How much an errno explains. A refusal proves that the host is there; silence proves less; a
 * family without a route is irrelevant if the other one was reached. */
static int weight(int errnum)
{
    switch (errnum) {
    case ECONNREFUSED:
    case ECONNRESET:
        return 4;
    case ETIMEDOUT:
        return 3;
    case EHOSTUNREACH:
    case EACCES:
    case EPERM:
        return 2;
    case ENETUNREACH:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
        return 1;
    default:
        return 2;
    }
}

static int most_telling(const struct connect_attempt *attempts, size_t count)
{
    int best = 0;

    for (size_t i = 0; i < count; i++) {
        if (best == 0 || weight(attempts[i].errnum) >= weight(best))
            best = attempts[i].errnum;
    }
    return best;
}

static void hint(int errnum, struct err *e)
{
    switch (errnum) {
    case ECONNREFUSED:
        err_hint(e, "nothing listens there: is the server up, and is the port right?");
        break;
    case ECONNRESET:
        err_hint(e, "it answered with a reset: is a firewall or a full server in the way?");
        break;
    case ETIMEDOUT:
    case EHOSTUNREACH:
        err_hint(e, "no answer: is a firewall in the way, or a VPN down? if only IPv6 is broken, "
                    "-4 helps");
        break;
    case ENETUNREACH:
        err_hint(e, "this machine has no route there: is the network or the VPN up? if only IPv6 "
                    "is broken, -4 helps");
        break;
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
        err_hint(e, "this machine has no address of that family: -4, -6, or another "
                    "--interface");
        break;
    case EACCES:
    case EPERM:
        err_hint(e, "this machine's own firewall or permissions forbid it");
        break;
    case EMFILE:
    case ENFILE:
        err_hint(e, "too many files are open: raise \"ulimit -n\"");
        break;
    default:
        break;
    }
}

/* ": ADDRESS: reason; ADDRESS: reason; and 3 more" */
static void list(const struct connect_attempt *attempts, size_t count, char *text, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        char reason[REASON_SIZE], one[192];
        int n = snprintf(one, sizeof one, "%s%s: %s", i ? "; " : "", attempts[i].address,
                         reason_text(attempts[i].errnum, reason));

        /* Room is kept for the count of what is left out. */
        if (n < 0 || len + (size_t)n + 32 > size) {
            snprintf(text + len, size - len, "; and %zu more", count - i);
            return;
        }
        memcpy(text + len, one, (size_t)n + 1);
        len += (size_t)n;
    }
}

void connect_error(const char *host, uint16_t port, const struct connect_attempt *attempts,
                   size_t count, struct err *e)
{
    int errnum = most_telling(attempts, count);
    char reason[REASON_SIZE], all[400] = "";

    if (count == 1 && strcmp(host, attempts[0].address) == 0) {
        err_set(e, EXIT_CONNECT, STAGE_CONNECT, errnum, "can't connect to %s port %u: %s", host,
                port, reason_text(errnum, reason));
    } else if (count == 1) {
        err_set(e, EXIT_CONNECT, STAGE_CONNECT, errnum, "can't connect to %.200s (%s) port %u: %s",
                host, attempts[0].address, port, reason_text(errnum, reason));
    } else {
        list(attempts, count, all, sizeof all);
        err_set(e, EXIT_CONNECT, STAGE_CONNECT, errnum, "can't connect to %.80s port %u: %s", host,
                port, all);
    }
    hint(errnum, e);
}

int connect_error_unix(const char *path, int errnum, struct err *e)
{
    char reason[REASON_SIZE];

    err_set(e, EXIT_CONNECT, STAGE_CONNECT, errnum, "can't connect to the unix socket %.300s: %s",
            path, reason_text(errnum, reason));
    switch (errnum) {
    case ENOENT:
        err_hint(e, "no such socket: is the server up, and is the path right?");
        break;
    case ECONNREFUSED:
        err_hint(e, "the socket exists but no process listens: is the server up?");
        break;
    case EACCES:
    case EPERM:
        err_hint(e, "the socket's permissions (or those of its folder) do not let you");
        break;
    case ENAMETOOLONG:
        err_hint(e, "the system takes at most 107 bytes: reach it by a shorter path, such as a "
                    "symbolic link");
        break;
    case ENOTSOCK:
        err_hint(e, "that is not a socket");
        break;
    case EPROTOTYPE:
        err_hint(e, "that is a datagram socket; a stream socket is needed");
        break;
    default:
        break;
    }
    return -1;
}
