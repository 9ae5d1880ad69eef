#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc.h"
#include "term/history.h"

static char folder[64];
static char path[128];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/wscope-history.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/state/wscope/history", folder);
    return 0;
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void history_stores_no_credentials(void **state)
{
    static const char *const secret[] = {
        "/connect wss://user:pass@example.org/",
        "/connect user:pass@example.org",
        "/connect wss://user@example.org/",
        "/connect wss://example.org/?access_token=abc",
        "/connect wss://example.org/?API_KEY=abc",
        "/connect wss://example.org/?x=1&sig=abc",
        "/connect wss://example.org/?x-auth=abc",
        "{\"type\":\"login\",\"password\":\"x\"}",
        "{\"Authorization\":\"Bearer x\"}",
        "{\"token\":1}",
        "{\"auth\":\"hunter2\"}",
        "{\"op\":\"auth\",\"args\":[\"hunter2\"]}",
        "{\"pass\":\"hunter2\"}",
        "{\"key\":\"value\"}",
        "{\"apiKey\" : \"x\"}",
        "PASS hunter2",
        "PRIVMSG NickServ :IDENTIFY hunter2",
        "AUTH hunter2",
        "login bob hunter2",
        "CONNECT\nlogin:bob\npasscode:x\n",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "ghp_abcdefghijklmnop1234",
        "{\"t\":\"q8Zt3Lw0Vx7Rk2Bn5Ym9\"}",
        "9f86d081884c7d659a2feaa0c55ad015",
        "/header Authorization: Basic YTpi",
        "/option user name:word",
        "/alias login /option user name:word",
        "/option --user=name",
        " begins with a blank",
        "",
    };
    static const char *const plain[] = {
        "hello",
        "/connect wss://example.org/chat?room=1",
        "/frame op=text rsv=4 text=x",
        "{\"type\":\"signal\",\"text\":\"design, monkey\"}",
        "{\"op\":\"subscribe\",\"channel\":\"BTC-USD\",\"id\":12}",
        "{\"id\":\"3f2504e0-4f89-11d3-9a0c-0305e82c3301\"}",
        "/binary 00112233445566778899aabbccddeeff",
        "/ping",
        "me@example.org says hello",
    };

    (void)state;
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++) {
        if (history_storable(slice_str(secret[i])))
            fail_msg("stored: %s", secret[i]);
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (!history_storable(slice_str(plain[i])))
            fail_msg("not stored: %s", plain[i]);
    }
}

static void history_path_follows_xdg(void **state)
{
    char *p = history_path("/state", "/home/me");

    (void)state;
    assert_string_equal(p, "/state/wscope/history");
    free(p);
    p = history_path(NULL, "/home/me");
    assert_string_equal(p, "/home/me/.local/state/wscope/history");
    free(p);
    p = history_path("relative", "/home/me");
    assert_string_equal(p, "/home/me/.local/state/wscope/history");
    free(p);
    assert_null(history_path(NULL, NULL));
}

static void history_comes_back_in_the_next_session(void **state)
{
    struct history *h = history_new(path);
    struct stat st;

    (void)state;
    history_add(h, slice_str("first"));
    history_add(h, slice_str("first"));
    history_add(h, slice_str("two\nlines \\n"));
    history_add(h, slice_str("/connect ws://user:pass@localhost"));
    assert_int_equal(h->count, 3);
    history_free(h);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    *strrchr(path, '/') = '\0';
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    path[strlen(path)] = '/';

    h = history_new(path);
    assert_int_equal(h->count, 2);
    assert_true(slice_is(history_line(h, 0), "first"));
    assert_true(slice_is(history_line(h, 1), "two\nlines \\n"));
    history_free(h);
}

static void history_of_others_becomes_private_and_loses_its_secrets(void **state)
{
    struct history *h = history_new(path);
    char line[64];
    struct stat st;
    FILE *file;

    (void)state;
    history_add(h, slice_str("first"));
    history_free(h);
    file = fopen(path, "a");
    fputs("{\"auth\":\"hunter2\"}\n", file);
    fclose(file);
    assert_int_equal(chmod(path, 0644), 0);

    h = history_new(path);
    assert_int_equal(h->count, 1);
    history_free(h);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    file = fopen(path, "r");
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "first\n");
    assert_null(fgets(line, sizeof line, file));
    fclose(file);

    /* Others may have opened it up since. */
    h = history_new(path);
    assert_int_equal(chmod(path, 0644), 0);
    history_add(h, slice_str("second"));
    history_free(h);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void history_is_bounded_in_memory_and_in_the_file(void **state)
{
    struct history *h = history_new(path);
    char line[32];
    FILE *file;
    int lines = 0;

    (void)state;
    for (int i = 0; i < 2 * HISTORY_LINES + 10; i++) {
        snprintf(line, sizeof line, "line %d", i);
        history_add(h, slice_str(line));
    }
    assert_int_equal(h->count, HISTORY_LINES);
    assert_true(slice_is(history_line(h, HISTORY_LINES - 1), line));
    history_free(h);
    h = history_new(path);
    assert_true(slice_is(history_line(h, HISTORY_LINES - 1), line));
    history_free(h);
    file = fopen(path, "r");
    while (fgets(line, sizeof line, file))
        lines++;
    fclose(file);
    assert_int_equal(lines, HISTORY_LINES);
}

static void history_works_without_a_file(void **state)
{
    struct history *h = history_new("/proc/nothing/here");

    (void)state;
    history_add(h, slice_str("kept for now"));
    assert_int_equal(h->count, 1);
    history_free(h);
}

static void history_survives_want_of_memory(void **state)
{
    (void)state;
    ALLOC_EACH({
        struct history *h = history_new("/proc/nothing/here");

        if (h)
            history_add(h, slice_str("a line"));
        history_free(h);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(history_stores_no_credentials),
        cmocka_unit_test(history_path_follows_xdg),
        cmocka_unit_test_setup_teardown(history_comes_back_in_the_next_session, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(history_of_others_becomes_private_and_loses_its_secrets,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(history_is_bounded_in_memory_and_in_the_file, make_folder,
                                        remove_folder),
        cmocka_unit_test(history_works_without_a_file),
        cmocka_unit_test(history_survives_want_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
