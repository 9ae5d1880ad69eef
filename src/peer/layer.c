#include "peer/layer.h"

/* For l and all below it: which layer above takes their events? */
static void find_listeners(struct layer *l)
{
    for (; l; l = l->below)
        l->listener = !l->above || l->above->ops->event ? l->above : l->above->listener;
}

void layer_put(struct layer *l, struct layer *below)
{
    l->below = below;
    l->above = below->above;
    if (l->above)
        l->above->below = l;
    below->above = l;
    find_listeners(l);
}

void layer_remove(struct layer *l)
{
    if (l->above)
        l->above->below = l->below;
    if (l->below)
        l->below->above = l->above;
    find_listeners(l->below);
    l->above = l->below = l->listener = NULL;
}

int layer_send(const struct layer *from, const struct outgoing *out)
{
    struct layer *l = from->below;

    while (l && !l->ops->send)
        l = l->below;
    return l ? l->ops->send(l, out) : SEND_CLOSED;
}

void layer_pause(const struct layer *from, bool paused)
{
    struct layer *l = from->below;

    while (l && !l->ops->pause)
        l = l->below;
    if (l)
        l->ops->pause(l, paused);
}

struct totals layer_totals(const struct layer *from)
{
    const struct layer *l = from->below;

    while (l && !l->ops->totals)
        l = l->below;
    return l ? l->ops->totals(l) : (struct totals){0};
}

void layer_drained(const struct layer *from)
{
    struct layer *l = from->above;

    while (l && !l->ops->drained)
        l = l->above;
    if (l)
        l->ops->drained(l);
}
