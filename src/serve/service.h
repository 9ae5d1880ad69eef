/*
 * service: what the embedded server offers, a row for each service: its path, its line in the
 * index, and what it does with its clients. The responses, the index and the clients use these
 * rows.
 */
#ifndef SERVE_SERVICE_H
#define SERVE_SERVICE_H

#include "event/event.h"
#include "serve/pages.h"

struct client;

/* Hooks are called from the loop. NULL members are skipped. */
struct service {
    const char *path;
    /* CHANNEL_WS: it is reached by an upgrade; else by GET and HEAD, and by what browsers ask
     * before them (OPTIONS). */
    enum event_channel channel;
    const char *about; /* its description in the index */
    /* A command to try, below that: {ws} is the service's URL, {http} the same for curl, {k} the
     * option of both that trusts any certificate, with a blank before it, where that is needed. */
    const char *example;
    size_t state;         /* bytes of client->own, zero when a request leads here */
    uint64_t max_message; /* bytes; 0: no bound */

    /* Read the request into *a, or refuse it (pages_refuse). Pure. */
    void (*asked)(struct answer *a, const struct http1_head *head, struct slice query);
    /* By plain HTTP: answer. may_wait: for something new. */
    void (*answer)(struct client *c, const struct answer *a, const struct http1_head *head,
                   bool may_wait);

    /* A WebSocket or a stream of events is about to open. */
    void (*accepted)(struct client *c, const struct answer *a);
    void (*opened)(struct client *c);
    /* Not called once a Close is under way. */
    void (*message)(struct client *c, const struct event_message *m);
    void (*drained)(struct client *c); /* client_full became false again */
    /* It was open, or waited, and has ended; nothing can be sent. */
    void (*ended)(struct client *c);
};

extern const struct service service_echo, service_chat, service_feed, service_feed_sse,
    service_feed_json;

/* The rows in the order of the index; NULL after the last. */
const struct service *service_at(size_t i);
/* What is reached at that path, by an upgrade or without one. NULL: nothing. */
const struct service *service_find(struct slice path, bool upgrade);

#endif
