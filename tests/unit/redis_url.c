/* URLs of Redis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "redis/redis_url.h"

/* want: "secure host port user password db", "-" for none. */
static void reads(const char *text, const char *want)
{
    char got[256], name[64];
    struct redis_url u;
    struct err e;

    if (redis_url_parse(&u, text, &e) < 0)
        fail_msg("%s: %s", text, e.text);
    snprintf(got, sizeof got, "%d %s %u %s %s %u", u.secure, u.host, u.port, u.user ? u.user : "-",
             u.password ? u.password : "-", (unsigned)u.db);
    assert_string_equal(got, want);
    redis_url_name(&u, name, sizeof name);
    assert_null(u.password ? strstr(name, u.password) : NULL);
    redis_url_clear(&u);
}

static void refuses(const char *text, const char *part, long at)
{
    struct redis_url u = {.db = 7};
    struct err e;

    assert_int_equal(redis_url_parse(&u, text, &e), -1);
    assert_int_equal(e.code, EXIT_USAGE);
    if (!strstr(e.text, part))
        fail_msg("%s: %s", text, e.text);
    assert_int_equal(e.at, at);
    assert_int_equal(u.db, 7);
}

static void url_of_redis_has_defaults(void **state)
{
    (void)state;
    reads("redis://h", "0 h 6379 - - 0");
    reads("redis://h/", "0 h 6379 - - 0");
    reads("rediss://h", "1 h 6379 - - 0");
    reads("REDIS://Host.example", "0 host.example 6379 - - 0");
}

static void url_of_redis_has_port_and_database(void **state)
{
    (void)state;
    reads("redis://h:7000/3", "0 h 7000 - - 3");
    reads("redis://h:80", "0 h 80 - - 0");
    reads("rediss://h:443/15", "1 h 443 - - 15");
    reads("redis://127.0.0.1:1", "0 127.0.0.1 1 - - 0");
    reads("redis://10.0.0.7", "0 10.0.0.7 6379 - - 0");
    reads("redis://[::1]/2", "0 ::1 6379 - - 2");
    reads("redis://[fd00::12]:6380/2", "0 fd00::12 6380 - - 2");
    reads("redis://h:", "0 h 6379 - - 0");
}

static void url_of_redis_has_credentials(void **state)
{
    (void)state;
    reads("redis://:pass@h", "0 h 6379 - pass 0");
    reads("redis://user:pass@h:7000/1", "0 h 7000 user pass 1");
    reads("redis://user:123@h", "0 h 6379 user 123 0");
    reads("redis://:p%40ss%2F%3A@h", "0 h 6379 - p@ss/: 0");
    reads("rediss://u:p@[::1]:6380", "1 ::1 6380 u p 0");
}

static void url_of_redis_is_refused_with_its_reason(void **state)
{
    (void)state;
    refuses("h:6379", "does not begin with redis:// or rediss://", 0);
    refuses("http://h", "does not begin with", 0);
    refuses("", "does not begin with", 0);
    refuses("redis://", "no host", 8);
    refuses("redis://h:0", "port", 10);
    refuses("rediss://h:99999", "port", 11);
    refuses("redis://h name", "blank", 9);
    refuses("redis://h/x", "not the number of a database", -1);
    refuses("redis://h/1/2", "not the number of a database", -1);
    refuses("redis://h/?db=1", "not the number of a database", -1);
    refuses("redis://h/4294967296", "not the number of a database", -1);
    refuses("redis://secret@h", "a user without a password", -1);
    refuses("redis://user:@h", "empty", -1);
    refuses("redis://user:pa/ss@h", "'/', '?' or '#'", 15);
}

static void name_of_a_redis_server_is_without_credentials(void **state)
{
    struct redis_url u;
    struct err e;
    char name[64];

    (void)state;
    assert_int_equal(redis_url_parse(&u, "redis://u:p@[::1]:7000/3", &e), 0);
    redis_url_name(&u, name, sizeof name);
    assert_string_equal(name, "[::1]:7000/3");
    redis_url_clear(&u);
}

static void url_of_redis_survives_each_failing_allocation(void **state)
{
    struct redis_url u;
    struct err e;

    (void)state;
    ALLOC_EACH({
        if (redis_url_parse(&u, "redis://u:p@[fe80::1%25lo]:7000/3", &e) == 0)
            redis_url_clear(&u);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(url_of_redis_has_defaults),
        cmocka_unit_test(url_of_redis_has_port_and_database),
        cmocka_unit_test(url_of_redis_has_credentials),
        cmocka_unit_test(url_of_redis_is_refused_with_its_reason),
        cmocka_unit_test(name_of_a_redis_server_is_without_credentials),
        cmocka_unit_test(url_of_redis_survives_each_failing_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
