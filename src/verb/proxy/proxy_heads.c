#include "verb/proxy/proxy_heads.h"

#include <stdlib.h>

static struct proxy_head *of_conn(const struct proxy_heads *h, uint32_t conn)
{
    for (size_t i = 0; i < PROXY_HEADS_MAX; i++) {
        if (h->items[i] && h->items[i]->conn == conn)
            return h->items[i];
    }
    return NULL;
}

/* In place of the oldest. NULL: memory. */
static struct proxy_head *begin(struct proxy_heads *h, uint32_t conn)
{
    struct proxy_head **at = &h->items[h->next];

    if (*at)
        conninfo_clear(&(*at)->info);
    else
        *at = calloc(1, sizeof **at);
    if (!*at)
        return NULL;
    conninfo_init(&(*at)->info);
    (*at)->conn = conn;
    (*at)->client = 0;
    h->next = (h->next + 1) % PROXY_HEADS_MAX;
    return *at;
}

static bool is_upgrade(const struct event_request *r)
{
    for (size_t i = 0; i < r->header_count; i++) {
        if (slice_is_nocase(r->headers[i].name, "Sec-WebSocket-Key"))
            return true;
    }
    return false;
}

void proxy_heads_event(struct proxy_heads *h, const struct event *ev)
{
    struct proxy_head *head = of_conn(h, ev->conn);

    if (ev->kind == EVENT_REQUEST && is_upgrade(&ev->request) && !head)
        head = begin(h, ev->conn);
    else if (ev->kind == EVENT_REQUEST && !is_upgrade(&ev->request))
        head = NULL;
    if (!head || (ev->kind == EVENT_RESPONSE && head->info.response.there))
        return;
    if (ev->client)
        head->client = ev->client;
    conninfo_event(&head->info, ev);
}

const struct proxy_head *proxy_heads_find(const struct proxy_heads *h, uint32_t client)
{
    for (size_t i = 1; i <= PROXY_HEADS_MAX; i++) {
        const struct proxy_head *head = h->items[(h->next + PROXY_HEADS_MAX - i) % PROXY_HEADS_MAX];

        if (head && (client == 0 || head->client == client))
            return head;
    }
    return NULL;
}

void proxy_heads_clear(struct proxy_heads *h)
{
    for (size_t i = 0; i < PROXY_HEADS_MAX; i++) {
        if (h->items[i])
            conninfo_clear(&h->items[i]->info);
        free(h->items[i]);
        h->items[i] = NULL;
    }
}
