/* The command line: each mistake has its sentence, and a caret where that helps. */
#include "cli_options.h"

static void two_dashes_end_the_options(void **state)
{
    struct line *l = parse("--", "--json", NULL);

    (void)state;
    assert_false(l->o.view.json);
    assert_string_equal(l->e.text, "\"--json\" is neither a URL nor a command");
    done(l);
}

static void pins_are_checked(void **state)
{
    (void)state;
    BAD("--pinnedpubkey takes sha256// and 44 characters of base64, not \"sha256//AAAA\"",
        "--pinnedpubkey", "sha256//AAAA", URL);
    BAD("--pinnedpubkey takes sha256// and 44 characters of base64, not \"\"", "--pinnedpubkey",
        "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;", URL);
    BAD("--pinnedpubkey: cannot read \"nowhere\": No such file or directory", "--pinnedpubkey",
        "nowhere", URL);
}

static void bad_resolve_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",        "h",           "h:80",    "h:80:",       ":80:::1",
        "h:0:::1", "h:65536:::1", "h:x:::1", "[::1:80:::1", "h:80x:::1"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        BAD_WITH("--resolve takes HOST:PORT:ADDR (\"example.com:443:127.0.0.1\"), not ",
                 "--resolve", wrong[i], URL);
    BAD("--resolve: \"localhost\" is not a numeric IPv4 or IPv6 address", "--resolve",
        "h:80:localhost", URL);
    BAD("--resolve: \"\" is not a numeric IPv4 or IPv6 address", "--resolve", "h:80:::1,", URL);
}

static void bad_compression_parameters_are_pointed_at(void **state)
{
    struct line *l = parse("--compress=client_max_window_bits=99", URL, NULL);
    struct buf out;

    (void)state;
    assert_int_equal(l->status, -1);
    assert_int_equal(strncmp(l->e.text, "--compress: ", 12), 0);
    assert_true(l->e.at >= 0);
    buf_init(&out, 4096);
    assert_int_equal(options_point(&out, &l->o, &l->e), 0);
    assert_true(out.len > 0);
    assert_memory_equal(buf_data(&out), "  client_max_window_bits=99\n", 28);
    buf_clear(&out);
    done(l);
}

static void unknown_events_are_named(void **state)
{
    (void)state;
    BAD("--events takes names of events with commas between, and \"opne\" is not one", "--json",
        "--events", "close,opne,message", URL);
    BAD("--events takes names of events with commas between, and \"\" is not one", "--json",
        "--events=open,", URL);
    BAD("--events takes names of events with commas between, and \"note\" is not one", "--json",
        "--events", "note", URL);
}

static void bad_pointers_are_pointed_at(void **state)
{
    struct line *l = parse("--seq", "/a~b", URL, NULL);

    (void)state;
    assert_int_equal(l->status, -1);
    assert_int_equal(l->e.at, 2);
    done(l);
    BAD("--seq takes a JSON Pointer, and \"id\" is none: it begins with \"/\"", "--seq", "id", URL);
    BAD("--epoch takes a JSON Pointer, and \"/~\" is none: \"~\" is written \"~0\", and \"/\" "
        "inside "
        "a name \"~1\"",
        "--epoch", "/~", URL);
    BAD("--id takes a JSON Pointer, and \"$.id\" is none: it begins with \"/\"", "--id", "$.id",
        URL);
}

static void resuming_needs_what_it_fills_in(void **state)
{
    (void)state;
    BAD("--resume needs --seq or --id: they identify the last message", "--resume", "x", URL);
    BAD("--resume-query needs --seq or --id: they identify the last message", "--resume-query",
        "x={last}", URL);
    BAD("--catchup needs --seq or --id: they identify the last message", "--catchup", "http://h/",
        URL);
    BAD("--catchup takes a URL of http:// or https://, not \"ws://\"", "--seq", "/id", "--catchup",
        "ws://h/", URL);
    BAD("--fail-on-loss needs --seq: only numbers show that one is missing", "--fail-on-loss",
        "--id", "/id", URL);
    BAD("--resume-query takes the query without its \"?\": that is added where it is needed",
        "--seq", "/id", "--resume-query", "?since={last}", URL);
    BAD("--resume-query: this byte is not allowed in a URL's query: percent-encode it", "--seq",
        "/id", "--resume-query", "since={last} ", URL);
}

static void bad_serve_addresses_are_refused(void **state)
{
    (void)state;
    BAD("wscope serve takes [HOST:]PORT (\"9001\", \"0.0.0.0:9001\"), not \"localhost\"", "serve",
        "localhost");
    BAD("wscope serve takes [HOST:]PORT (\"9001\", \"0.0.0.0:9001\"), not \"65536\"", "serve",
        "65536");
    BAD("\"::1:80\" has more than one colon", "serve", "::1:80");
    BAD("wscope serve takes one address, and there are two arguments", "serve", "1", "2");
    BAD("--rate takes updates a second above 0 (\"0.5\", \"100\"), not \"0\"", "serve", "--rate",
        "0");
}

static void unknown_options_get_the_nearest_spelling(void **state)
{
    (void)state;
    BAD("unknown option \"--chunck\"; did you mean \"--chunk\"?", "--chunck", "4k", URL);
    BAD("unknown option \"--verbsoe\"; did you mean \"--verbose\"?", "--verbsoe", URL);
    BAD("unknown option \"--bearrer\"; did you mean \"--bearer\"?", "--bearrer=secret", URL);
    BAD("unknown option \"--xyzzy\"", "--xyzzy", URL);
    BAD("unknown option \"--secure\"", "--secure", URL);
    BAD("unknown option \"-j\"; did you mean \"--json\"?", "-json", URL);
    BAD("unknown option \"-?\"; did you mean \"--help\"?", "-?");
    BAD("unknown option \"-Z\"", "-vZ", URL);
    BAD("unknown option \"-\\x1b\"", "-\033", URL);
}

/* The hint of a mistake has this in it. */
static void check_hint(const char *part, ...)
{
    struct line *l = malloc(sizeof *l);
    const char *first;
    va_list list;

    assert_non_null(l);
    va_start(list, part);
    first = va_arg(list, const char *);
    line_set(l, first, list);
    va_end(list);
    l->status = options_parse(&l->o, &wscope_verbs, l->argc, l->argv, &l->e);
    assert_int_equal(l->status, -1);
    if (!strstr(l->e.hint, part))
        fail_msg("\"%s\" is not in: %s: %s", part, l->e.text, l->e.hint);
    done(l);
}

static void users_of_other_programs_are_advised(void **state)
{
    (void)state;
    check_hint("wscope URL", "-c", "ws://h/", NULL);
    check_hint("wscope serve", "-l", "8080", NULL);
    check_hint("wscope serve", "--listen", "8080", NULL);
    check_hint("-k", "--no-check", URL, NULL);
    check_hint("-e MSG", "-d", "x", URL, NULL);
    check_hint("-e MSG", "--data", "x", URL, NULL);
    check_hint("--method", "-X", "POST", URL, NULL);
    check_hint("-b", "-t", URL, NULL);
    check_hint("ws://HOST:PORT/", "-p", "80", URL, NULL);
    check_hint("write --reconnect=foo", "-r=foo", URL, NULL);
    check_hint("--color takes a value, WHEN: auto (on a terminal)", "--color", "ws://me:pw@h/",
               NULL);
    BAD("the letter -r takes no value", "-r=foo", URL);
    BAD("-k takes no value, but \"=\" follows it", "-k=1", URL);
    BAD("no URL was given: it was taken as the value of --color", "--color", "ws://me:pw@h/");
    BAD("no URL was given: it was taken as the value of -m", "-m", "ws://h/");
}

static void a_word_that_is_no_url_is_explained(void **state)
{
    (void)state;
    BAD("\"comapre\" is neither a URL nor a command; did you mean \"compare\"?", "comapre", URL);
    BAD("\"serv\" is neither a URL nor a command; did you mean \"serve\"?", "serv", "8080");
    BAD("\"8080\" is neither a URL nor a command", "8080");
    check_hint("\":8080\"", "8080", NULL);
    check_hint("\"wscope serve 8080\"", "8080", NULL);
    check_hint("compare, probe, proxy, fanout, serve, run, demo, help, version", "xyz", NULL);
    BAD("there is no command \"serv\"; did you mean \"serve\"?", "help", "serv");
    BAD("wscope help takes one command", "help", "serve", "run");
    BAD("wscope version takes no argument", "version", "x");
}

static void prefixes_of_long_options_are_not_taken(void **state)
{
    (void)state;
    BAD("unknown option \"--verbos\"; did you mean \"--verbose\"?", "--verbos", URL);
    BAD("unknown option \"--insec\"; did you mean \"--insecure\"?", "--insec", URL);
    BAD("unknown option \"--retr\"; did you mean \"--retry\"?", "--retr", URL);
    BAD("unknown option \"--tls\"", "--tls", URL);
}

static void options_of_another_mode_say_so(void **state)
{
    (void)state;
    BAD("--hex is not an option of \"wscope serve\"", "serve", "--hex");
    BAD("-k is not an option of \"wscope demo\"", "demo", "-k");
    BAD("--no-pretty is not an option of \"wscope serve\"", "serve", "--no-pretty");
    BAD("unknown option \"--no-version\"; did you mean \"--version\"?", "--no-version");
    BAD("--rate belongs to \"wscope serve\", not to a connection", "--rate", "3", URL);
}

static void missing_values_say_what_is_taken(void **state)
{
    (void)state;
    BAD("-m takes a value, SEC: end the whole run after this (exit 28)", URL, "-m");
    BAD("--events takes a value, LIST: with --json, only these, such as open,close", URL,
        "--events");
    BAD("--hex takes no value, but \"=\" follows it", "--hex=1", URL);
}

static void bad_values_say_what_came_and_what_is_right(void **state)
{
    (void)state;
    BAD("--close-timeout takes seconds (\"0.5\", \"30\", \"500ms\", \"2m\"), not \"abc\"",
        "--close-timeout", "abc", URL);
    BAD("-m takes seconds above 0 (\"0.5\", \"30\", \"500ms\", \"2m\"), not \"0\"", "-m0", URL);
    BAD("-w takes seconds (\"0.5\", \"30\", \"500ms\", \"2m\"), not \"-1\"", "-w", "-1", URL);
    BAD("--max-message takes a size above 0 (\"4096\", \"64k\", \"1M\", \"2G\"), not \"1T\"",
        "--max-message", "1T", URL);
    BAD("--chunk takes a size above 0 (\"4096\", \"64k\", \"1M\", \"2G\"), not \"0\"", "--chunk",
        "0", URL);
    BAD("--count takes a whole number above 0, not \"0\"", "--count", "0", URL);
    BAD("--count takes a whole number above 0, not \"18446744073709551616\"", "--count",
        "18446744073709551616", URL);
    BAD("--count takes a whole number above 0, not \"\"", "--count=", URL);
    BAD("--color takes \"auto\", \"always\" or \"never\", not \"red\"", "--color", "red", URL);
    BAD("--timestamps takes \"abs\", \"rel\" or \"delta\", not \"\"", "--timestamps=", URL);
    BAD("--tls-min takes \"1.2\" or \"1.3\", not \"1.1\"", "--tls-min", "1.1", URL);
    BAD("--cacert takes FILE, not an empty text", "--cacert", "", URL);
    BAD("-o takes one origin without blanks, not \"a b\"", "-o", "a b", URL);
    BAD("-A: \"a\\nb\" has a control character, which no header may hold", "-A", "a\nb", URL);
    BAD("-s takes a name without blanks, commas or other separators, not \"a,b\"", "-s", "a,b",
        URL);
    BAD("-s offers \"a\" twice", "-s", "a", "-s", "a", URL);
    BAD("-e: cannot read \"/nowhere/x\": No such file or directory", "-e", "@/nowhere/x", URL);
    BAD_WITH("--until takes a POSIX extended regular expression, and \"(\" is none: ", "--until",
             "(", URL);
}

static void contradictions_are_refused(void **state)
{
    static const char *const pairs[][2] = {
        {"-4", "-6"},
        {"--hex", "--base64"},
        {"--whole", "--chunk=1"},
        {"--hex", "--whole"},
        {"-0", "--hex"},
        {"-0", "--crlf"},
        {"-0", "--no-delimiter"},
        {"--crlf", "--whole"},
        {"-n", "--whole"},
        {"-n", "--wait=1"},
        {"--echo", "--chunk=1"},
        {"--json", "--escape"},
        {"--json", "--pretty"},
        {"-q", "-v"},
        {"-q", "-i"},
        {"--user=a", "--bearer=b"},
    };

    (void)state;
    BAD("-4 and -6 exclude each other: no address is both", "-6", "-4", URL);
    BAD("--quiet and -v exclude each other: one shows less, the other more", "--quiet", "-v", URL);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        BAD_WITH(" exclude each other: ", pairs[i][0], pairs[i][1], URL);
    BAD("--key needs --cert: a key belongs to a certificate", "--key", "k", URL);
    BAD("--events needs --json: it selects what --json prints", "--events", "open", URL);
    BAD("--tls-min 1.3 is above --tls-max 1.2", "--tls-min=1.3", "--tls-max=1.2", URL);
    BAD("-4 asks for IPv4, and the URL has an IPv6 address", "-4", "ws://[::1]/");
}

static void stdin_is_read_by_one_option_only(void **state)
{
    (void)state;
    BAD("\"@-\" is given twice, and stdin can be read once", "-e@-", "-e", "@-", URL);
    BAD("\"@-\" reads all of stdin as one message, which contradicts -n", "-n", "-e", "@-", URL);
    GOOD("-e", "@-", URL);
    assert_string_equal(l->o.pipe.sends[0], "@-");
    done(l);
}

static void a_url_is_needed_and_one_is_enough(void **state)
{
    struct line *l = parse(NULL);

    (void)state;
    assert_string_equal(l->e.text, "no URL was given");
    assert_int_equal(strncmp(l->e.hint, "usage: wscope [OPTION]... URL\n", 30), 0);
    done(l);
    BAD("there is more than one URL: wscope takes one", URL, "ws://secret:x@h/");
}

static void compare_refuses_what_it_cannot_compare(void **state)
{
    (void)state;
    BAD("there is nothing to compare: no URL was given", "compare", NULL);
    BAD("--every takes seconds with commas between them (\"0.5,2,10\"), not \"1,,2\"", "compare",
        URL, "--poll", "http://h/", "--every", "1,,2");
    BAD("--every takes seconds with commas between them (\"0.5,2,10\"), not \"1,\"", "compare", URL,
        "--poll", "http://h/", "--every", "1,");
    BAD("--every has the same interval twice", "compare", URL, "--poll", "http://h/", "--every",
        "1,2,1.0");
    BAD("--every takes at most 8 intervals", "compare", URL, "--poll", "http://h/", "--every",
        "1,2,3,4,5,6,7,8,9");
    BAD("--every needs --poll or --fallback: nothing is polled without it", "compare", URL,
        "--every", "1");
    BAD("--clients takes numbers above 0 with commas between them (\"1,1000,100000\"), not \"1,x\"",
        "compare", URL, "--clients", "1,x");
    BAD("--clients takes numbers above 0 with commas between them (\"1,1000,100000\"), not \"0\"",
        "compare", URL, "--clients", "0");
    BAD("--poll takes a URL of http:// or https://, not \"ws://\"", "compare", URL, "--poll",
        "ws://h/");
    BAD("there is more than one URL: wscope compare takes one", "compare", URL, URL);
    BAD("--report belongs to \"wscope compare\", not to a connection", URL, "--report", "x");
    BAD("--count is not an option of \"wscope compare\"", "compare", URL, "--count", "1");
}

static void a_single_word_is_not_taken_for_a_host(void **state)
{
    struct line *l = parse("srve", NULL);

    (void)state;
    assert_string_equal(l->e.text,
                        "\"srve\" is neither a URL nor a command; did you mean \"serve\"?");
    assert_non_null(strstr(l->e.hint, "compare, probe, proxy, fanout, serve, run, demo"));
    done(l);
    BAD("\"compares\" is neither a URL nor a command; did you mean \"compare\"?", "compares", URL);
    l = parse("localhost", NULL);
    assert_int_equal(l->status, 0);
    assert_int_equal(l->o.connect.url.scheme, URL_WS);
    done(l);
    l = parse("host/path", NULL);
    assert_int_equal(l->status, 0);
    done(l);
}

static void the_caret_is_below_the_mistake(void **state)
{
    (void)state;
    check_point("", 0, "");
    check_point("ws://h/a#b", 8,
                "  ws://h/a#b\n"
                "          ^\n");
    check_point("ws://h:0/", 7,
                "  ws://h:0/\n"
                "         ^\n");
    check_point("ws://h/\033x", 7,
                "  ws://h/\\x1bx\n"
                "         ^\n");
}

static void long_urls_are_cut_around_the_caret(void **state)
{
    char url[256];

    (void)state;
    snprintf(url, sizeof url, "ws://h/%0100d#%0100d", 0, 0);
    check_point(url, 107,
                "  ...00000000000000000000000000000000#0000000000000000000000000000000...\n"
                "                                     ^\n");
    snprintf(url, sizeof url, "ws://h/%061d#b", 0);
    check_point(url, 68,
                "  ws://h/0000000000000000000000000000000000000000000000000000000000000#b\n"
                "                                                                      ^\n");
    snprintf(url, sizeof url, "ws://h/#%080d", 0);
    check_point(url, 7,
                "  ws://h/#00000000000000000000000000000000000000000000000000000000...\n"
                "         ^\n");
}

static void nothing_is_pointed_at_without_a_place(void **state)
{
    struct line *l = parse("--for", "abc", URL, NULL);
    struct buf out;

    (void)state;
    buf_init(&out, 64);
    assert_int_equal(options_point(&out, &l->o, &l->e), 0);
    assert_int_equal(out.len, 0);
    done(l);
}

static void running_out_of_memory_is_an_error_and_leaks_nothing(void **state)
{
    static const char *const argv[] = {"wscope",
                                       "-u",
                                       "a:b",
                                       "-H",
                                       "X: y",
                                       "-s",
                                       "p",
                                       "-e",
                                       "m",
                                       "--resolve",
                                       "h:1:::1",
                                       "ws://u@h/",
                                       "--compress=client_max_window_bits=10"};

    (void)state;
    check_memory(argv, sizeof argv / sizeof argv[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(pins_are_checked),
        cmocka_unit_test(bad_resolve_is_refused),
        cmocka_unit_test(bad_compression_parameters_are_pointed_at),
        cmocka_unit_test(unknown_events_are_named),
        cmocka_unit_test(bad_pointers_are_pointed_at),
        cmocka_unit_test(resuming_needs_what_it_fills_in),
        cmocka_unit_test(bad_serve_addresses_are_refused),
        cmocka_unit_test(unknown_options_get_the_nearest_spelling),
        cmocka_unit_test(users_of_other_programs_are_advised),
        cmocka_unit_test(a_word_that_is_no_url_is_explained),
        cmocka_unit_test(prefixes_of_long_options_are_not_taken),
        cmocka_unit_test(options_of_another_mode_say_so),
        cmocka_unit_test(missing_values_say_what_is_taken),
        cmocka_unit_test(bad_values_say_what_came_and_what_is_right),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(stdin_is_read_by_one_option_only),
        cmocka_unit_test(a_url_is_needed_and_one_is_enough),
        cmocka_unit_test(compare_refuses_what_it_cannot_compare),
        cmocka_unit_test(a_single_word_is_not_taken_for_a_host),
        cmocka_unit_test(the_caret_is_below_the_mistake),
        cmocka_unit_test(long_urls_are_cut_around_the_caret),
        cmocka_unit_test(nothing_is_pointed_at_without_a_place),
        cmocka_unit_test(running_out_of_memory_is_an_error_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, surroundings, NULL);
}
