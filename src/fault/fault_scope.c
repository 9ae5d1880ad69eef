/* On which connections of a proxy a fault acts. */

#include "fault/fault.h"

/* Only the way to a server has a name to resolve and an address to come from. */
static bool is_of_dialing(enum fault_kind kind)
{
    return kind == FAULT_DNS_FAIL || kind == FAULT_DNS_SLOW || kind == FAULT_REBIND;
}

enum fault_leg fault_leg(const struct fault_spec *f)
{
    if (is_of_dialing(f->kind) && f->leg != FAULT_LEG_REDIS)
        return FAULT_LEG_SERVER;
    return f->leg == FAULT_LEG_ANY ? FAULT_LEG_CLIENT : f->leg;
}

const char *fault_proxy_only(const struct fault_spec *f)
{
    if (f->kind == FAULT_OFFLINE)
        return "offline";
    if (f->leg != FAULT_LEG_ANY && f->leg != FAULT_LEG_REDIS)
        return "leg=";
    if (f->path[0])
        return "path=";
    if (f->has_share)
        return "share=";
    if (f->only != FAULT_TRAFFIC_ANY)
        return "only=";
    return f->after ? "after=" : NULL;
}

/* After the last * that was reached, one more character is left to it each time the rest does not
 * fit: never more than the product of both lengths. */
bool fault_glob(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;

    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (*pattern == '?' || (*pattern && *pattern == *text)) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool fault_applies(const struct fault_spec *f, const struct fault_scope *s)
{
    if (f->path[0] && (!s->path || !fault_glob(f->path, s->path)))
        return false;
    if (f->only != FAULT_TRAFFIC_ANY && f->only != s->traffic)
        return false;
    if (f->has_share && (s->client == 0 || s->drawn >= f->share))
        return false;
    return s->messages >= f->after;
}
