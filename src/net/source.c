#include "net/source.h"

#include <errno.h>
#include <ifaddrs.h>

static bool link_local(const struct sockaddr *addr)
{
    struct sockaddr_in6 in6;

    if (addr->sa_family != AF_INET6)
        return false;
    memcpy(&in6, addr, sizeof in6);
    return IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr);
}

static socklen_t size_of(sa_family_t family)
{
    return family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

int source_check(const char *interface, struct err *e)
{
    struct resolve_address address;

    if (!interface || resolve_literal(interface, NULL, 0, &address) == 1 ||
        if_nametoindex(interface) != 0)
        return 0;
    err_set(e, EXIT_USAGE, STAGE_USAGE, ENODEV,
            "--interface \"%s\": neither a local address nor a network interface", interface);
    err_hint(e, "\"ip address\" lists both");
    return -1;
}

/* The first address of the interface that can reach the target: a link-local one (RFC 4007) only
 * for a link-local target. */
static int bind_name(int fd, const char *interface, const struct sockaddr *target)
{
    struct ifaddrs *all, *each;
    int rc = EADDRNOTAVAIL;

    if (getifaddrs(&all) != 0)
        return errno;
    for (each = all; each; each = each->ifa_next) {
        const struct sockaddr *addr = each->ifa_addr;

        if (!addr || addr->sa_family != target->sa_family ||
            strcmp(each->ifa_name, interface) != 0 || link_local(addr) != link_local(target))
            continue;
        rc = bind(fd, addr, size_of(addr->sa_family)) == 0 ? 0 : errno;
        if (rc == 0)
            break;
    }
    freeifaddrs(all);
#ifdef SO_BINDTODEVICE
    /* Keeps the route on the interface too, where we may; the address alone is what was promised.
     */
    if (rc == 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
                         (socklen_t)strlen(interface) + 1);
#endif
    return rc;
}

int source_bind(int fd, const char *interface, const struct resolve_address *target)
{
    struct resolve_address local;

    if (resolve_literal(interface, NULL, 0, &local) != 1)
        return bind_name(fd, interface, (const struct sockaddr *)&target->addr);
    if (local.addr.ss_family != target->addr.ss_family)
        return EADDRNOTAVAIL;
    return bind(fd, (const struct sockaddr *)&local.addr, local.len) == 0 ? 0 : errno;
}
