#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "grade/backoff_fit.h"
#include "session/backoff.h"

/* What clients were measured to wait, through a plain relay of bytes, in seconds. */
static const struct measured {
    const char *client;
    const char *preset; /* that is to be named; NULL: none */
    const char *kinds;  /* the classes that are right */
    double s[12];       /* ended by -1 */
} measured[] = {
    {"socket.io-client 4", "socket.io", "exponential", {.89, 2.16, 5.00, 5.01, 5.01, -1}},
    {"socket.io-client 2", "socket.io", "exponential", {.69, 2.59, 5.00, 5.01, -1}},
    {"reconnecting-websocket 4.4",
     "reconnecting-websocket",
     "exponential",
     {3.39, 4.39, 5.71, 7.42, 9.65, -1}},
    {"phoenix 1.8", "phoenix", "list", {.04, .06, .12, .15, .20, .25, .50, 1.0, 2.0, 5.0, -1}},
    {"signalr 10", "signalr", "list", {0, 2, 10, 30, -1}},
    {"graphql-ws 6", "graphql-ws", "exponential", {2.23, 2.86, 6.23, 9.94, -1}},
    {"mqtt 5", NULL, "fixed", {1.01, 1.01, 1.01, 1.01, 1.01, -1}},
    {"stompjs 7", NULL, "fixed", {5.01, 5.01, 5.01, 5.01, -1}},
    {"actioncable 8.1", NULL, "fixed exponential", {6.5, 7.4, 8.9, 9.3, 11.6, 13, -1}},
    {"centrifuge 5", NULL, "exponential", {.7, .8, 1.1, 3.3, 1.8, 3.1, 5.4, 9.9, 13, -1}},
    {"python3-websockets 10.4", NULL, "exponential", {0, 2.7, 3, 5, 8, 13, 21, -1}},
};

static size_t samples_of(const double *s, struct backoff_sample *samples, unsigned row)
{
    size_t n = 0;

    while (n < 12 && s[n] >= 0) {
        samples[n] = (struct backoff_sample){row, (unsigned)n, s[n]};
        n++;
    }
    return n;
}

static const char *word(const char *text)
{
    return text ? text : "-";
}

static void backoff_fit_names_measured_clients_and_no_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof measured / sizeof *measured; i++) {
        const struct measured *m = &measured[i];
        struct backoff_sample samples[24];
        size_t n = samples_of(m->s, samples, 0);
        struct backoff_fit f = backoff_fit(samples, n);

        print_message("# %-28s %-12s x%.2f jitter %-8s preset %-24s %.2f\n", m->client,
                      word(backoff_class_name(f.kind)), f.factor,
                      word(backoff_spread_name(f.jitter)), word(f.preset), f.confidence);
        assert_string_equal(word(f.preset), word(m->preset));
        assert_non_null(backoff_class_name(f.kind));
        assert_non_null(strstr(m->kinds, backoff_class_name(f.kind)));
        /* With fewer delays it may not know yet, but it names no wrong one. */
        for (size_t k = 0; k < n; k++) {
            f = backoff_fit(samples, k);
            if (f.preset)
                assert_string_equal(f.preset, word(m->preset));
        }
    }
}

/* --- what the presets make ----------------------------------------------------------------------
 */

static uint64_t seed;

/* From 0 to below 1 (Marsaglia, xorshift64*). */
static double draw(void)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (double)((seed * UINT64_C(2685821657736338717)) >> 11) / 9007199254740992.0;
}

/* One outage of a client that waits as a plan says, its timers a little late. */
static size_t outage(const struct backoff_plan *plan, unsigned row, size_t want,
                     struct backoff_sample *samples)
{
    struct backoff b;
    uint64_t us;
    size_t n = 0;

    backoff_init(&b, plan);
    while (n < want && n < plan->tries && backoff_delay(&b, (uint32_t)n, draw(), &us)) {
        samples[n] = (struct backoff_sample){row, (unsigned)n, (double)us / 1e6 + 0.012 * draw()};
        n++;
    }
    return n;
}

#define SEEDS 400

/* Of a hundred clients with this plan: how many are recognised after a number of attempts, and how
 * many are given another name. */
static void recognised(const struct backoff_plan *plan, const char *name, size_t want,
                       unsigned *right, unsigned *wrong)
{
    *right = *wrong = 0;
    for (unsigned i = 0; i < SEEDS; i++) {
        struct backoff_sample samples[16];
        struct backoff_fit f;

        seed = 0x9E3779B97F4A7C15u + i * 77777;
        f = backoff_fit(samples, outage(plan, 0, want, samples));
        if (f.preset && name && strcmp(f.preset, name) == 0)
            ++*right;
        else if (f.preset)
            ++*wrong;
    }
    *right = *right * 100 / SEEDS;
    *wrong = (*wrong * 100 + SEEDS - 1) / SEEDS;
}

static void backoff_fit_recognises_each_preset_from_few_attempts(void **state)
{
    static const size_t attempts[] = {3, 5, 10};
    const char *name;

    (void)state;
    print_message("# recognised (given another name), of 100, after 3, 5 and 10 attempts\n");
    for (size_t i = 0; (name = backoff_preset_name(i)) != NULL; i++) {
        bool wide = strcmp(name, "default") == 0 || strcmp(name, "rfc6455") == 0;
        struct backoff_plan plan;
        unsigned right[3], wrong[3];

        assert_true(backoff_preset(name, &plan));
        for (size_t k = 0; k < 3; k++)
            recognised(&plan, name, attempts[k], &right[k], &wrong[k]);
        print_message("# %-24s %3u (%u) %3u (%u) %3u (%u)\n", name, right[0], wrong[0], right[1],
                      wrong[1], right[2], wrong[2]);
        for (size_t k = 0; k < 3; k++)
            assert_true(wrong[k] <= (wide ? 5 : 2));
        assert_true(right[1] >= (wide ? 30 : 90));
        assert_true(right[2] >= (wide ? 85 : 90));
    }
}

static void backoff_fit_gives_no_preset_to_other_ways_of_waiting(void **state)
{
    static const struct {
        const char *name;
        struct backoff_plan plan;
        enum backoff_class kind; /* after ten attempts */
    } others[] = {
        {"fixed 1 s",
         {.base_us = 1000000, .factor = 1, .cap_us = 1000000, .tries = 99},
         BACKOFF_FIXED},
        {"fixed 3 s",
         {.base_us = 3000000, .factor = 1, .cap_us = 3000000, .tries = 99},
         BACKOFF_FIXED},
        {"1 s x 2, at most 30 s",
         {.base_us = 1000000, .factor = 2, .cap_us = 30000000, .tries = 99},
         BACKOFF_EXPONENTIAL},
        {"0.5 s x 1.5, at most 10 s",
         {.base_us = 500000, .factor = 1.5, .cap_us = 10000000, .tries = 99},
         BACKOFF_EXPONENTIAL},
        {"2 s +- 10 %",
         {.base_us = 2000000,
          .factor = 1,
          .cap_us = 2000000,
          .jitter = BACKOFF_FRACTION,
          .fraction = .1,
          .tries = 99},
         BACKOFF_FIXED},
        {"0.1 s x 2 full jitter, at most 5 s",
         {.base_us = 100000, .factor = 2, .cap_us = 5000000, .jitter = BACKOFF_FULL, .tries = 99},
         BACKOFF_UNKNOWN},
        {"2 s x 1.5 +- 50 %, at most 60 s",
         {.base_us = 2000000,
          .factor = 1.5,
          .cap_us = 60000000,
          .jitter = BACKOFF_FRACTION,
          .fraction = .5,
          .tries = 99},
         BACKOFF_EXPONENTIAL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        static const size_t attempts[] = {3, 5, 10};
        unsigned right, wrong[3];
        struct backoff_sample samples[16];
        struct backoff_fit f;

        for (size_t k = 0; k < 3; k++)
            recognised(&others[i].plan, NULL, attempts[k], &right, &wrong[k]);
        f = backoff_fit(samples, outage(&others[i].plan, 0, 10, samples));
        print_message("# %-36s named %u %u %u of 100; %s x%.2f %s\n", others[i].name, wrong[0],
                      wrong[1], wrong[2], word(backoff_class_name(f.kind)), f.factor,
                      word(backoff_spread_name(f.jitter)));
        /* Three delays of the last one are often such as graphql-ws has. */
        assert_true(wrong[0] <= 50);
        assert_true(wrong[1] <= 5 && wrong[2] <= 5);
        if (others[i].kind != BACKOFF_UNKNOWN)
            assert_int_equal(f.kind, others[i].kind);
    }
}

/* A list is an uneven row that comes again; an even one is what it is, however often it comes. */
static void backoff_fit_reports_a_list_from_growth(void **state)
{
    static const struct {
        double s[12];
        enum backoff_class kind;
    } rows[] = {
        {{1, 2, 4, 5, 5, -1}, BACKOFF_EXPONENTIAL},
        {{1, 3, 5, 7, -1}, BACKOFF_LINEAR},
        {{2, 2, 2, -1}, BACKOFF_FIXED},
        {{1, 5, 7, 30, -1}, BACKOFF_LIST},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct backoff_sample samples[36];
        size_t n = samples_of(rows[i].s, samples, 0);
        struct backoff_fit f;

        n += samples_of(rows[i].s, samples + n, 1);
        n += samples_of(rows[i].s, samples + n, 2);
        f = backoff_fit(samples, n);
        assert_int_equal(f.kind, rows[i].kind);
        assert_int_equal(f.jitter, BACKOFF_SPREAD_NONE);
        assert_null(f.preset);
    }
}

/* First waits alone say nothing about growth, but whether there is jitter. */
static void backoff_fit_needs_two_waits_in_a_row(void **state)
{
    struct backoff_sample same[] = {{0, 0, 1.0}, {1, 0, 1.01}, {2, 0, 1.0}};
    struct backoff_sample spread[] = {{0, 0, 0.6}, {1, 0, 1.4}, {2, 0, 0.9}};
    struct backoff_sample none[] = {{0, 0, 0.01}, {1, 0, 0.0}, {2, 0, 0.02}};
    struct backoff_fit f = backoff_fit(same, 3);

    (void)state;
    assert_int_equal(f.kind, BACKOFF_UNKNOWN);
    assert_null(f.preset);
    assert_int_equal(f.jitter, BACKOFF_SPREAD_NONE);
    f = backoff_fit(spread, 3);
    assert_int_equal(f.kind, BACKOFF_UNKNOWN);
    assert_null(f.preset);
    assert_int_equal(f.jitter, BACKOFF_SPREAD_PARTIAL);
    f = backoff_fit(none, 3);
    assert_int_equal(f.kind, BACKOFF_NONE);
    assert_int_equal(backoff_fit(same, 0).kind, BACKOFF_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backoff_fit_names_measured_clients_and_no_others),
        cmocka_unit_test(backoff_fit_recognises_each_preset_from_few_attempts),
        cmocka_unit_test(backoff_fit_reports_a_list_from_growth),
        cmocka_unit_test(backoff_fit_needs_two_waits_in_a_row),
        cmocka_unit_test(backoff_fit_gives_no_preset_to_other_ways_of_waiting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
