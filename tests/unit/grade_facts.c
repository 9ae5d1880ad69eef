#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "grade/grade.h"
#include "grade/report.h"

#define MS UINT64_C(1000)
#define S  UINT64_C(1000000)

static struct grade *g;
static struct grade_report *report;
static uint64_t now;

static void begin(const struct grade_config *config)
{
    static const struct grade_config none = {.seed = {3, 4}};

    grade_report_free(report);
    report = NULL;
    grade_free(g);
    g = grade_new(config ? config : &none);
    assert_non_null(g);
    now = 100 * S;
}

static const struct grade_client_report *client(size_t i)
{
    grade_report_free(report);
    report = grade_report_new(g, now);
    assert_non_null(report);
    assert_true(i < report->client_count);
    return &report->clients[i];
}

struct request {
    const char *address, *target, *agent, *cookie, *authorization;
    bool plain;
    uint64_t since_us;
};

static uint32_t attempt(uint64_t conn, struct request r)
{
    struct field fields[4];
    struct grade_head head = {.upgrade = !r.plain, .fields = fields};

    head.since_us = r.since_us;
    head.wall_s = 1700000000;
    head.address = r.address ? r.address : "192.0.2.1";
    head.target = slice_str(r.target ? r.target : "/ws");
    fields[head.field_count++] = (struct field){slice_str("Host"), slice_str("x")};
    if (r.agent)
        fields[head.field_count++] = (struct field){slice_str("user-agent"), slice_str(r.agent)};
    if (r.cookie)
        fields[head.field_count++] = (struct field){slice_str("Cookie"), slice_str(r.cookie)};
    if (r.authorization)
        fields[head.field_count++] =
            (struct field){slice_str("Authorization"), slice_str(r.authorization)};
    return grade_attempt(g, now, conn, &head);
}

static uint32_t connect_as(uint64_t conn, struct request r)
{
    uint32_t number = attempt(conn, r);

    grade_opened(g, now, conn);
    return number;
}

static void lose(uint64_t conn)
{
    grade_fault(g, now, conn, "rst");
    grade_lost(g, now, conn, GRADE_END_RST);
}

static void say(uint64_t conn, bool up, bool delivered, const char *text)
{
    struct grade_message m = {up, delivered, OPCODE_TEXT, slice_str(text), false};

    grade_message(g, now, conn, &m);
}

/* --- identity -----------------------------------------------------------------------------------
 */

static void grade_knows_a_client_across_its_connections(void **state)
{
    (void)state;
    begin(NULL);
    assert_int_equal(connect_as(1, (struct request){.agent = "a"}), 1);
    assert_int_equal(connect_as(2, (struct request){.agent = "b"}), 2);
    assert_int_equal(connect_as(3, (struct request){.agent = "a", .target = "/other"}), 3);
    assert_int_equal(connect_as(4, (struct request){.agent = "a", .address = "192.0.2.2"}), 4);
    assert_int_equal(connect_as(5, (struct request){.agent = "a", .target = "/ws?x=1"}), 1);
}

static void grade_identifies_by_what_was_asked_for(void **state)
{
    struct grade_config config = {.seed = {1, 1}};
    struct err e;

    (void)state;
    assert_int_equal(grade_identity_parse("cookie:id", &config, &e), 0);
    begin(&config);
    assert_int_equal(connect_as(1, (struct request){.cookie = "a=b; id=7"}), 1);
    assert_int_equal(connect_as(2, (struct request){.cookie = "id=8"}), 2);
    assert_int_equal(connect_as(3, (struct request){.cookie = "id=7; c=d", .target = "/x"}), 1);
    assert_int_equal(connect_as(4, (struct request){.cookie = "xid=7"}), 3);

    assert_int_equal(grade_identity_parse("query:user", &config, &e), 0);
    begin(&config);
    assert_int_equal(connect_as(1, (struct request){.target = "/ws?user=1&since=4"}), 1);
    assert_int_equal(connect_as(2, (struct request){.target = "/ws?since=9&user=1"}), 1);
    assert_int_equal(connect_as(3, (struct request){.target = "/ws?user=2"}), 2);

    assert_int_equal(grade_identity_parse("header:USER-agent", &config, &e), 0);
    begin(&config);
    assert_int_equal(connect_as(1, (struct request){.agent = "a"}), 1);
    assert_int_equal(connect_as(2, (struct request){.agent = "a", .target = "/x"}), 1);

    assert_int_equal(grade_identity_parse("address", &config, &e), 0);
    begin(&config);
    assert_int_equal(connect_as(1, (struct request){.agent = "a"}), 1);
    assert_int_equal(connect_as(2, (struct request){.agent = "b"}), 1);
    assert_int_equal(connect_as(3, (struct request){.address = "192.0.2.9"}), 2);

    assert_int_equal(grade_identity_parse("all", &config, &e), 0);
    begin(&config);
    assert_int_equal(connect_as(1, (struct request){.agent = "a"}), 1);
    assert_int_equal(connect_as(2, (struct request){.address = "192.0.2.9"}), 1);
    assert_int_equal(grade_identity_parse("cookie:", &config, &e), -1);
    assert_int_equal(grade_identity_parse("addresses", &config, &e), -1);
    assert_int_equal(grade_identity_parse("", &config, &e), -1);
}

/* --- outages ------------------------------------------------------------------------------------
 */

static void grade_measures_an_outage(void **state)
{
    const struct grade_client_report *c;

    (void)state;
    begin(NULL);
    connect_as(1, (struct request){0});
    now += 5 * S;
    lose(1);
    now += 500 * MS;
    attempt(2, (struct request){0});
    now += 2 * MS;
    grade_refused(g, now, 2, 503, GRADE_UNKNOWN);
    now += 998 * MS;
    attempt(3, (struct request){0});
    now += 10 * MS;
    assert_int_equal(grade_outages_over(g), 0);
    assert_true(grade_opened(g, now, 3));
    assert_int_equal(grade_outages_over(g), 1);
    assert_false(grade_opened(g, now, 3));
    c = client(0);
    assert_int_equal(c->outage_count, 1);
    assert_int_equal(c->outages[0].attempts, 2);
    assert_int_equal(c->outages[0].back_us, 1510 * MS);
    assert_int_equal(c->outages[0].delays[0].us, 500 * MS);
    assert_int_equal(c->outages[0].delays[0].status, 503);
    assert_int_equal(c->outages[0].delays[1].us, 1000 * MS);
    assert_int_equal(c->outages[0].delays[1].wait_us, 998 * MS);
    assert_int_equal(c->faults[0].noticed_us, 500 * MS);
    assert_true(c->here);
    assert_int_equal(c->hammer, 0);
}

/* Who leaves without being struck has no outage. */
static void grade_knows_leaving_from_losing(void **state)
{
    const struct grade_client_report *c;

    (void)state;
    begin(NULL);
    connect_as(1, (struct request){0});
    now += 5 * S;
    grade_client_end(g, now, 1, 1000);
    now += 600 * S;
    c = client(0);
    assert_int_equal(c->outage_count, 0);
    assert_true(c->left);
    assert_int_equal(c->gave_up_after, GRADE_UNKNOWN);
}

/* The old connection is dead to the client, which opens another before it closes the first. */
static void grade_counts_no_double_for_a_connection_given_up(void **state)
{
    const struct grade_client_report *c;

    (void)state;
    begin(NULL);
    connect_as(1, (struct request){0});
    now += 5 * S;
    grade_fault(g, now, GRADE_ALL, "blackhole");
    now += 20 * S;
    attempt(2, (struct request){0});
    now += 5 * MS;
    grade_opened(g, now, 2);
    now += 30 * S;
    grade_client_end(g, now, 1, GRADE_END_FIN);
    c = client(0);
    assert_int_equal(c->double_us, 0);
    assert_int_equal(c->outage_count, 1);
    assert_int_equal(c->outages[0].back_us, 5 * MS);
    assert_int_equal(c->outages[0].delays[0].us, GRADE_UNKNOWN);
    assert_int_equal(c->faults[0].noticed_us, 20 * S);
    assert_true(c->here);
}

/* What a client did in silence is read when that is over: it noticed when it made its connection.
 */
static void grade_hears_late_of_what_was_done_in_silence(void **state)
{
    const struct grade_client_report *c;

    (void)state;
    begin(NULL);
    connect_as(1, (struct request){0});
    now += 5 * S;
    grade_fault(g, now, GRADE_ALL, "blackhole");
    now += 10 * S;
    grade_fault_over(g, now, GRADE_ALL);
    attempt(2, (struct request){.since_us = now - 4 * S});
    now += 5 * MS;
    grade_opened(g, now, 2);
    now += 3 * S;
    grade_client_end(g, now, 1, GRADE_END_FIN);
    c = client(0);
    assert_int_equal(c->faults[0].noticed_us, 6 * S);
    assert_int_equal(c->outage_count, 1);
    assert_int_equal(c->outages[0].back_us, 4 * S + 5 * MS);
    assert_int_equal(c->double_us, 0);
    assert_true(c->here);
}

/* The kernel repeats a FIN that was swallowed. */
static void grade_takes_an_end_soon_after_silence_for_its_consequence(void **state)
{
    const struct grade_client_report *c;

    (void)state;
    begin(NULL);
    connect_as(1, (struct request){0});
    grade_fault(g, now, 1, "blackhole");
    now += 10 * S;
    grade_fault_over(g, now, 1);
    now += 4 * S;
    grade_client_end(g, now, 1, GRADE_END_FIN);
    c = client(0);
    assert_int_equal(c->faults[0].noticed_us, 14 * S);
    assert_int_equal(c->outage_count, 1);
    assert_false(c->left);
}

/* The old connection is in use beside the new one: it was not given up. */
static void grade_counts_double_for_a_connection_taken_up_again(void **state)
{
    (void)state;
    begin(NULL);
    connect_as(1, (struct request){0});
    grade_fault(g, now, 1, "blackhole");
    now += 5 * S;
    attempt(2, (struct request){0});
    grade_opened(g, now, 2);
    now += 1 * S;
    grade_fault_over(g, now, 1);
    assert_int_equal(client(0)->double_us, 0);
    say(1, true, true, "hello");
    now += 3 * S;
    assert_int_equal(client(0)->double_us, 3 * S);
}

static void grade_ends_a_fault_that_was_not_noticed(void **state)
{
    const struct grade_client_report *c;

    (void)state;
    begin(NULL);
    connect_as(1, (struct request){0});
    grade_fault(g, now, 1, "stall");
    now += 2 * S;
    grade_fault_over(g, now, 1);
    now += 60 * S;
    grade_client_end(g, now, 1, 1001);
    c = client(0);
    assert_int_equal(c->faults[0].noticed_us, GRADE_UNKNOWN);
    assert_int_equal(c->faults[0].over_us, 2 * S);
    assert_int_equal(c->outage_count, 0);
}

/* Socket.IO asks by plain HTTP first: its requests are one attempt, and no hammering. */
static void grade_takes_polling_and_upgrade_for_one_attempt(void **state)
{
    const struct grade_client_report *c;
    struct request polling = {.target = "/socket.io/?transport=polling", .plain = true};
    struct request upgrade = {.target = "/socket.io/?transport=websocket"};

    (void)state;
    begin(NULL);
    assert_int_equal(attempt(1, polling), 0);
    connect_as(2, upgrade);
    now += 5 * S;
    lose(2);
    now += 900 * MS;
    assert_int_equal(attempt(3, polling), 1);
    grade_refused(g, now, 3, 503, GRADE_UNKNOWN);
    now += 2100 * MS;
    for (uint64_t conn = 4; conn < 8; conn++) {
        attempt(conn, polling);
        grade_refused(g, now, conn, 200, GRADE_UNKNOWN);
        now += 8 * MS;
    }
    attempt(8, upgrade);
    now += 8 * MS;
    grade_opened(g, now, 8);
    attempt(9, polling);
    c = client(0);
    assert_int_equal(c->outages[0].attempts, 2);
    assert_int_equal(c->outages[0].delays[1].us, 2100 * MS);
    assert_int_equal(c->hammer, 0);
    assert_int_equal(c->connections, 2);
}

/* SignalR negotiates below its path; a page that is loaded meanwhile is no attempt. */
static void grade_counts_plain_http_below_the_path_alone(void **state)
{
    (void)state;
    begin(NULL);
    connect_as(1, (struct request){.target = "/hub?id=1", .agent = "s"});
    lose(1);
    now += S;
    assert_int_equal(
        attempt(2, (struct request){.target = "/hub/negotiate", .agent = "s", .plain = true}), 1);
    assert_int_equal(attempt(3, (struct request){.target = "/hubble", .agent = "s", .plain = true}),
                     0);
    assert_int_equal(attempt(4, (struct request){.target = "/", .agent = "s", .plain = true}), 0);
    assert_int_equal(client(0)->outages[0].attempts, 1);
}

static void grade_attributes_refused_connections_to_the_absent_client(void **state)
{
    const struct grade_client_report *c;

    (void)state;
    begin(NULL);
    connect_as(1, (struct request){.agent = "a"});
    connect_as(2, (struct request){.agent = "b"});
    assert_int_equal(grade_refused_at(g, now, "192.0.2.1"), 0);
    now += 5 * S;
    lose(1);
    now += S;
    assert_int_equal(grade_refused_at(g, now, "192.0.2.9"), 0);
    assert_int_equal(grade_refused_at(g, now, "192.0.2.1"), 1);
    now += 2 * S;
    assert_int_equal(grade_refused_at(g, now, "192.0.2.1"), 1);
    now += 3 * S;
    connect_as(3, (struct request){.agent = "a"});
    c = client(0);
    assert_int_equal(c->outages[0].attempts, 3);
    assert_int_equal(c->outages[0].delays[2].wait_us, 3 * S);
    assert_int_equal(report->unattributed, 2);

    /* Whose it is of two that are away is not known, so neither's attempts are. */
    now += 5 * S;
    lose(2);
    lose(3);
    now += S;
    assert_int_equal(grade_refused_at(g, now, "192.0.2.1"), 0);
    c = client(0);
    assert_true(c->outages[1].muddled);
    assert_int_equal(report->unattributed, 3);
}

static void grade_hears_of_retry_after(void **state)
{
    (void)state;
    begin(NULL);
    connect_as(1, (struct request){0});
    lose(1);
    now += S;
    attempt(2, (struct request){0});
    grade_refused(g, now, 2, 503, 10);
    assert_int_equal(client(0)->retry_after, GRADE_MAYBE);
    now += 10 * S;
    attempt(3, (struct request){0});
    assert_int_equal(client(0)->retry_after, GRADE_YES);
    grade_refused(g, now, 3, 429, 10);
    now += 9 * S;
    attempt(4, (struct request){0});
    assert_int_equal(client(0)->retry_after, GRADE_NO);
}

static void grade_says_that_it_gave_up_only_after_a_long_silence(void **state)
{
    const struct grade_client_report *c;

    (void)state;
    begin(NULL);
    connect_as(1, (struct request){0});
    grade_lost(g, now, 1, 4001);
    now += 14 * S;
    assert_int_equal(client(0)->gave_up_after, GRADE_UNKNOWN);
    now += 2 * S;
    c = client(0);
    assert_int_equal(c->gave_up_after, 0);
    assert_int_equal(c->gave_up_on, 4001);

    begin(NULL);
    connect_as(1, (struct request){0});
    lose(1);
    now += 10 * S;
    attempt(2, (struct request){0});
    grade_refused(g, now, 2, 401, GRADE_UNKNOWN);
    now += 50 * S;
    assert_int_equal(client(0)->gave_up_after, GRADE_UNKNOWN);
    now += 20 * S;
    c = client(0);
    assert_int_equal(c->gave_up_after, 1);
    assert_int_equal(c->gave_up_on, 401);
}

static void grade_counts_attempts_that_are_too_close_or_too_many(void **state)
{
    (void)state;
    begin(NULL);
    connect_as(1, (struct request){0});
    lose(1);
    for (uint64_t i = 0; i < 12; i++) {
        now += 500 * MS;
        attempt(2 + i, (struct request){0});
        grade_refused(g, now, 2 + i, 503, GRADE_UNKNOWN);
    }
    assert_int_equal(client(0)->hammer, 2);
    now += 50 * MS;
    attempt(20, (struct request){0});
    assert_int_equal(client(0)->hammer, 3);
}

/* --- coming back --------------------------------------------------------------------------------
 */

static void grade_measures_two_connections_at_once(void **state)
{
    (void)state;
    begin(NULL);
    connect_as(1, (struct request){0});
    now += S;
    connect_as(2, (struct request){0});
    now += 3 * S;
    assert_int_equal(client(0)->double_us, 3 * S);
    grade_client_end(g, now, 2, 1000);
    now += 9 * S;
    assert_int_equal(client(0)->double_us, 3 * S);
    assert_int_equal(client(0)->outage_count, 0);
    assert_false(client(0)->left);
}

static void grade_compares_subscriptions_by_their_shape(void **state)
{
    const struct grade_client_report *c;

    (void)state;
    begin(NULL);
    connect_as(1, (struct request){0});
    say(1, true, true, "{\"sub\":\"a\",\"id\":\"5f0c6a1e-53a1-4a53-8a5b-0d1c1e1f2a3b\"}");
    say(1, true, true, "{\"sub\":\"room 1\",\"ref\":1}");
    say(1, true, true, "{\"sub\":\"room 2\",\"ref\":2}");
    now += 2 * S;
    say(1, true, true, "{\"say\":\"hello\"}");
    now += 2 * S;
    lose(1);
    now += S;
    connect_as(2, (struct request){0});
    say(2, true, true, "{\"sub\":\"room 2\",\"ref\":2}");
    say(2, true, true, "{\"sub\":\"a\",\"id\":\"99999999-53a1-4a53-8a5b-ffffffffffff\"}");
    /* It has not had its time yet. */
    assert_int_equal(client(0)->resubscribed, GRADE_UNKNOWN);
    now += 2 * S;
    c = client(0);
    assert_int_equal(c->subscriptions, 3);
    assert_int_equal(c->resubscribed, 2);
    assert_int_equal(c->missing_count, 1);
    assert_true(slice_is(c->missing[0], "{\"sub\":\"room 1\",\"ref\":1}"));
    say(2, true, true, "{\"sub\":\"room 7\",\"ref\":9}");
    assert_int_equal(client(0)->resubscribed, 3);
    /* The worst reopening counts. */
    lose(2);
    now += S;
    connect_as(3, (struct request){0});
    now += 2 * S;
    assert_int_equal(client(0)->resubscribed, 0);
}

static void grade_takes_a_connect_that_resumes_for_the_same(void **state)
{
    (void)state;
    begin(NULL);
    connect_as(1, (struct request){0});
    say(1, true, true, "40");
    now += 5 * S;
    lose(1);
    now += S;
    connect_as(2, (struct request){0});
    say(2, true, true, "40{\"pid\":\"a\",\"offset\":\"b\"}");
    now += 2 * S;
    assert_int_equal(client(0)->subscriptions, 1);
    assert_int_equal(client(0)->missing_count, 0);
}

static void grade_finds_where_a_client_resumes(void **state)
{
    struct grade_config config = {.seq = "/n", .seed = {1, 1}};
    const struct grade_client_report *c;

    (void)state;
    begin(&config);
    connect_as(1, (struct request){0});
    say(1, false, true, "{\"n\":17}");
    lose(1);
    connect_as(2, (struct request){.target = "/ws?v=4&since=17"});
    c = client(0);
    assert_string_equal(c->resumed_from, "17");
    assert_string_equal(c->should_be, "17");
    assert_int_equal(c->resumed_right, GRADE_YES);
    say(2, false, true, "{\"n\":18}");
    lose(2);
    connect_as(3, (struct request){0});
    say(3, true, true, "{\"op\":\"resume\",\"last_id\":19}");
    assert_int_equal(client(0)->resumed_right, GRADE_YES);
    say(3, false, true, "{\"n\":19}");
    lose(3);
    connect_as(4, (struct request){0});
    say(4, true, true, "{\"op\":\"resume\",\"lastSeq\":\"12\"}");
    c = client(0);
    assert_int_equal(c->resumed_right, GRADE_NO);
    assert_string_equal(c->resumed_from, "12");
    assert_string_equal(c->should_be, "19");
}

/* What Engine.IO sends by polling, before the upgrade of its session, is not seen. */
static void grade_expects_no_subscription_after_polling(void **state)
{
    struct grade_config config = {.seed = {1, 1}};
    struct request upgrade = {.target = "/socket.io/?EIO=4&transport=websocket&sid=abc"};

    (void)state;
    begin(&config);
    connect_as(1, (struct request){.target = "/socket.io/?EIO=4&transport=websocket"});
    say(1, true, true, "42[\"subscribe\",\"a\"]");
    now += 2 * S;
    lose(1);
    connect_as(2, upgrade);
    now += 2 * S;
    assert_int_equal(client(0)->missing_count, 0);
    lose(2);
    connect_as(3, (struct request){.target = "/socket.io/?EIO=4&transport=websocket&sid="});
    now += 2 * S;
    assert_int_equal(client(0)->missing_count, 1);
}

/* What came by polling after the return is not seen either: so nothing is called lost. */
static void grade_cannot_know_what_polling_recovered(void **state)
{
    struct grade_config config = {.seq = "/1/n", .seed = {1, 1}};

    (void)state;
    for (int polls = 0; polls < 2; polls++) {
        begin(&config);
        connect_as(1, (struct request){.target = "/socket.io/?EIO=4&transport=websocket&sid=abc"});
        say(1, false, true, "42[\"tick\",{\"n\":16}]");
        lose(1);
        connect_as(
            2, (struct request){.target = polls ? "/socket.io/?EIO=4&transport=websocket&sid=def"
                                                : "/socket.io/?EIO=4&transport=websocket"});
        say(2, false, true, "42[\"tick\",{\"n\":17}]");
        assert_int_equal(client(0)->lost, 0);
        say(2, false, true, "42[\"tick\",{\"n\":19}]");
        assert_int_equal(client(0)->lost, polls ? GRADE_UNKNOWN : 1);
        assert_int_equal(client(0)->polled, polls);
    }
}

static void grade_knows_the_offset_of_socket_io(void **state)
{
    struct grade_config config = {.seq = "/1/n", .seed = {1, 1}};
    const struct grade_client_report *c;

    (void)state;
    begin(&config);
    connect_as(1, (struct request){0});
    say(1, false, true, "42[\"tick\",{\"n\":16},\"off-16\"]");
    say(1, false, true, "42[\"tick\",{\"n\":17},\"off-17\"]");
    lose(1);
    connect_as(2, (struct request){0});
    say(2, true, true, "40{\"pid\":\"p\",\"offset\":\"off-17\"}");
    c = client(0);
    assert_int_equal(c->resumed_right, GRADE_YES);
    assert_string_equal(c->resumed_from, "off-17");
    assert_string_equal(c->should_be, "off-17");
    say(2, false, true, "42[\"tick\",{\"n\":18},\"off-18\"]");
    lose(2);
    connect_as(3, (struct request){0});
    say(3, true, true, "40{\"pid\":\"p\",\"offset\":\"off-17\"}");
    c = client(0);
    assert_int_equal(c->resumed_right, GRADE_NO);
    assert_string_equal(c->resumed_from, "off-17");
    /* A message that is no event, or ends otherwise, has none. */
    say(3, false, true, "42[\"tick\",{\"n\":19},[\"x\"]]");
    say(3, false, true, "42\"]");
    say(3, false, true, "42[\"a\"]\"]");
}

/* --- accounts -----------------------------------------------------------------------------------
 */

static void grade_accounts_for_what_the_server_sent_meanwhile(void **state)
{
    struct grade_config config = {.seq = "/n", .seed = {1, 1}};
    const struct grade_client_report *c;

    (void)state;
    begin(&config);
    connect_as(1, (struct request){0});
    say(1, false, true, "{\"n\":1}");
    lose(1);
    say(1, false, false, "{\"n\":2}");
    say(1, false, false, "{\"n\":3}");
    c = client(0);
    assert_int_equal(c->lost, 2);
    now += S;
    connect_as(2, (struct request){0});
    say(2, false, true, "{\"n\":3}");
    say(2, false, true, "{\"n\":3}");
    say(2, false, true, "{\"n\":4}");
    c = client(0);
    assert_int_equal(c->lost, 1);
    assert_int_equal(c->recovered, 1);
    assert_int_equal(c->duplicates, 1);
    assert_int_equal(c->up_lost, GRADE_UNKNOWN);
    assert_int_equal(c->up_duplicates, 0);

    /* Without a pointer nothing is known, with one that finds nothing neither. */
    begin(NULL);
    connect_as(1, (struct request){0});
    say(1, false, true, "{\"n\":1}");
    assert_int_equal(client(0)->lost, GRADE_UNKNOWN);
    assert_int_equal(client(0)->up_duplicates, GRADE_UNKNOWN);
    begin(&config);
    connect_as(1, (struct request){0});
    say(1, false, true, "{\"m\":1}");
    assert_int_equal(client(0)->lost, GRADE_UNKNOWN);
}

/* The relay wrote them, but nobody read them. */
static void grade_counts_nothing_as_delivered_into_a_blackhole(void **state)
{
    struct grade_config config = {.seq = "/n", .seed = {1, 1}};
    const struct grade_client_report *c;

    (void)state;
    begin(&config);
    connect_as(1, (struct request){0});
    say(1, false, true, "{\"n\":1}");
    grade_fault(g, now, 1, "blackhole");
    say(1, false, true, "{\"n\":2}");
    now += 9 * S;
    grade_client_end(g, now, 1, GRADE_END_FIN);
    say(1, false, true, "{\"n\":3}");
    now += S;
    connect_as(2, (struct request){.target = "/ws?since=1"});
    c = client(0);
    assert_int_equal(c->lost, 2);
    assert_string_equal(c->should_be, "1");
    assert_int_equal(c->resumed_right, GRADE_YES);
    say(2, false, true, "{\"n\":2}");
    say(2, false, true, "{\"n\":3}");
    c = client(0);
    assert_int_equal(c->lost, 0);
    assert_int_equal(c->recovered, 2);

    /* The server's side of a connection that was given up goes on for a while. */
    grade_fault(g, now, 2, "blackhole");
    now += 9 * S;
    connect_as(3, (struct request){.target = "/ws?since=3"});
    say(2, false, true, "{\"n\":4}");
    say(3, false, true, "{\"n\":4}");
    say(3, false, true, "{\"n\":5}");
    say(2, false, true, "{\"n\":5}");
    c = client(0);
    assert_int_equal(c->recovered, 2);
    assert_int_equal(c->duplicates, 0);
    assert_int_equal(c->lost, 0);
}

static void grade_accounts_by_identity(void **state)
{
    struct grade_config config = {.id = "/id", .up_id = "/id", .seed = {1, 1}};
    const struct grade_client_report *c;

    (void)state;
    begin(&config);
    connect_as(1, (struct request){0});
    say(1, false, true, "{\"id\":\"a\"}");
    say(1, true, true, "{\"id\":\"u1\"}");
    say(1, true, false, "{\"id\":\"u2\"}");
    lose(1);
    say(1, false, false, "{\"id\":\"b\"}");
    say(1, false, false, "{\"id\":\"c\"}");
    now += S;
    connect_as(2, (struct request){.target = "/ws?last=a"});
    say(2, false, true, "{\"id\":\"c\"}");
    say(2, false, true, "{\"id\":\"a\"}");
    say(2, true, true, "{\"id\":\"u1\"}");
    c = client(0);
    assert_int_equal(c->lost, 1);
    assert_int_equal(c->recovered, 1);
    assert_int_equal(c->duplicates, 1);
    assert_int_equal(c->up_lost, 1);
    assert_int_equal(c->up_duplicates, 1);
    assert_int_equal(c->resumed_right, GRADE_YES);
    say(2, true, true, "{\"id\":\"u2\"}");
    assert_int_equal(client(0)->up_lost, 0);
}

/* --- credentials and herds ----------------------------------------------------------------------
 */

static void grade_compares_credentials_without_keeping_them(void **state)
{
    /* {"alg":"none"} . {"exp":1600000000} and {"exp":1800000000} */
    static const char old[] = "Bearer eyJhbGciOiJub25lIn0.eyJleHAiOjE2MDAwMDAwMDB9.x";
    static const char young[] = "Bearer eyJhbGciOiJub25lIn0.eyJleHAiOjE4MDAwMDAwMDB9.x";

    (void)state;
    begin(NULL);
    connect_as(1, (struct request){.authorization = young});
    assert_int_equal(client(0)->same_credential, GRADE_MAYBE);
    assert_int_equal(client(0)->expired, GRADE_NO);
    lose(1);
    connect_as(2, (struct request){.authorization = young});
    assert_int_equal(client(0)->same_credential, GRADE_YES);
    lose(2);
    connect_as(3, (struct request){.authorization = old});
    assert_int_equal(client(0)->same_credential, GRADE_NO);
    assert_int_equal(client(0)->expired, GRADE_YES);

    begin(NULL);
    connect_as(1, (struct request){.target = "/ws?access_token=t1&v=1"});
    lose(1);
    connect_as(2, (struct request){.target = "/ws?access_token=t1&v=2"});
    assert_int_equal(client(0)->same_credential, GRADE_YES);
    assert_int_equal(client(0)->expired, GRADE_MAYBE);
}

static void grade_measures_a_herd(void **state)
{
    char agent[8];

    (void)state;
    begin(NULL);
    for (uint64_t i = 0; i < 20; i++) {
        snprintf(agent, sizeof agent, "a%u", (unsigned)i);
        connect_as(i, (struct request){.agent = agent});
    }
    now += 5 * S;
    for (uint64_t i = 0; i < 20; i++)
        lose(i);
    now += 2 * S;
    for (uint64_t i = 0; i < 20; i++) {
        snprintf(agent, sizeof agent, "a%u", (unsigned)i);
        now += 200 * MS;
        connect_as(100 + i, (struct request){.agent = agent});
    }
    assert_int_equal(client(0)->outages[0].back_us, 2200 * MS);
    assert_int_equal(report->peak_returns_per_s, 5);
    assert_int_equal(report->spread_us, 3800 * MS);
}

/* --- limits -------------------------------------------------------------------------------------
 */

static void grade_is_bounded_and_counts_what_exceeds_it(void **state)
{
    char agent[16];
    uint64_t conn = 0;

    (void)state;
    begin(NULL);
    for (unsigned i = 0; i < GRADE_CLIENTS_MAX + 10; i++) {
        snprintf(agent, sizeof agent, "a%u", i);
        connect_as(conn++, (struct request){.agent = agent});
    }
    client(0);
    assert_int_equal(report->client_count, GRADE_CLIENTS_MAX);
    assert_int_equal(report->left_out, 10);

    begin(NULL);
    connect_as(conn, (struct request){0});
    for (unsigned i = 0; i < 2 * GRADE_OUTAGES_MAX; i++) {
        for (unsigned k = 0; i == 0 && k < 2 * GRADE_SUBSCRIPTIONS_MAX; k++)
            say(conn, true, true, "{\"sub\":\"x\"}");
        lose(conn);
        grade_forget(g, conn);
        for (unsigned k = 0; i == 0 && k < 2 * GRADE_DELAYS_MAX; k++) {
            now += S;
            attempt(++conn, (struct request){0});
            grade_refused(g, now, conn, 503, GRADE_UNKNOWN);
            grade_forget(g, conn);
        }
        now += S;
        connect_as(++conn, (struct request){0});
    }
    assert_int_equal(client(0)->outage_count, GRADE_OUTAGES_MAX);
    assert_int_equal(client(0)->outages[0].attempts, 2 * GRADE_DELAYS_MAX + 1);
    assert_int_equal(client(0)->outages[0].delay_count, GRADE_DELAYS_MAX);
    assert_int_equal(client(0)->subscriptions, GRADE_SUBSCRIPTIONS_MAX);
    assert_true(report->left_out > 0);
}

static int finish(void **state)
{
    (void)state;
    grade_report_free(report);
    grade_free(g);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grade_knows_a_client_across_its_connections),
        cmocka_unit_test(grade_identifies_by_what_was_asked_for),
        cmocka_unit_test(grade_measures_an_outage),
        cmocka_unit_test(grade_knows_leaving_from_losing),
        cmocka_unit_test(grade_counts_no_double_for_a_connection_given_up),
        cmocka_unit_test(grade_hears_late_of_what_was_done_in_silence),
        cmocka_unit_test(grade_takes_an_end_soon_after_silence_for_its_consequence),
        cmocka_unit_test(grade_counts_double_for_a_connection_taken_up_again),
        cmocka_unit_test(grade_ends_a_fault_that_was_not_noticed),
        cmocka_unit_test(grade_takes_polling_and_upgrade_for_one_attempt),
        cmocka_unit_test(grade_counts_plain_http_below_the_path_alone),
        cmocka_unit_test(grade_attributes_refused_connections_to_the_absent_client),
        cmocka_unit_test(grade_hears_of_retry_after),
        cmocka_unit_test(grade_says_that_it_gave_up_only_after_a_long_silence),
        cmocka_unit_test(grade_counts_attempts_that_are_too_close_or_too_many),
        cmocka_unit_test(grade_measures_two_connections_at_once),
        cmocka_unit_test(grade_compares_subscriptions_by_their_shape),
        cmocka_unit_test(grade_takes_a_connect_that_resumes_for_the_same),
        cmocka_unit_test(grade_finds_where_a_client_resumes),
        cmocka_unit_test(grade_expects_no_subscription_after_polling),
        cmocka_unit_test(grade_cannot_know_what_polling_recovered),
        cmocka_unit_test(grade_knows_the_offset_of_socket_io),
        cmocka_unit_test(grade_accounts_for_what_the_server_sent_meanwhile),
        cmocka_unit_test(grade_counts_nothing_as_delivered_into_a_blackhole),
        cmocka_unit_test(grade_accounts_by_identity),
        cmocka_unit_test(grade_compares_credentials_without_keeping_them),
        cmocka_unit_test(grade_measures_a_herd),
        cmocka_unit_test(grade_is_bounded_and_counts_what_exceeds_it),
    };

    return cmocka_run_group_tests(tests, NULL, finish);
}
