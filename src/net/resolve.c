#include "net/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/lookup_threads.h"
#include "net/reason.h"

struct resolve {
    uv_getaddrinfo_t request;
    const struct resolve_query *query;
    resolve_done_fn *done; /* NULL once cancelled */
    void *ctx;
    int first_error; /* what the family that was asked for answered, while the other is asked */
    bool other;      /* asking for the other family now, for the sake of the hint */
};

static int family_of(enum dial_family family)
{
    return family == DIAL_IPV4 ? AF_INET : family == DIAL_IPV6 ? AF_INET6 : AF_UNSPEC;
}

static bool family_fits(enum dial_family family, int af)
{
    return family == DIAL_ANY || family_of(family) == af;
}

/* The resolver's verdict in the words users know; libuv's differ from those of every other tool. */
static const char *lookup_reason(int rc, char buf[REASON_SIZE])
{
    switch (rc) {
    case UV_EAI_NONAME:
        return "name or service not known";
    case UV_EAI_NODATA:
        return "the name has no address";
    case UV_EAI_ADDRFAMILY:
        return "the name has no address of the wanted family";
    case UV_EAI_AGAIN:
        return "temporary failure in name resolution";
    case UV_EAI_FAIL:
        return "the name server failed";
    case UV_EINVAL:
    case UV_ENAMETOOLONG:
        return "not a valid host name";
    default:
        return uv_strerror_r(rc, buf, REASON_SIZE);
    }
}

static int fail_lookup(const char *host, int rc, struct err *e)
{
    char reason[REASON_SIZE];

    if (rc == UV_EAI_MEMORY || rc == UV_ENOMEM)
        return err_nomem(e, STAGE_RESOLVE, "resolving a name");
    err_set(e, EXIT_RESOLVE, STAGE_RESOLVE, 0, "can't resolve \"%s\": %s", host,
            lookup_reason(rc, reason));
    if (rc == UV_EAI_AGAIN || rc == UV_EAI_FAIL)
        err_hint(e, "is the network (or the VPN) up? the name server did not answer; --resolve "
                    "HOST:PORT:ADDR does not need it");
    else
        err_hint(e, "check the spelling; is the name known only inside a VPN? --resolve "
                    "HOST:PORT:ADDR sets an address by hand");
    return -1;
}

static int fail_family(const char *host, enum dial_family wanted, struct err *e)
{
    bool four = wanted == DIAL_IPV4;

    err_set(e, EXIT_RESOLVE, STAGE_RESOLVE, 0, "can't resolve \"%s\": it has no %s address", host,
            four ? "IPv4" : "IPv6");
    err_hint(e, "it has an %s address: leave out %s", four ? "IPv6" : "IPv4", four ? "-4" : "-6");
    return -1;
}

static size_t name_len(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && name[len - 1] == '.' ? len - 1 : len;
}

/* RFC 6761, section 6.3: localhost and everything below it. */
static bool is_localhost(const char *host)
{
    static const char name[] = "localhost";
    size_t len = name_len(host), n = sizeof name - 1;

    return len >= n && strncasecmp(host + len - n, name, n) == 0 &&
           (len == n || host[len - n - 1] == '.');
}

static bool same_host(const char *a, const char *b)
{
    size_t len = name_len(a);

    return len == name_len(b) && strncasecmp(a, b, len) == 0;
}

static const struct dial_resolve *find_override(const struct resolve_query *q)
{
    const struct dial_resolve *any = NULL;

    for (size_t i = 0; i < q->override_count; i++) {
        const struct dial_resolve *o = &q->overrides[i];

        if (o->port != q->port)
            continue;
        if (same_host(o->host, q->host) || (q->name && same_host(o->host, q->name)))
            return o;
        if (!any && strcmp(o->host, "*") == 0)
            any = o;
    }
    return any;
}

/* An address of --resolve; brackets around IPv6 are allowed, as in curl's form. */
static int override_literal(const char *text, uint16_t port, struct resolve_address *address)
{
    char bare[sizeof address->text];
    size_t len = strlen(text);

    if (len < 2 || text[0] != '[' || text[len - 1] != ']' || len - 2 >= sizeof bare)
        return resolve_literal(text, NULL, port, address);
    memcpy(bare, text + 1, len - 2);
    bare[len - 2] = '\0';
    return resolve_literal(bare, NULL, port, address);
}

static int use_override(const struct resolve_query *q, const struct dial_resolve *o,
                        struct resolve_list *list, struct err *e)
{
    list->addresses = calloc(o->count ? o->count : 1, sizeof *list->addresses);
    if (!list->addresses)
        return err_nomem(e, STAGE_RESOLVE, "reading --resolve");
    for (size_t i = 0; i < o->count; i++) {
        struct resolve_address *address = &list->addresses[list->count];
        int rc = override_literal(o->addresses[i], q->port, address);

        if (rc != 1) {
            resolve_list_clear(list);
            err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "--resolve for \"%s\": \"%s\" %s", q->host,
                    o->addresses[i],
                    rc == 0 ? "is not an IP address" : "names no network interface");
            err_hint(e, "--resolve HOST:PORT:ADDR[,ADDR...] with numeric addresses");
            return -1;
        }
        if (family_fits(q->family, address->addr.ss_family))
            list->count++;
    }
    if (list->count == 0) {
        resolve_list_clear(list);
        return fail_family(q->host, q->family, e);
    }
    resolve_order(list);
    return 1;
}

/* 1 with the address, 0 if the host is a name, -1 with *e. */
static int use_literal(const struct resolve_query *q, struct resolve_list *list, struct err *e)
{
    struct resolve_address address;
    int rc = resolve_literal(q->host, q->zone, q->port, &address);

    if (rc == 0)
        return 0;
    if (rc < 0) {
        err_set(e, EXIT_RESOLVE, STAGE_RESOLVE, ENODEV,
                "can't resolve \"%s\": there is no network interface \"%s\"", q->host,
                q->zone ? q->zone : strchr(q->host, '%') + 1);
        err_hint(e, "\"ip link\" lists the interfaces");
        return -1;
    }
    if (!family_fits(q->family, address.addr.ss_family))
        return fail_family(q->host, q->family, e);
    list->addresses = malloc(sizeof address);
    if (!list->addresses)
        return err_nomem(e, STAGE_RESOLVE, "reading an address");
    list->addresses[0] = address;
    list->count = 1;
    return 1;
}

static void fill_address(const struct addrinfo *ai, uint16_t port, struct resolve_address *address)
{
    memcpy(&address->addr, ai->ai_addr, ai->ai_addrlen);
    address->len = ai->ai_addrlen;
    if (ai->ai_family == AF_INET) {
        struct sockaddr_in *in4 = (struct sockaddr_in *)&address->addr;

        in4->sin_port = htons(port);
        inet_ntop(AF_INET, &in4->sin_addr, address->text, sizeof address->text);
    } else {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address->addr;
        size_t len;

        in6->sin6_port = htons(port);
        inet_ntop(AF_INET6, &in6->sin6_addr, address->text, sizeof address->text);
        len = strlen(address->text);
        if (in6->sin6_scope_id != 0)
            snprintf(address->text + len, sizeof address->text - len, "%%%u", in6->sin6_scope_id);
    }
}

/* 1, 0 (nothing usable in the answer), -1: memory. */
static int take_answer(const struct addrinfo *answer, uint16_t port, struct resolve_list *list)
{
    size_t count = 0;

    for (const struct addrinfo *ai = answer; ai; ai = ai->ai_next)
        count++;
    list->addresses = calloc(count ? count : 1, sizeof *list->addresses);
    if (!list->addresses)
        return -1;
    for (const struct addrinfo *ai = answer; ai; ai = ai->ai_next) {
        if (ai->ai_family == AF_INET || ai->ai_family == AF_INET6)
            fill_address(ai, port, &list->addresses[list->count++]);
    }
    resolve_order(list);
    if (list->count > 0)
        return 1;
    resolve_list_clear(list);
    return 0;
}

/* RFC 6761, section 6.3: localhost is the loopback whatever the resolver returns. */
static int take_loopback(const struct resolve_query *q, struct resolve_list *list)
{
    list->addresses = calloc(2, sizeof *list->addresses);
    if (!list->addresses)
        return -1;
    if (family_fits(q->family, AF_INET6))
        resolve_literal("::1", NULL, q->port, &list->addresses[list->count++]);
    if (family_fits(q->family, AF_INET))
        resolve_literal("127.0.0.1", NULL, q->port, &list->addresses[list->count++]);
    return 1;
}

static void on_answer(uv_getaddrinfo_t *request, int status, struct addrinfo *answer);

static int ask(uv_loop_t *loop, struct resolve *r, enum dial_family family)
{
    struct addrinfo hints = {.ai_family = family_of(family), .ai_socktype = SOCK_STREAM};
    const char *name = r->query->name ? r->query->name : r->query->host;

    return uv_getaddrinfo(loop, &r->request, on_answer, name, NULL, &hints);
}

/* The asked-for family has nothing: does the other? Worth one more question, since the answer is
 * the whole explanation. */
static bool ask_other(struct resolve *r, uv_loop_t *loop, int status)
{
    bool empty = status == UV_EAI_NONAME || status == UV_EAI_NODATA || status == UV_EAI_ADDRFAMILY;

    if (!empty || r->other || r->query->family == DIAL_ANY)
        return false;
    r->other = true;
    r->first_error = status;
    return ask(loop, r, r->query->family == DIAL_IPV4 ? DIAL_IPV6 : DIAL_IPV4) == 0;
}

static void conclude(struct resolve *r, int status, const struct addrinfo *answer)
{
    const struct resolve_query *q = r->query;
    struct resolve_list list = {NULL, 0};
    struct err e;
    int rc = 0;

    err_clear(&e);
    if (r->other)
        rc = 0;
    else if (status == 0)
        rc = take_answer(answer, q->port, &list);
    else if (is_localhost(q->host))
        rc = take_loopback(q, &list);

    if (rc < 0)
        err_nomem(&e, STAGE_RESOLVE, "resolving a name");
    else if (rc == 0 && r->other && status == 0)
        fail_family(q->host, q->family, &e);
    else if (rc == 0 && r->other)
        fail_lookup(q->host, r->first_error, &e);
    else if (rc == 0)
        fail_lookup(q->host, status ? status : UV_EAI_NODATA, &e);
    r->done(r->ctx, rc == 1 ? &list : NULL, rc == 1 ? NULL : &e);
}

static void on_answer(uv_getaddrinfo_t *request, int status, struct addrinfo *answer)
{
    struct resolve *r = request->data;
    bool asked = false;

    if (r->done && !is_localhost(r->query->host))
        asked = ask_other(r, request->loop, status);
    if (r->done && !asked)
        conclude(r, status, answer);
    if (answer)
        uv_freeaddrinfo(answer);
    if (!asked)
        free(r);
}

int resolve_start(uv_loop_t *loop, const struct resolve_query *query, struct resolve_list *list,
                  struct resolve **question, resolve_done_fn *done, void *ctx, struct err *e)
{
    const struct dial_resolve *override = find_override(query);
    struct resolve *r;
    int rc;

    *list = (struct resolve_list){NULL, 0};
    *question = NULL;
    if (override)
        return use_override(query, override, list, e);
    rc = use_literal(query, list, e);
    if (rc != 0)
        return rc;

    if (lookup_threads_check() < 0) {
        err_set(e, EXIT_OTHER, STAGE_RESOLVE, errno,
                "can't resolve \"%s\": no thread can be started for it: %s", query->host,
                strerror(errno));
        err_hint(e, "the limits of processes (ulimit -u) or of memory (ulimit -v) are too low; a "
                    "numeric address needs no thread");
        return -1;
    }
    r = calloc(1, sizeof *r);
    if (!r)
        return err_nomem(e, STAGE_RESOLVE, "resolving a name");
    r->query = query;
    r->done = done;
    r->ctx = ctx;
    r->request.data = r;
    rc = ask(loop, r, query->family);
    if (rc != 0) {
        free(r);
        return fail_lookup(query->host, rc, e);
    }
    *question = r;
    return 0;
}

void resolve_cancel(struct resolve *question)
{
    if (!question)
        return;
    question->done = NULL;
    /* Whether or not this stops the lookup, on_answer comes and frees the question. */
    uv_cancel((uv_req_t *)&question->request);
}
