/* The sentence about an opening that took too long. */
#include "net/dial.h"

#include "base/decimal.h"

static const char *busy_with(enum stage stage, const char *waiting)
{
    switch (stage) {
    case STAGE_RESOLVE:
        return "resolving";
    case STAGE_CONNECT:
        return "connecting to";
    case STAGE_PROXY:
        return "waiting for the proxy";
    case STAGE_TLS:
        return "in the TLS handshake with";
    default:
        return waiting;
    }
}

void dial_timed_out(struct dial *d, uint64_t after_us, const char *waiting, struct err *e)
{
    enum stage stage = STAGE_HANDSHAKE;
    char what[160] = "";

    if (d)
        dial_cancel(d, &stage, what, sizeof what);
    err_set(e, EXIT_TIMEOUT, stage, 0, "timed out after %s s (--connect-timeout) %s%s%s",
            decimal_millionths(after_us).text, busy_with(stage, waiting), what[0] ? " " : "", what);
}
