#include "http/redirect.h"

#include "base/plural.h"
#include "proto/url_resolve.h"

bool redirect_status(int status)
{
    switch (status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
        return true;
    default:
        return false;
    }
}

/* The one Location; NULL with *e. RFC 9110, section 10.2.2 has a single value, and it is unknown
 * which of two is meant. */
static const struct slice *location_of(const struct http1_head *head, struct err *e)
{
    const struct slice *found = NULL;

    for (size_t i = 0; i < head->field_count; i++) {
        const struct field *f = &head->fields[i];

        if (!slice_is_nocase(f->name, "Location"))
            continue;
        if (found && !slice_equal(*found, f->value)) {
            err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                    "the server redirects (%d) to two places at once: it sent several Locations",
                    head->status);
            return NULL;
        }
        found = &f->value;
    }
    if (!found)
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0, "the server redirects (%d) without a Location",
                head->status);
    return found;
}

int redirect_next(struct url *to, const struct url *from, const struct http1_head *head,
                  unsigned hops, unsigned max, struct err *e)
{
    const struct slice *location;
    struct url next;

    if (hops >= max) {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the server redirects once more (%d), after %u redirect%s", head->status, hops,
                plural(hops));
        err_hint(e, "it may go round in circles, -i shows where; --max-redirects N follows more");
        return -1;
    }
    location = location_of(head, e);
    if (!location)
        return -1;
    if (url_resolve(&next, from, *location, e) < 0)
        return -1;
    if (from->scheme == URL_WSS && next.scheme != URL_WSS) {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the server redirects from %s:// to %s://%.200s, which would send what follows in "
                "the clear: not followed",
                from->http ? "https" : "wss", from->http ? "http" : "ws", next.host);
        err_hint(e, "to connect there anyway, give that URL itself");
        url_clear(&next);
        return -1;
    }
    *to = next;
    return 0;
}
