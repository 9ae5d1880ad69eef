#include "measure/moment.h"

#include "base/ascii.h"
#include "base/decimal.h"

#define SECOND INT64_C(1000000)

/* Each function that takes a pointer to a slice moves its front over what was read. */
static bool skip(struct slice *t, const char *any_of)
{
    if (t->len == 0 || t->data[0] == '\0' || !strchr(any_of, t->data[0]))
        return false;
    *t = slice_from(*t, 1);
    return true;
}

/* Digits after a point, as microseconds; further ones are cut. */
static bool fraction(struct slice *t, int64_t *us, uint64_t *resolution_us)
{
    int64_t unit = SECOND;
    size_t n = decimal_span(*t);

    *us = 0;
    for (size_t i = 0; i < n; i++) {
        unit /= 10;
        *us += unit * (t->data[i] - '0');
    }
    *resolution_us = unit > 0 ? (uint64_t)unit : 1;
    *t = slice_from(*t, n);
    return n > 0;
}

/* Days since 1970-01-01 in the Gregorian calendar, counted from March so that the leap day is the
 * last of its year. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static bool is_date(int month, int day)
{
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool is_time(int hour, int minute, int second)
{
    return hour <= 23 && minute <= 59 && second <= 60; /* 60: a leap second */
}

static int64_t seconds_of(int hour, int minute, int second)
{
    return hour * 3600 + minute * 60 + second;
}

/* RFC 3339, section 5.6; "z" and a blank in place of "T" are let pass. */
static int parse_rfc3339(struct slice t, struct moment *moment)
{
    int year, month, day, hour, minute, second, east = 1, zone_hour = 0, zone_minute = 0;
    int64_t us = 0;

    moment->resolution_us = (uint64_t)SECOND;
    if (!decimal_take_fixed(&t, 4, &year) || !skip(&t, "-") || !decimal_take_fixed(&t, 2, &month) ||
        !skip(&t, "-") || !decimal_take_fixed(&t, 2, &day) || !skip(&t, "Tt ") ||
        !decimal_take_fixed(&t, 2, &hour) || !skip(&t, ":") ||
        !decimal_take_fixed(&t, 2, &minute) || !skip(&t, ":") ||
        !decimal_take_fixed(&t, 2, &second))
        return -1;
    if (skip(&t, ".,") && !fraction(&t, &us, &moment->resolution_us))
        return -1;
    if (!skip(&t, "Zz")) {
        if (t.len > 0 && t.data[0] == '-')
            east = -1;
        if (!skip(&t, "+-") || !decimal_take_fixed(&t, 2, &zone_hour) || !skip(&t, ":") ||
            !decimal_take_fixed(&t, 2, &zone_minute))
            return -1;
    }
    if (t.len > 0 || !is_date(month, day) || !is_time(hour, minute, second))
        return -1;
    moment->us = (days_of(year, month, day) * 86400 + seconds_of(hour, minute, second) -
                  east * seconds_of(zone_hour, zone_minute, 0)) *
                     SECOND +
                 us;
    return 0;
}

static int parse_number(struct slice t, struct moment *moment)
{
    uint64_t digits = 0, resolution = 1;
    int64_t whole, us = 0;
    bool pointed = false;

    if (t.len == 0 || (is_digit(t.data[0]) && !decimal_take(&t, INT64_MAX, &digits)))
        return -1;
    whole = (int64_t)digits;
    if (skip(&t, ".")) {
        if (!fraction(&t, &us, &resolution))
            return -1;
        pointed = true;
    }
    if (t.len > 0)
        return -1;
    if (whole < INT64_C(100000000000)) {
        moment->us = whole * SECOND + us;
        moment->resolution_us = pointed ? resolution : (uint64_t)SECOND;
    } else if (whole < INT64_C(100000000000000)) {
        moment->us = whole * 1000 + us / 1000;
        moment->resolution_us = pointed && resolution < 1000 ? 1
                                : pointed                    ? resolution / 1000
                                                             : 1000;
    } else if (whole < INT64_C(100000000000000000)) {
        moment->us = whole;
        moment->resolution_us = 1;
    } else {
        moment->us = whole / 1000;
        moment->resolution_us = 1;
    }
    return 0;
}

int moment_parse(struct slice token, struct moment *moment)
{
    struct moment found;

    if (token.len >= 2 && token.data[0] == '"')
        token = slice_inner(token);
    if (parse_rfc3339(token, &found) < 0 && parse_number(token, &found) < 0)
        return -1;
    *moment = found;
    return 0;
}
