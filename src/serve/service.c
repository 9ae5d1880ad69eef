#include "serve/service.h"

static const struct service *const rows[] = {
    &service_echo, &service_chat, &service_feed, &service_feed_sse, &service_feed_json,
};

const struct service *service_at(size_t i)
{
    return i < sizeof rows / sizeof *rows ? rows[i] : NULL;
}

const struct service *service_find(struct slice path, bool upgrade)
{
    const struct service *s;

    for (size_t i = 0; (s = service_at(i)) != NULL; i++) {
        if ((s->channel == CHANNEL_WS) == upgrade && slice_is(path, s->path))
            return s;
    }
    return NULL;
}
