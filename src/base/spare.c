#include "base/spare.h"

#include <stdlib.h>

void spare_put(struct spare *s, uint8_t *data, size_t cap, size_t keep)
{
    if (cap > keep || (s->data && s->cap >= cap)) {
        free(data);
        return;
    }
    free(s->data);
    *s = (struct spare){data, cap};
}

static void spare_clear(struct spare *s)
{
    free(s->data);
    *s = (struct spare){0};
}

void spares_clear(struct spares *s)
{
    spare_clear(&s->read);
    spare_clear(&s->gathered);
    spare_clear(&s->deflated);
    spare_clear(&s->written);
}
