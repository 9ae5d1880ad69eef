/* Setters of reconnecting. */
#include "cli/options_private.h"

#include "base/codec.h"
#include "base/decimal.h"

/* The lists are not computed, so there is nothing to set in them. */
static bool is_list(const char *preset)
{
    return strcmp(preset, "signalr") == 0 || strcmp(preset, "phoenix") == 0;
}

int options_set_reconnect(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    if (use->value && options_word_index(use, e) < 0)
        return -1;
    p->o->connect.retry.preset = use->value ? use->value : "default";
    return 0;
}

int options_set_retries(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    if (!decimal_read(slice_str(use->value), UINT32_MAX - 1, &p->o->connect.retry.tries))
        return usage_error(e, "%s takes a whole number, 0 for none, not \"%s\"", use->typed,
                           options_quote(use->value).text);
    return 0;
}

/* The decimals of seconds are the decimals wanted here. */
static bool parse_decimal(const char *text, double *value)
{
    uint64_t millionths;

    if (seconds_parse(text, &millionths) != 0)
        return false;
    *value = (double)millionths / 1e6;
    return true;
}

int options_set_factor(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    double factor;

    if (!parse_decimal(use->value, &factor) || factor < 1 || factor > 1000)
        return usage_error(e, "%s takes a factor from 1 to 1000 (\"1.5\", \"2\"), not \"%s\"",
                           use->typed, options_quote(use->value).text);
    p->o->connect.retry.factor = factor;
    return 0;
}

int options_set_jitter(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct retry_options *retry = &p->o->connect.retry;
    double fraction;

    if (strcmp(use->value, "none") == 0) {
        retry->jitter = RETRY_JITTER_NONE;
    } else if (strcmp(use->value, "full") == 0) {
        retry->jitter = RETRY_JITTER_FULL;
    } else if (parse_decimal(use->value, &fraction) && fraction <= 1) {
        retry->jitter = RETRY_JITTER_FRACTION;
        retry->fraction = fraction;
    } else {
        return usage_error(e,
                           "%s takes \"none\", \"full\" or a fraction from 0 to 1 (\"0.2\": 20 "
                           "percent more or less), not \"%s\"",
                           use->typed, options_quote(use->value).text);
    }
    return 0;
}

/* Close codes (RFC 6455, section 7.4) lie above the statuses of HTTP, so one list can hold both. */
int options_set_codes(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct ranges *ranges = options_place(p, use);
    size_t column = ranges_parse(ranges, use->value, 100, 4999);

    if (column == 0)
        return 0;
    usage_error(e,
                "%s takes close codes and HTTP statuses from 100 to 4999, at most %d of them "
                "(\"1000,4000-4099,503\"), not \"%s\"",
                use->typed, RANGES_MAX, options_quote(use->value).text);
    e->at = (long)column - 1;
    return options_point_into(p, use);
}

int options_set_queue(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    uint64_t bytes;

    if (size_parse(use->value, &bytes) != 0 || bytes > SIZE_MAX / 4)
        return usage_error(e, "%s takes a size (\"64k\", \"1M\"; 0 for none), not \"%s\"",
                           use->typed, options_quote(use->value).text);
    p->o->connect.retry.offline_queue = (size_t)bytes;
    return 0;
}

int options_finish_retry(struct options_parsing *p, struct err *e)
{
    static const char *const computed[] = {"--retry-delay", "--retry-factor"};
    const char *preset = p->o->connect.retry.preset;

    for (size_t i = 0; preset && is_list(preset) && i < 2; i++) {
        const struct option_use *use = options_given(p, computed[i]);

        if (!use)
            continue;
        usage_error(e, "%s has no meaning with --reconnect=%s, whose delays are a list", use->typed,
                    preset);
        return options_blame(use, e);
    }
    return 0;
}
