/* Reconnecting: what its options become, and what is wrong with them. */
#include "cli_options.h"

#define URL "ws://h/"

static void nothing_is_retried_by_default(void **state)
{
    (void)state;
    {
        GOOD(URL);
        assert_null(l->o.connect.retry.preset);
        assert_int_equal(l->o.connect.retry.offline_queue, 1024 * 1024);
        assert_int_equal(l->o.connect.retry.stable_after_us, 5000000);
        done(l);
    }
}

static void reconnect_alone_is_the_default_preset(void **state)
{
    (void)state;
    {
        GOOD("-r", URL);
        assert_string_equal(l->o.connect.retry.preset, "default");
        assert_true(l->o.connect.retry.tries == RETRY_PRESET);
        assert_true(l->o.connect.retry.delay_us == RETRY_PRESET);
        assert_true(l->o.connect.retry.max_delay_us == RETRY_PRESET);
        assert_true(l->o.connect.retry.factor <= 0);
        assert_int_equal(l->o.connect.retry.jitter, RETRY_JITTER_PRESET);
        done(l);
    }
    {
        GOOD("-rn", URL); /* a flag among flags */
        assert_string_equal(l->o.connect.retry.preset, "default");
        assert_true(l->o.pipe.no_input);
        done(l);
    }
    {
        GOOD("--reconnect=socket.io", URL);
        assert_string_equal(l->o.connect.retry.preset, "socket.io");
        done(l);
    }
}

static void retry_options_fill_their_fields(void **state)
{
    (void)state;
    {
        GOOD("-r", "--retry", "0", "--retry-delay", "0", "--retry-max-delay", "2.5",
             "--retry-factor", "1.5", "--retry-max-time", "60", "--stable-after", "0", URL);
        assert_int_equal(l->o.connect.retry.tries, 0);
        assert_int_equal(l->o.connect.retry.delay_us, 0);
        assert_int_equal(l->o.connect.retry.max_delay_us, 2500000);
        assert_true(l->o.connect.retry.factor > 1.49 && l->o.connect.retry.factor < 1.51);
        assert_int_equal(l->o.connect.retry.max_time_us, 60000000);
        assert_int_equal(l->o.connect.retry.stable_after_us, 0);
        done(l);
    }
    {
        GOOD("-r", "--retry-jitter", "none", "--offline-queue", "0", URL);
        assert_int_equal(l->o.connect.retry.jitter, RETRY_JITTER_NONE);
        assert_int_equal(l->o.connect.retry.offline_queue, 0);
        done(l);
    }
    {
        GOOD("-r", "--retry-jitter", "full", "--offline-queue", "64k", URL);
        assert_int_equal(l->o.connect.retry.jitter, RETRY_JITTER_FULL);
        assert_int_equal(l->o.connect.retry.offline_queue, 65536);
        done(l);
    }
    {
        GOOD("-r", "--retry-jitter", "0.25", URL);
        assert_int_equal(l->o.connect.retry.jitter, RETRY_JITTER_FRACTION);
        assert_true(l->o.connect.retry.fraction > 0.24 && l->o.connect.retry.fraction < 0.26);
        done(l);
    }
    {
        GOOD("-r", "--retry-on", "1000,404", "--no-retry-on", "4000-4099", "--retry-on", "1002",
             URL);
        assert_true(ranges_contain(&l->o.connect.retry.on, 404));
        assert_true(ranges_contain(&l->o.connect.retry.on, 1002));
        assert_true(ranges_contain(&l->o.connect.retry.not_on, 4050));
        assert_false(ranges_contain(&l->o.connect.retry.not_on, 404));
        done(l);
    }
}

static void bad_retry_values_say_what_is_right(void **state)
{
    (void)state;
    BAD("--reconnect takes \"default\", \"socket.io\", \"reconnecting-websocket\", \"grpc\", "
        "\"signalr\", \"phoenix\", \"graphql-ws\" or \"rfc6455\", not \"grcp\"",
        "--reconnect=grcp", URL);
    BAD("--retry takes a whole number, 0 for none, not \"-1\"", "-r", "--retry", "-1", URL);
    BAD("--retry takes a whole number, 0 for none, not \"\"", "-r", "--retry=", URL);
    BAD("--retry takes a whole number, 0 for none, not \"4294967296\"", "-r", "--retry",
        "4294967296", URL);
    BAD("--retry-factor takes a factor from 1 to 1000 (\"1.5\", \"2\"), not \"0.5\"", "-r",
        "--retry-factor", "0.5", URL);
    BAD("--retry-jitter takes \"none\", \"full\" or a fraction from 0 to 1 (\"0.2\": 20 percent "
        "more or less), not \"2\"",
        "-r", "--retry-jitter", "2", URL);
    BAD("--offline-queue takes a size (\"64k\", \"1M\"; 0 for none), not \"lots\"", "-r",
        "--offline-queue", "lots", URL);
    BAD("--retry-on takes close codes and HTTP statuses from 100 to 4999, at most 32 of them "
        "(\"1000,4000-4099,503\"), not \"1000,x\"",
        "-r", "--retry-on", "1000,x", URL);
    {
        struct line *l = parse("-r", "--no-retry-on", "1000,5000", URL, NULL);

        assert_int_equal(l->status, -1);
        assert_int_equal(l->e.at, 5); /* the caret stands there */
        done(l);
    }
}

static void retry_options_need_reconnect(void **state)
{
    static const char *const options[] = {
        "--retry=1",           "--retry-delay=1",    "--retry-max-delay=1", "--retry-factor=2",
        "--retry-jitter=none", "--retry-max-time=1", "--stable-after=1",    "--retry-on=1000",
        "--no-retry-on=1001",  "--offline-queue=1"};

    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct line *l = parse(options[i], URL, NULL);

        assert_int_equal(l->status, -1);
        assert_int_equal(l->e.code, EXIT_USAGE);
        assert_non_null(strstr(l->e.text, "needs --reconnect"));
        done(l);
    }
}

static void lists_of_delays_know_no_first_one(void **state)
{
    (void)state;
    BAD("--retry-delay has no meaning with --reconnect=signalr, whose delays are a list",
        "--reconnect=signalr", "--retry-delay", "1", URL);
    BAD("--retry-factor has no meaning with --reconnect=phoenix, whose delays are a list",
        "--reconnect=phoenix", "--retry-factor", "2", URL);
    {
        GOOD("--reconnect=phoenix", "--retry-max-delay", "1", "--retry-jitter", "full", URL);
        done(l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_retried_by_default),
        cmocka_unit_test(reconnect_alone_is_the_default_preset),
        cmocka_unit_test(retry_options_fill_their_fields),
        cmocka_unit_test(bad_retry_values_say_what_is_right),
        cmocka_unit_test(retry_options_need_reconnect),
        cmocka_unit_test(lists_of_delays_know_no_first_one),
    };

    return cmocka_run_group_tests(tests, surroundings, NULL);
}
