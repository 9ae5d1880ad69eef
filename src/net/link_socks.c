#include "net/link_socks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "net/proxy_error.h"

/* RFC 1928, sections 3 to 6 */
enum { VERSION = 5, AUTH_VERSION = 1, COMMAND_CONNECT = 1 };
enum { METHOD_NONE = 0, METHOD_PASSWORD = 2, METHOD_UNACCEPTABLE = 0xFF };
enum { ADDRESS_IPV4 = 1, ADDRESS_NAME = 3, ADDRESS_IPV6 = 4 };
enum { REPLY_SUCCEEDED = 0 };

#define FIELD_MAX  255                 /* names, users, passwords: their length is one byte */
#define OUT_MAX    (3 + 2 * FIELD_MAX) /* RFC 1929's request is the longest */
#define REPLY_HEAD 5                   /* up to the length of a name, if it is one */
#define IN_MAX     (4 + 1 + FIELD_MAX + 2)

struct link_socks;

/* The awaited part of a message from the proxy has arrived. 0: the tunnel is open, 1: continue,
 * LINK_FAILED. */
typedef int arrived_fn(struct link_socks *s, struct err *e);

struct link_socks {
    struct link link;
    struct tunnel_names names;
    char user[FIELD_MAX + 1], password[FIELD_MAX + 1];
    bool credentials;
    uint8_t address_type;
    uint8_t address[FIELD_MAX + 1]; /* as sent, a name after its length */
    size_t address_len;
    uint16_t port;

    uint8_t out[OUT_MAX];
    size_t out_len, out_done;
    uint8_t in[IN_MAX];
    size_t in_len, in_want; /* never more is read than belongs to the proxy's message */
    arrived_fn *arrived;    /* what to do with it */
    bool established;
    bool failed;
    struct err outcome; /* if failed */
};

static struct link_socks *socks_of(struct link *l)
{
    return (struct link_socks *)l;
}

static int fail(struct link_socks *s, const struct err *e)
{
    s->failed = true;
    s->outcome = *e;
    explicit_bzero(s->out, sizeof s->out);
    return LINK_FAILED;
}

/* What is out is to be sent, and n bytes of an answer waited for. */
static int expect(struct link_socks *s, size_t n, arrived_fn *arrived)
{
    s->out_done = 0;
    s->in_len = 0;
    s->in_want = n;
    s->arrived = arrived;
    return 1;
}

static void put(struct link_socks *s, const void *bytes, size_t n)
{
    memcpy(s->out + s->out_len, bytes, n);
    s->out_len += n;
}

static void put_byte(struct link_socks *s, unsigned value)
{
    s->out[s->out_len++] = (uint8_t)value;
}

static int broke_protocol(struct link_socks *s, const char *what, unsigned value, const char *rule,
                          struct err *e)
{
    err_set(e, EXIT_PROXY, STAGE_PROXY, 0,
            "the proxy %s does not speak SOCKS5: its answer has the %s %u (%s)", s->names.proxy,
            what, value, rule);
    if (s->in[0] == 'H')
        err_hint(e, "it speaks HTTP: --proxy http://HOST:PORT");
    else if (s->in[0] == 0 || s->in[0] == 4)
        err_hint(e, "that looks like SOCKS4, which is not supported");
    else
        err_hint(e, "is that its port and its kind? --proxy takes http://, https://, socks5:// and "
                    "socks5h:// before HOST:PORT");
    return fail(s, e);
}

/* RFC 1928, section 6, REP: its meaning, the equivalent errno, and what to try. */
static const struct {
    const char *text;
    int errnum;
    const char *hint;
} replies[] = {
    [1] = {"it failed in some general way", 0, "its log may have details"},
    [2] = {"its rules do not allow that", EACCES,
           "if that can be reached without a proxy, use --noproxy HOST"},
    [3] = {"the network is unreachable from there", ENETUNREACH,
           "is it the right proxy? -4 or -6 requests the other kind of address"},
    [4] = {"the host is unreachable from there", EHOSTUNREACH,
           "is the name right, and known there? socks5h:// lets the proxy resolve it, socks5:// "
           "resolves it here"},
    [5] = {"the connection was refused", ECONNREFUSED,
           "nothing listens there: is the server up, and is the port right?"},
    [6] = {"the TTL expired on the way", ETIMEDOUT, "is the route there right?"},
    [7] = {"it does not know the command CONNECT", 0,
           "it is a SOCKS5 proxy for other purposes: try another one"},
    [8] = {"it does not support this kind of address", EAFNOSUPPORT,
           "socks5h:// sends the name instead; -4 asks for IPv4"},
};

static int refused(struct link_socks *s, unsigned reply, struct err *e)
{
    bool known = reply < sizeof replies / sizeof replies[0];

    err_set(e, EXIT_PROXY, STAGE_PROXY, known ? replies[reply].errnum : 0,
            "no tunnel to %.100s through the proxy %s: %s (SOCKS reply %u)", s->names.target,
            s->names.proxy, known ? replies[reply].text : "for an unknown reason", reply);
    err_hint(e, "%s", known ? replies[reply].hint : "its log may have details");
    return fail(s, e);
}

static int on_bound(struct link_socks *s, struct err *e)
{
    (void)e;
    s->established = true;
    return 0;
}

/* The bound address follows, of a length determined by its type; it is not used. */
static int on_reply(struct link_socks *s, struct err *e)
{
    size_t length;

    if (s->in[0] != VERSION)
        return broke_protocol(s, "version", s->in[0], "RFC 1928, section 6", e);
    if (s->in[1] != REPLY_SUCCEEDED)
        return refused(s, s->in[1], e);
    switch (s->in[3]) {
    case ADDRESS_IPV4:
        length = 4;
        break;
    case ADDRESS_IPV6:
        length = 16;
        break;
    case ADDRESS_NAME:
        length = 1 + (size_t)s->in[4];
        break;
    default:
        return broke_protocol(s, "address type", s->in[3], "RFC 1928, section 5", e);
    }
    s->in_want = 4 + length + 2;
    s->arrived = on_bound;
    return 1;
}

/* Some proxies send only two bytes when they refuse, and then close: the code is enough. */
static int on_reply_code(struct link_socks *s, struct err *e)
{
    if (s->in[0] == VERSION && s->in[1] == REPLY_SUCCEEDED) {
        s->in_want = REPLY_HEAD;
        s->arrived = on_reply;
        return 1;
    }
    return on_reply(s, e);
}

/* RFC 1928, section 4 */
static int ask_for_tunnel(struct link_socks *s)
{
    s->out_len = 0;
    put_byte(s, VERSION);
    put_byte(s, COMMAND_CONNECT);
    put_byte(s, 0);
    put_byte(s, s->address_type);
    put(s, s->address, s->address_len);
    put_byte(s, s->port >> 8);
    put_byte(s, s->port & 0xFF);
    return expect(s, 2, on_reply_code);
}

static int on_authenticated(struct link_socks *s, struct err *e)
{
    explicit_bzero(s->out, sizeof s->out);
    if (s->in[0] != AUTH_VERSION)
        return broke_protocol(s, "version of authentication", s->in[0], "RFC 1929, section 2", e);
    if (s->in[1] == 0)
        return ask_for_tunnel(s);
    err_set(e, EXIT_PROXY, STAGE_PROXY, 0,
            "the proxy %s refused the user name or password (status %u of RFC 1929)",
            s->names.proxy, s->in[1]);
    err_hint(e, "are they right in --proxy socks5h://USER:PASS@HOST:PORT?");
    return fail(s, e);
}

/* RFC 1929, section 2 */
static int send_credentials(struct link_socks *s)
{
    size_t user_len = strlen(s->user), password_len = strlen(s->password);

    s->out_len = 0;
    put_byte(s, AUTH_VERSION);
    put_byte(s, (unsigned)user_len);
    put(s, s->user, user_len);
    put_byte(s, (unsigned)password_len);
    put(s, s->password, password_len);
    return expect(s, 2, on_authenticated);
}

static int no_method(struct link_socks *s, struct err *e)
{
    err_set(e, EXIT_PROXY, STAGE_PROXY, 0,
            "the proxy %s accepts no client %s (SOCKS method 255, RFC 1928, section 3)",
            s->names.proxy,
            s->credentials ? "with a user name and password" : "without credentials");
    if (s->credentials)
        err_hint(
            e,
            "it may require GSSAPI, which is not supported, or no authentication: omit USER:PASS in "
            "--proxy");
    else
        err_hint(e, "give it a user name and password: --proxy socks5h://USER:PASS@HOST:PORT");
    return fail(s, e);
}

static int on_method(struct link_socks *s, struct err *e)
{
    if (s->in[0] != VERSION)
        return broke_protocol(s, "version", s->in[0], "RFC 1928, section 3", e);
    if (s->in[1] == METHOD_NONE)
        return ask_for_tunnel(s);
    if (s->in[1] == METHOD_PASSWORD && s->credentials)
        return send_credentials(s);
    if (s->in[1] == METHOD_UNACCEPTABLE)
        return no_method(s, e);
    return broke_protocol(s, "method, which was not offered,", s->in[1], "RFC 1928, section 3", e);
}

/* RFC 1928, section 3 */
static void greet(struct link_socks *s)
{
    put_byte(s, VERSION);
    put_byte(s, s->credentials ? 2 : 1);
    put_byte(s, METHOD_NONE);
    if (s->credentials)
        put_byte(s, METHOD_PASSWORD);
    expect(s, 2, on_method);
}

static int broken(struct link_socks *s, ssize_t result, struct err *e)
{
    bool after_password = s->arrived == on_authenticated;

    tunnel_broken(&s->names, result, e);
    if (after_password)
        err_hint(e, "it ended at the user name and password: are they right in --proxy "
                    "socks5h://USER:PASS@HOST:PORT?");
    return fail(s, e);
}

/* 0 all is sent and what was waited for is there, LINK_AGAIN, LINK_FAILED. */
static int exchange(struct link_socks *s, struct err *e)
{
    while (s->out_done < s->out_len) {
        ssize_t sent = link_write(s->link.next, s->out + s->out_done, s->out_len - s->out_done, e);

        if (sent < 0)
            return sent == LINK_AGAIN ? LINK_AGAIN : broken(s, sent, e);
        s->out_done += (size_t)sent;
    }
    while (s->in_len < s->in_want) {
        ssize_t got = link_read(s->link.next, s->in + s->in_len, s->in_want - s->in_len, e);

        if (got <= 0)
            return got == LINK_AGAIN ? LINK_AGAIN : broken(s, got, e);
        s->in_len += (size_t)got;
    }
    return 0;
}

static int socks_connect(struct link *l, struct err *e)
{
    struct link_socks *s = socks_of(l);
    int rc;

    if (s->established)
        return 0;
    if (s->failed) {
        *e = s->outcome;
        return LINK_FAILED;
    }
    do {
        rc = exchange(s, e);
        if (rc == 0)
            rc = s->arrived(s, e);
    } while (rc == 1);
    return rc;
}

static ssize_t socks_read(struct link *l, uint8_t *bytes, size_t n, struct err *e)
{
    return link_read(l->next, bytes, n, e);
}

static ssize_t socks_write(struct link *l, const uint8_t *bytes, size_t n, struct err *e)
{
    return link_write(l->next, bytes, n, e);
}

static int socks_events(const struct link *l, bool want_read, bool want_write)
{
    const struct link_socks *s = (const struct link_socks *)l;
    bool sending = s->out_done < s->out_len;

    if (!s->established)
        return link_events(l->next, !sending, sending);
    return link_events(l->next, want_read, want_write);
}

static size_t socks_pending(const struct link *l)
{
    return link_pending(l->next);
}

static int socks_close(struct link *l, struct err *e)
{
    return link_close(l->next, e);
}

static void socks_free(struct link *l)
{
    struct link_socks *s = socks_of(l);

    explicit_bzero(s->password, sizeof s->password);
    explicit_bzero(s->out, sizeof s->out);
    free(s);
}

static const struct link_ops socks_ops = {
    .connect = socks_connect,
    .read = socks_read,
    .write = socks_write,
    .events = socks_events,
    .pending = socks_pending,
    .close = socks_close,
    .free = socks_free,
};

static int set_address(struct link_socks *s, const char *host, struct err *e)
{
    size_t len = strlen(host);

    if (inet_pton(AF_INET, host, s->address) == 1) {
        s->address_type = ADDRESS_IPV4;
        s->address_len = 4;
    } else if (inet_pton(AF_INET6, host, s->address) == 1) {
        s->address_type = ADDRESS_IPV6;
        s->address_len = 16;
    } else if (len == 0 || len > FIELD_MAX) {
        /* RFC 1928, section 5: the length is one byte. */
        return err_set(e, EXIT_PROXY, STAGE_PROXY, 0,
                       "a SOCKS5 proxy takes host names of 1 to 255 bytes, and this one has %zu",
                       len);
    } else {
        s->address_type = ADDRESS_NAME;
        s->address[0] = (uint8_t)len;
        memcpy(s->address + 1, host, len);
        s->address_len = len + 1;
    }
    return 0;
}

static int set_credentials(struct link_socks *s, const struct proxy *proxy, struct err *e)
{
    const char *password = proxy->password ? proxy->password : "";

    if (!proxy->user || (proxy->user[0] == '\0' && password[0] == '\0'))
        return 0;
    if (strlen(proxy->user) > FIELD_MAX || strlen(password) > FIELD_MAX)
        return err_set(e, EXIT_PROXY, STAGE_PROXY, 0,
                       "a SOCKS5 proxy takes user names and passwords of at most 255 bytes each "
                       "(RFC 1929, section 2)");
    s->credentials = true;
    memcpy(s->user, proxy->user, strlen(proxy->user) + 1);
    memcpy(s->password, password, strlen(password) + 1);
    return 0;
}

struct link *link_socks_new(struct link *next, const struct proxy *proxy, const char *host,
                            uint16_t port, struct err *e)
{
    struct link_socks *s = calloc(1, sizeof *s);

    if (!s) {
        err_nomem(e, STAGE_PROXY, "asking a proxy for a tunnel");
        return NULL;
    }
    s->link.ops = &socks_ops;
    s->link.next = next;
    s->link.fd = next->fd;
    s->port = port;
    tunnel_names(&s->names, proxy, host, port);
    if (set_address(s, host, e) < 0 || set_credentials(s, proxy, e) < 0) {
        socks_free(&s->link);
        return NULL;
    }
    greet(s);
    return &s->link;
}
