#include "measure/moment.h"

#define SECOND INT64_C(1000000)

/* What is left to read. */
struct text {
    const uint8_t *at, *end;
};

static bool skip(struct text *t, const char *any_of)
{
    if (t->at == t->end || *t->at == '\0' || !strchr(any_of, *t->at))
        return false;
    t->at++;
    return true;
}

/* Exactly n digits. */
static bool digits(struct text *t, int n, int *value)
{
    *value = 0;
    for (; n > 0; n--, t->at++) {
        if (t->at == t->end || *t->at < '0' || *t->at > '9')
            return false;
        *value = *value * 10 + (*t->at - '0');
    }
    return true;
}

/* Digits behind a point, as microseconds; further ones are cut. */
static bool fraction(struct text *t, int64_t *us, uint64_t *resolution_us)
{
    int64_t unit = SECOND;
    const uint8_t *first = t->at;

    *us = 0;
    for (; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++) {
        unit /= 10;
        *us += unit * (*t->at - '0');
    }
    *resolution_us = unit > 0 ? (uint64_t)unit : 1;
    return t->at > first;
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
static int parse_rfc3339(struct text t, struct moment *moment)
{
    int year, month, day, hour, minute, second, east = 1, zone_hour = 0, zone_minute = 0;
    int64_t us = 0;

    moment->resolution_us = (uint64_t)SECOND;
    if (!digits(&t, 4, &year) || !skip(&t, "-") || !digits(&t, 2, &month) || !skip(&t, "-") ||
        !digits(&t, 2, &day) || !skip(&t, "Tt ") || !digits(&t, 2, &hour) || !skip(&t, ":") ||
        !digits(&t, 2, &minute) || !skip(&t, ":") || !digits(&t, 2, &second))
        return -1;
    if (skip(&t, ".,") && !fraction(&t, &us, &moment->resolution_us))
        return -1;
    if (!skip(&t, "Zz")) {
        if (t.at < t.end && *t.at == '-')
            east = -1;
        if (!skip(&t, "+-") || !digits(&t, 2, &zone_hour) || !skip(&t, ":") ||
            !digits(&t, 2, &zone_minute))
            return -1;
    }
    if (t.at != t.end || !is_date(month, day) || !is_time(hour, minute, second))
        return -1;
    moment->us = (days_of(year, month, day) * 86400 + seconds_of(hour, minute, second) -
                  east * seconds_of(zone_hour, zone_minute, 0)) *
                     SECOND +
                 us;
    return 0;
}

static int parse_number(struct text t, struct moment *moment)
{
    int64_t whole = 0, us = 0;
    uint64_t resolution = 1;
    bool pointed = false;

    if (t.at == t.end)
        return -1;
    for (; t.at < t.end && *t.at >= '0' && *t.at <= '9'; t.at++) {
        if (whole > INT64_MAX / 10 - 1)
            return -1;
        whole = whole * 10 + (*t.at - '0');
    }
    if (skip(&t, ".")) {
        if (!fraction(&t, &us, &resolution))
            return -1;
        pointed = true;
    }
    if (t.at != t.end)
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
    struct text t = {token.data, slice_end(token)};
    struct moment found;

    if (token.len >= 2 && *t.at == '"') {
        t.at++;
        t.end--;
    }
    if (parse_rfc3339(t, &found) < 0 && parse_number(t, &found) < 0)
        return -1;
    *moment = found;
    return 0;
}
