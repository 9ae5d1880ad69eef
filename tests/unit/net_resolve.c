#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "net/resolve.h"

/*
 * The resolver of these tests: the definitions here go before libuv's, so no name server is asked.
 */
static const struct {
    const char *name;
    int status; /* unless 0 */
    const char *addresses[5];
} zone_file[] = {
    {"dual.test", 0, {"127.0.0.1", "127.0.0.2", "::1", "127.0.0.1"}},
    {"four.test", 0, {"127.0.0.1", "127.0.0.3"}},
    {"six.test", 0, {"::1"}},
    {"busy.test", UV_EAI_AGAIN, {NULL}},
    {"broken.test", UV_EAI_FAIL, {NULL}},
};

struct lookup {
    uv_timer_t timer;
    uv_getaddrinfo_t *request;
    uv_getaddrinfo_cb done;
    int status;
    struct addrinfo *answer;
};

static unsigned lookups;

static void add_answer(struct addrinfo **last, const char *text)
{
    struct {
        struct addrinfo ai;
        struct sockaddr_in6 addr;
    } *one = calloc(1, sizeof *one);
    struct sockaddr_in *in4 = (struct sockaddr_in *)&one->addr;

    one->ai.ai_addr = (struct sockaddr *)&one->addr;
    if (inet_pton(AF_INET, text, &in4->sin_addr) == 1) {
        in4->sin_family = AF_INET;
        one->ai.ai_addrlen = sizeof *in4;
    } else {
        inet_pton(AF_INET6, text, &one->addr.sin6_addr);
        one->addr.sin6_family = AF_INET6;
        one->ai.ai_addrlen = sizeof one->addr;
    }
    one->ai.ai_family = one->addr.sin6_family;
    while (*last)
        last = &(*last)->ai_next;
    *last = &one->ai;
}

static void look_up(struct lookup *l, const char *name, int family)
{
    l->status = UV_EAI_NONAME;
    for (size_t i = 0; i < sizeof zone_file / sizeof zone_file[0]; i++) {
        if (strcmp(zone_file[i].name, name) != 0)
            continue;
        l->status = zone_file[i].status;
        for (size_t k = 0; k < 5 && zone_file[i].addresses[k]; k++) {
            bool six = strchr(zone_file[i].addresses[k], ':') != NULL;

            if (family == AF_UNSPEC || family == (six ? AF_INET6 : AF_INET))
                add_answer(&l->answer, zone_file[i].addresses[k]);
        }
        if (l->status == 0 && !l->answer)
            l->status = UV_EAI_NODATA;
    }
}

static void lookup_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void lookup_over(uv_timer_t *timer)
{
    struct lookup *l = timer->data;

    uv_close((uv_handle_t *)timer, lookup_closed);
    l->done(l->request, l->status, l->answer);
}

int uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *request, uv_getaddrinfo_cb done,
                   const char *node, const char *service, const struct addrinfo *hints)
{
    struct lookup *l;

    assert_null(service);
    if (strcmp(node, "invalid..test") == 0)
        return UV_EINVAL;
    l = calloc(1, sizeof *l);
    if (!l)
        return UV_ENOMEM;
    lookups++;
    look_up(l, node, hints->ai_family);
    request->loop = loop;
    l->request = request;
    l->done = done;
    uv_timer_init(loop, &l->timer);
    l->timer.data = l;
    uv_timer_start(&l->timer, lookup_over, 0, 0);
    return 0;
}

void uv_freeaddrinfo(struct addrinfo *answer)
{
    while (answer) {
        struct addrinfo *next = answer->ai_next;

        free(answer);
        answer = next;
    }
}

int uv_cancel(uv_req_t *request)
{
    (void)request;
    return UV_EBUSY;
}

struct result {
    int calls;
    int rc; /* of resolve_start */
    struct resolve_list list;
    struct err e;
};

static void take(void *ctx, struct resolve_list *list, const struct err *e)
{
    struct result *r = ctx;

    r->calls++;
    if (list)
        r->list = *list;
    else
        r->e = *e;
}

static struct result ask_query(const struct resolve_query *query)
{
    struct result r = {0};
    struct resolve *question;
    uv_loop_t loop;

    err_clear(&r.e);
    lookups = 0;
    uv_loop_init(&loop);
    r.rc = resolve_start(&loop, query, &r.list, &question, take, &r, &r.e);
    assert_int_equal(r.calls, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(r.calls, r.rc == 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    return r;
}

static struct result ask(const char *host, enum dial_family family)
{
    struct resolve_query query = {.host = host, .port = 80, .family = family};

    return ask_query(&query);
}

/* The addresses in order, split by blanks. */
static void assert_addresses(struct result *r, const char *want)
{
    char have[256] = "";

    for (size_t i = 0; i < r->list.count; i++) {
        if (i > 0)
            strcat(have, " ");
        strcat(have, r->list.addresses[i].text);
    }
    assert_string_equal(have, want);
    resolve_list_clear(&r->list);
}

static void assert_fails(const struct result *r, const char *text, const char *hint)
{
    assert_null(r->list.addresses);
    assert_int_equal(r->e.code, EXIT_RESOLVE);
    assert_int_equal(r->e.stage, STAGE_RESOLVE);
    assert_string_equal(r->e.text, text);
    assert_non_null(strstr(r->e.hint, hint));
}

static void resolve_interleaves_families_ipv6_first_and_drops_duplicates(void **state)
{
    struct result r = ask("dual.test", DIAL_ANY);
    const struct sockaddr_in *in4 = (const struct sockaddr_in *)&r.list.addresses[1].addr;

    (void)state;
    assert_int_equal(ntohs(in4->sin_port), 80);
    assert_addresses(&r, "::1 127.0.0.1 127.0.0.2");
}

static void resolve_asks_for_the_wanted_family_alone(void **state)
{
    struct result r = ask("dual.test", DIAL_IPV4);

    (void)state;
    assert_int_equal(lookups, 1);
    assert_addresses(&r, "127.0.0.1 127.0.0.2");
    r = ask("dual.test", DIAL_IPV6);
    assert_addresses(&r, "::1");
}

static void resolve_says_why_a_name_is_unknown(void **state)
{
    struct result r = ask("none.test", DIAL_ANY);

    (void)state;
    assert_fails(&r, "can't resolve \"none.test\": name or service not known", "spelling");
    r = ask("none.test", DIAL_IPV6);
    assert_int_equal(lookups, 2);
    assert_fails(&r, "can't resolve \"none.test\": name or service not known", "VPN");
    r = ask("busy.test", DIAL_ANY);
    assert_fails(&r, "can't resolve \"busy.test\": temporary failure in name resolution",
                 "name server");
    r = ask("broken.test", DIAL_IPV4);
    assert_int_equal(lookups, 1);
    assert_fails(&r, "can't resolve \"broken.test\": the name server failed", "name server");
    r = ask("invalid..test", DIAL_ANY);
    assert_int_equal(r.rc, -1);
    assert_fails(&r, "can't resolve \"invalid..test\": not a valid host name", "spelling");
}

static void resolve_says_when_only_the_other_family_exists(void **state)
{
    struct result r = ask("six.test", DIAL_IPV4);

    (void)state;
    assert_int_equal(lookups, 2);
    assert_fails(&r, "can't resolve \"six.test\": it has no IPv4 address", "leave out -4");
    r = ask("four.test", DIAL_IPV6);
    assert_fails(&r, "can't resolve \"four.test\": it has no IPv6 address", "leave out -6");
}

static void resolve_takes_literals_without_a_lookup(void **state)
{
    struct result r = ask("192.0.2.7", DIAL_ANY);

    (void)state;
    assert_int_equal(r.rc, 1);
    assert_int_equal(lookups, 0);
    assert_addresses(&r, "192.0.2.7");
    r = ask("2001:DB8:0::1", DIAL_IPV6);
    assert_int_equal(r.rc, 1);
    assert_addresses(&r, "2001:db8::1");
    r = ask("192.0.2.7", DIAL_IPV6);
    assert_fails(&r, "can't resolve \"192.0.2.7\": it has no IPv6 address", "leave out -6");
    r = ask("::1", DIAL_IPV4);
    assert_fails(&r, "can't resolve \"::1\": it has no IPv4 address", "leave out -4");
}

static void resolve_finds_zones_by_interface_name_and_number(void **state)
{
    struct resolve_query query = {.host = "fe80::1", .zone = "lo", .port = 80};
    struct result r = ask_query(&query);
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&r.list.addresses[0].addr;

    (void)state;
    assert_int_equal(r.rc, 1);
    assert_int_equal(in6->sin6_scope_id, if_nametoindex("lo"));
    assert_addresses(&r, "fe80::1%lo");
    query.zone = "7";
    r = ask_query(&query);
    assert_addresses(&r, "fe80::1%7");
    query.zone = "nosuch0";
    r = ask_query(&query);
    assert_fails(&r, "can't resolve \"fe80::1\": there is no network interface \"nosuch0\"",
                 "ip link");
    query = (struct resolve_query){.host = "fe80::1%nosuch1", .port = 80};
    r = ask_query(&query);
    assert_fails(&r, "can't resolve \"fe80::1%nosuch1\": there is no network interface \"nosuch1\"",
                 "ip link");
}

static void resolve_takes_localhost_for_the_loopback_when_the_lookup_fails(void **state)
{
    struct result r = ask("localhost", DIAL_ANY);

    (void)state;
    assert_addresses(&r, "::1 127.0.0.1");
    r = ask("App.LocalHost.", DIAL_IPV4);
    assert_addresses(&r, "127.0.0.1");
    r = ask("notlocalhost", DIAL_ANY);
    assert_fails(&r, "can't resolve \"notlocalhost\": name or service not known", "spelling");
}

static void resolve_override_goes_before_the_lookup(void **state)
{
    const char *const any[] = {"127.0.0.9"};
    const char *const exact[] = {"127.0.0.1", "[::1]", "127.0.0.2", "127.0.0.1"};
    const struct dial_resolve overrides[] = {
        {"dual.test", 81, any, 1}, {"*", 80, any, 1}, {"Dual.Test", 80, exact, 4}};
    struct resolve_query query = {
        .host = "dual.test.", .port = 80, .overrides = overrides, .override_count = 3};
    struct result r = ask_query(&query);

    (void)state;
    assert_int_equal(r.rc, 1);
    assert_int_equal(lookups, 0);
    assert_addresses(&r, "::1 127.0.0.1 127.0.0.2");
    query.host = "whatever.test";
    r = ask_query(&query);
    assert_addresses(&r, "127.0.0.9");
    query.family = DIAL_IPV6;
    r = ask_query(&query);
    assert_fails(&r, "can't resolve \"whatever.test\": it has no IPv6 address", "leave out -6");
    query = (struct resolve_query){
        .host = "four.test", .port = 82, .overrides = overrides, .override_count = 3};
    r = ask_query(&query);
    assert_int_equal(r.rc, 0);
    assert_addresses(&r, "127.0.0.1 127.0.0.3");
}

static void resolve_override_that_is_no_address_is_a_usage_error(void **state)
{
    const char *const addresses[] = {"127.0.0.1", "example.test"};
    const struct dial_resolve override = {"*", 80, addresses, 2};
    struct resolve_query query = {
        .host = "dual.test", .port = 80, .overrides = &override, .override_count = 1};
    struct result r = ask_query(&query);

    (void)state;
    assert_int_equal(r.rc, -1);
    assert_int_equal(r.e.code, EXIT_USAGE);
    assert_string_equal(r.e.text,
                        "--resolve for \"dual.test\": \"example.test\" is not an IP address");
    assert_null(r.list.addresses);
}

static void resolve_cancelled_question_is_never_answered(void **state)
{
    static const char *const hosts[] = {"dual.test", "none.test"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct resolve_query query = {.host = hosts[i], .port = 80, .family = DIAL_IPV4};
        struct result r = {0};
        struct resolve *question;
        uv_loop_t loop;

        uv_loop_init(&loop);
        assert_int_equal(resolve_start(&loop, &query, &r.list, &question, take, &r, &r.e), 0);
        resolve_cancel(question);
        memset(&query, 0xA5, sizeof query);
        uv_run(&loop, UV_RUN_DEFAULT);
        assert_int_equal(r.calls, 0);
        assert_int_equal(uv_loop_close(&loop), 0);
    }
    resolve_cancel(NULL);
}

static void resolve_order_keeps_what_is_left_of_the_longer_family(void **state)
{
    static const char *const given[] = {"127.0.0.1", "::1", "::2", "::3", "127.0.0.2", "::2"};
    struct result r = {.list = {calloc(6, sizeof(struct resolve_address)), 6}};

    (void)state;
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(resolve_literal(given[i], NULL, 1, &r.list.addresses[i]), 1);
    resolve_order(&r.list);
    assert_addresses(&r, "::1 127.0.0.1 ::2 127.0.0.2 ::3");
}

static void resolve_literal_refuses_names_and_half_addresses(void **state)
{
    static const char *const bad[] = {
        "",    "localhost", "1.2.3", "1.2.3.4.5",
        ":::", "::1::",     "%lo",   "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"};
    struct resolve_address address;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(resolve_literal(bad[i], NULL, 1, &address), 0);
}

static void resolve_survives_every_failed_allocation(void **state)
{
    const char *const addresses[] = {"127.0.0.1"};
    const struct dial_resolve override = {"over.test", 80, addresses, 1};
    static const char *const hosts[] = {"over.test", "127.0.0.1", "localhost", "none.test"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct resolve_query query = {
            .host = hosts[i], .port = 80, .overrides = &override, .override_count = 1};

        ALLOC_EACH({
            struct result r = ask_query(&query);

            assert_true(r.list.count > 0 || r.e.code == EXIT_OTHER || r.e.code == EXIT_RESOLVE);
            resolve_list_clear(&r.list);
        });
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolve_interleaves_families_ipv6_first_and_drops_duplicates),
        cmocka_unit_test(resolve_asks_for_the_wanted_family_alone),
        cmocka_unit_test(resolve_says_why_a_name_is_unknown),
        cmocka_unit_test(resolve_says_when_only_the_other_family_exists),
        cmocka_unit_test(resolve_takes_literals_without_a_lookup),
        cmocka_unit_test(resolve_finds_zones_by_interface_name_and_number),
        cmocka_unit_test(resolve_takes_localhost_for_the_loopback_when_the_lookup_fails),
        cmocka_unit_test(resolve_override_goes_before_the_lookup),
        cmocka_unit_test(resolve_override_that_is_no_address_is_a_usage_error),
        cmocka_unit_test(resolve_cancelled_question_is_never_answered),
        cmocka_unit_test(resolve_order_keeps_what_is_left_of_the_longer_family),
        cmocka_unit_test(resolve_literal_refuses_names_and_half_addresses),
        cmocka_unit_test(resolve_survives_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
