/* The list of hosts that are reached without a proxy. */
#include "net/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/decimal.h"

/* An IPv4 or IPv6 address; size 0: it is a name. */
struct address {
    uint8_t bytes[16];
    size_t size;
};

struct span {
    const char *text;
    size_t len;
};

static struct address read_address(struct span s)
{
    struct address a = {.size = 0};
    char text[INET6_ADDRSTRLEN];

    if (s.len >= sizeof text)
        return a;
    memcpy(text, s.text, s.len);
    text[s.len] = '\0';
    if (inet_pton(AF_INET, text, a.bytes) == 1)
        a.size = 4;
    else if (inet_pton(AF_INET6, text, a.bytes) == 1)
        a.size = 16;
    return a;
}

static bool same_network(const struct address *a, const struct address *b, unsigned bits)
{
    size_t whole = bits / 8;
    unsigned rest = bits % 8;

    if (memcmp(a->bytes, b->bytes, whole) != 0)
        return false;
    return rest == 0 || (a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest) == 0;
}

/* The number after the "/" of a network; above `most` if it is not a number. */
static unsigned read_bits(struct span s, unsigned most)
{
    uint64_t bits;

    return decimal_read(slice_make(s.text, s.len), most, &bits) ? (unsigned)bits : most + 1;
}

/* "10.1.2.3", "10.0.0.0/8", "::1", "[::1]", "fd00::/8" */
static bool address_fits(struct span entry, const struct address *host)
{
    const char *slash = memchr(entry.text, '/', entry.len);
    struct span text = entry, suffix = {NULL, 0};
    unsigned most = (unsigned)host->size * 8, bits = most;
    struct address network;

    if (slash) {
        text.len = (size_t)(slash - entry.text);
        suffix = (struct span){slash + 1, entry.len - text.len - 1};
        bits = read_bits(suffix, most);
    }
    if (text.len >= 2 && text.text[0] == '[' && text.text[text.len - 1] == ']')
        text = (struct span){text.text + 1, text.len - 2};
    network = read_address(text);
    return network.size == host->size && bits <= most && same_network(&network, host, bits);
}

static bool name_fits(struct span entry, struct span host)
{
    size_t ahead;

    /* "example.com." is the same name, and so is ".example.com" with all that is below it. */
    if (entry.len > 0 && entry.text[entry.len - 1] == '.')
        entry.len--;
    if (entry.len > 0 && entry.text[0] == '.')
        entry = (struct span){entry.text + 1, entry.len - 1};
    if (entry.len == 0 || entry.len > host.len)
        return false;
    ahead = host.len - entry.len;
    return strncasecmp(host.text + ahead, entry.text, entry.len) == 0 &&
           (ahead == 0 || host.text[ahead - 1] == '.');
}

bool proxy_excluded(const char *list, const char *host)
{
    static const char separators[] = ", \t";
    struct span name = {host, strlen(host)};
    struct address address;

    if (name.len > 0 && host[name.len - 1] == '.')
        name.len--;
    address = read_address(name);
    list += strspn(list, " \t");
    if (list[0] == '*' && list[1 + strspn(list + 1, " \t")] == '\0')
        return true;
    while (*(list += strspn(list, separators)) != '\0') {
        struct span entry = {list, strcspn(list, separators)};

        if (address.size > 0 ? address_fits(entry, &address) : name_fits(entry, name))
            return true;
        list += entry.len;
    }
    return false;
}
