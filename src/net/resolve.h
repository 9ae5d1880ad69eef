/*
 * resolve: a host name as the addresses to try, in order. RFC 8305, section 4 (families
 * interleaved, IPv6 first), RFC 6761, section 6.3 (localhost), RFC 4007 (zones).
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/dial.h"

struct resolve_address {
    struct sockaddr_storage addr; /* the port filled in */
    socklen_t len;
    char text[INET6_ADDRSTRLEN + IF_NAMESIZE + 1]; /* numeric, "%zone" included */
};

struct resolve_list {
    struct resolve_address *addresses; /* no address twice */
    size_t count;
};

void resolve_list_clear(struct resolve_list *list);

/* Everything is borrowed until done or cancel. */
struct resolve_query {
    const char *host; /* name or literal, without brackets */
    const char *name; /* the host as DNS knows it, in A-labels; NULL: host is that */
    const char *zone; /* of an IPv6 literal, or NULL */
    uint16_t port;
    enum dial_family family;
    const struct dial_resolve *overrides; /* --resolve; an exact host takes precedence over "*" */
    size_t override_count;
};

struct resolve;

/* Called once: list with at least one address (the callee moves it out or clears it), or NULL and
 * why (EXIT_RESOLVE). The question frees itself after it. */
typedef void resolve_done_fn(void *ctx, struct resolve_list *list, const struct err *e);

/* 1: answered at once without a lookup (literal, override), *list filled, *question NULL.
 * 0: done will be called from the loop. -1: *e; done is not called. list is emptied first. */
int resolve_start(uv_loop_t *loop, const struct resolve_query *query, struct resolve_list *list,
                  struct resolve **question, resolve_done_fn *done, void *ctx, struct err *e);

/* done is not called; NULL is fine. A lookup that can't be stopped ends unheard: the loop has to
 * run until it does before it can be closed. */
void resolve_cancel(struct resolve *question);

/* A numeric address; zone is used unless text carries its own "%zone". 1; 0: not numeric; -1: no
 * such zone. */
int resolve_literal(const char *text, const char *zone, uint16_t port,
                    struct resolve_address *address);

/* Drop duplicates, then order: families take turns, IPv6 first, each in its original order. */
void resolve_order(struct resolve_list *list);

#endif
