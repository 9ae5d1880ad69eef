#include "proto/http_date.h"

#include "base/decimal.h"

/* Each function that takes a pointer to a slice moves its front over what was read. */
static bool skip(struct slice *c, const char *text)
{
    if (!slice_begins(*c, text))
        return false;
    *c = slice_from(*c, strlen(text));
    return true;
}

/* The place of the word among words that are `each` bytes long, or -1. */
static int word(struct slice *c, const char *words, size_t each)
{
    for (int i = 0; words[(size_t)i * each]; i++) {
        if (c->len >= each && memcmp(c->data, words + (size_t)i * each, each) == 0) {
            *c = slice_from(*c, each);
            return i;
        }
    }
    return -1;
}

/* The number that `count` digits write; -1 if there are fewer. */
static int digits(struct slice *c, size_t count)
{
    int n;

    return decimal_take_fixed(c, count, &n) ? n : -1;
}

struct parts {
    int year, month, day, hour, minute, second;
};

static bool take_time(struct slice *c, struct parts *p)
{
    p->hour = digits(c, 2);
    if (!skip(c, ":"))
        return false;
    p->minute = digits(c, 2);
    if (!skip(c, ":"))
        return false;
    p->second = digits(c, 2);
    return true;
}

static bool take_month(struct slice *c, struct parts *p)
{
    p->month = word(c, "JanFebMarAprMayJunJulAugSepOctNovDec", 3) + 1;
    return p->month > 0;
}

/* ", 06 Nov 1994 08:49:37 GMT" */
static bool take_fixdate(struct slice *c, struct parts *p)
{
    if (!skip(c, ", "))
        return false;
    p->day = digits(c, 2);
    if (!skip(c, " ") || !take_month(c, p) || !skip(c, " "))
        return false;
    p->year = digits(c, 4);
    return skip(c, " ") && take_time(c, p) && skip(c, " GMT");
}

/* "day, 06-Nov-94 08:49:37 GMT", the front of the day's name being taken */
static bool take_rfc850(struct slice *c, struct parts *p, int this_year)
{
    while (c->len > 0 && c->data[0] >= 'a' && c->data[0] <= 'z')
        *c = slice_from(*c, 1);
    if (!skip(c, ", "))
        return false;
    p->day = digits(c, 2);
    if (!skip(c, "-") || !take_month(c, p) || !skip(c, "-"))
        return false;
    p->year = digits(c, 2);
    if (p->year < 0)
        return false;
    p->year += this_year / 100 * 100;
    if (p->year > this_year + 50)
        p->year -= 100;
    return skip(c, " ") && take_time(c, p) && skip(c, " GMT");
}

/* " Nov  6 08:49:37 1994" */
static bool take_asctime(struct slice *c, struct parts *p)
{
    if (!skip(c, " ") || !take_month(c, p) || !skip(c, " "))
        return false;
    p->day = skip(c, " ") ? digits(c, 1) : digits(c, 2);
    if (!skip(c, " ") || !take_time(c, p) || !skip(c, " "))
        return false;
    p->year = digits(c, 4);
    return true;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_before(int year)
{
    int64_t y = year - 1;

    return y * 365 + y / 4 - y / 100 + y / 400;
}

static bool to_seconds(const struct parts *p, int64_t *seconds)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int month = p->month - 1;
    int leap = is_leap(p->year) && month >= 1;
    int64_t days;

    if (p->year < 1 || p->day < 1 || p->day > length[month] + (month == 1 ? leap : 0) ||
        p->hour < 0 || p->hour > 23 || p->minute < 0 || p->minute > 59 || p->second < 0 ||
        p->second > 60)
        return false;
    days = days_before(p->year) - days_before(1970) + before[month] + (month > 1 ? leap : 0) +
           p->day - 1;
    *seconds = days * 86400 + p->hour * 3600 + p->minute * 60 + p->second;
    return true;
}

bool http_date_parse(struct slice text, int64_t now_s, int64_t *seconds)
{
    struct slice c = text;
    struct parts p = {0};
    int this_year = 1970 + (int)(now_s / 31556952); /* of the Gregorian calendar, on average */
    bool good;

    if (text.len < 8 || word(&c, "SunMonTueWedThuFriSat", 3) < 0)
        return false;
    if (c.data[0] == ',')
        good = take_fixdate(&c, &p);
    else if (c.data[0] == ' ')
        good = take_asctime(&c, &p);
    else
        good = take_rfc850(&c, &p, this_year);
    return good && c.len == 0 && to_seconds(&p, seconds);
}

bool http_retry_after(struct slice value, int64_t now_s, uint64_t *wait_us)
{
    uint64_t wait = HTTP_RETRY_AFTER_MAX_S; /* of a greater number too */
    int64_t then;

    if (value.len == 0 || decimal_span(value) < value.len) {
        if (!http_date_parse(value, now_s, &then))
            return false;
        wait = then > now_s ? (uint64_t)(then - now_s) : 0;
    } else {
        decimal_read(value, HTTP_RETRY_AFTER_MAX_S, &wait);
    }
    if (wait > HTTP_RETRY_AFTER_MAX_S)
        wait = HTTP_RETRY_AFTER_MAX_S;
    *wait_us = wait * 1000000;
    return true;
}
