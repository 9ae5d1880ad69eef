#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "net/resolve.h"

void resolve_list_clear(struct resolve_list *list)
{
    free(list->addresses);
    *list = (struct resolve_list){NULL, 0};
}

/* RFC 4007, section 11: a zone is an interface name or its number. 0: no such zone. */
static uint32_t zone_index(const char *zone)
{
    unsigned index = if_nametoindex(zone);
    uint64_t number;

    if (index != 0)
        return index;
    return decimal_read(slice_str(zone), UINT32_MAX, &number) ? (uint32_t)number : 0;
}

static int literal6(const char *text, const char *zone, uint16_t port,
                    struct resolve_address *address)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    const char *percent = strchr(text, '%');
    size_t len = percent ? (size_t)(percent - text) : strlen(text);
    char digits[INET6_ADDRSTRLEN];

    if (len >= sizeof digits)
        return 0;
    memcpy(digits, text, len);
    digits[len] = '\0';
    if (inet_pton(AF_INET6, digits, &in6.sin6_addr) != 1)
        return 0;
    if (percent)
        zone = percent + 1;
    if (zone && zone[0] != '\0') {
        in6.sin6_scope_id = zone_index(zone);
        if (in6.sin6_scope_id == 0)
            return -1;
    }
    memcpy(&address->addr, &in6, sizeof in6);
    address->len = sizeof in6;
    inet_ntop(AF_INET6, &in6.sin6_addr, digits, sizeof digits);
    snprintf(address->text, sizeof address->text, "%s%s%.*s", digits, in6.sin6_scope_id ? "%" : "",
             IF_NAMESIZE - 1, in6.sin6_scope_id ? zone : "");
    return 1;
}

int resolve_literal(const char *text, const char *zone, uint16_t port,
                    struct resolve_address *address)
{
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(port)};

    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &in4.sin_addr) != 1)
        return literal6(text, zone, port, address);
    memcpy(&address->addr, &in4, sizeof in4);
    address->len = sizeof in4;
    inet_ntop(AF_INET, &in4.sin_addr, address->text, sizeof address->text);
    return 1;
}

/* The text has the address and the zone; the port is the same throughout a list. */
static bool listed(const struct resolve_address *addresses, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(addresses[i].text, text) == 0)
            return true;
    }
    return false;
}

static size_t next_of(const struct resolve_list *list, size_t from, bool ipv6)
{
    while (from < list->count && (list->addresses[from].addr.ss_family == AF_INET6) != ipv6)
        from++;
    return from;
}

void resolve_order(struct resolve_list *list)
{
    size_t count = 0, place = 0;
    bool ipv6 = true;

    for (size_t i = 0; i < list->count; i++) {
        if (!listed(list->addresses, count, list->addresses[i].text))
            list->addresses[count++] = list->addresses[i];
    }
    list->count = count;

    /* RFC 8305, section 4: bring the next address of the family whose turn it is to its place and
     * move those between down by one, so that each family keeps its order. */
    while (place < count) {
        size_t from = next_of(list, place, ipv6);
        struct resolve_address next;

        ipv6 = !ipv6;
        if (from == count)
            continue;
        next = list->addresses[from];
        memmove(list->addresses + place + 1, list->addresses + place, (from - place) * sizeof next);
        list->addresses[place++] = next;
    }
}
