#include "probe/sizes.h"

#include <inttypes.h>
#include <stdio.h>

uint64_t probe_search_next(const struct probe_search *s)
{
    uint64_t apart = s->failed > s->passed ? s->failed - s->passed : 0;

    if (!s->failed)
        return s->passed == 0 ? PROBE_SIZE_LEAST : s->passed < PROBE_SIZE_MOST ? s->passed * 2 : 0;
    if (s->passed == 0 || apart <= 1)
        return 0;
    if (apart == s->passed)
        return s->passed + 1; /* after the doubling */
    return apart > s->passed / 128 + 1 ? s->passed + apart / 2 : 0;
}

void probe_search_passed(struct probe_search *s, uint64_t size)
{
    if (size > s->passed)
        s->passed = size;
}

void probe_search_failed(struct probe_search *s, uint64_t size, uint16_t code, const char *how)
{
    if (s->failed && size >= s->failed)
        return;
    s->failed = size;
    s->code = code;
    s->by_code = code != 0;
    snprintf(s->how, sizeof s->how, "%s", how);
}

static void judge_one(struct probe_report *r, const struct probe_search *s, const char *what)
{
    struct probe_check *check;

    if (s->passed == 0 && s->failed == 0)
        return;
    if (!s->failed) {
        probe_add(r, PROBE_SIZES, PROBE_OK, "%s of %" PRIu64 " bytes get through", what, s->passed);
        return;
    }
    if (s->passed == 0) {
        check =
            probe_add(r, PROBE_SIZES, PROBE_INFO,
                      "unknown for %s: even %d bytes end the connection (%s), so the application "
                      "may reject messages that it does not understand",
                      what, PROBE_SIZE_LEAST, s->how);
        probe_advise(check, "test such an application with messages of its own protocol");
        return;
    }
    check = probe_add(r, PROBE_SIZES, PROBE_INFO,
                      "%s of %" PRIu64 " bytes get through, of %" PRIu64 " do not: %s", what,
                      s->passed, s->failed, s->how);
    probe_advise(check, "split larger messages, or raise the limit of %s",
                 s->by_code ? "the server's WebSocket library"
                            : "the proxy, gateway or server that cuts the connection");
}

void probe_judge_sizes(struct probe_report *r, const struct probe_search *frames,
                       const struct probe_search *messages)
{
    judge_one(r, frames, "messages in one frame");
    judge_one(r, messages, "messages in frames of 4096 bytes");
}
