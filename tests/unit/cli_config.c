/* The config file: what its lines mean, and what counts more. */
#include "cli_options.h"

#include <sys/stat.h>

/* A folder with a config file, which the environment points at. */
struct place {
    char folder[32], file[96];
};

/* The group's setup has no file; each test here has one of its own. */
static void write_config(struct place *at, const char *text)
{
    char inner[48];
    FILE *file;

    snprintf(at->folder, sizeof at->folder, "/tmp/wscope-cfg-XXXXXX");
    assert_non_null(mkdtemp(at->folder));
    snprintf(inner, sizeof inner, "%s/wscope", at->folder);
    assert_int_equal(mkdir(inner, 0700), 0);
    snprintf(at->file, sizeof at->file, "%s/config", inner);
    file = fopen(at->file, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
    chmod(at->file, 0600);
    setenv("XDG_CONFIG_HOME", at->folder, 1);
}

static void remove_config(const struct place *at)
{
    char inner[48];

    snprintf(inner, sizeof inner, "%s/wscope", at->folder);
    unlink(at->file);
    rmdir(inner);
    rmdir(at->folder);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
}

/* Parse with a config file what must be right. */
#define WITH(config, ...)         \
    struct place at;              \
    struct line *l;               \
    write_config(&at, config);    \
    l = parse(__VA_ARGS__, NULL); \
    remove_config(&at);           \
    if (l->status != 0)           \
    fail_msg("%s", l->e.text)

/* What must be wrong; the sentence begins with the file and the line where that is not 0. */
static void check_wrong(const char *config, int number, const char *sentence)
{
    struct place at;
    struct line *l;
    char want[256];

    write_config(&at, config);
    l = parse("--profile", "p", URL, NULL);
    if (number)
        snprintf(want, sizeof want, "%s:%d: %s", at.file, number, sentence);
    else
        snprintf(want, sizeof want, "%s", sentence);
    remove_config(&at);
    assert_int_equal(l->status, -1);
    assert_string_equal(l->e.text, want);
    assert_int_equal(l->e.code, EXIT_USAGE);
    done(l);
}

#define P "\n[profile p]\n"

static void every_kind_of_option_can_stand_in_the_file(void **state)
{
    (void)state;
    WITH("# mine\njson\nping-interval = 2.5\ntimestamps\ncompress = level=9\n--color = never\n-4\n"
         "header = X: y\nsend = a\nmax-message=64k",
         URL);
    assert_true(l->o.view.json);
    assert_int_equal(l->o.connect.ws.ping_interval_us, 2500000);
    assert_int_equal(l->o.view.stamps, STAMPS_ABS);
    assert_int_equal(l->o.view.color, WHEN_NEVER);
    assert_int_equal(l->o.connect.dial.family, DIAL_IPV4);
    assert_int_equal(l->o.connect.handshake.header_count, 1);
    assert_string_equal(l->o.pipe.sends[0], "a");
    assert_int_equal(l->o.connect.ws.max_message, 65536);
    assert_null(l->o.advice);
    done(l);
}

/* The file knows what the table knows. */
static void every_option_of_the_table_is_known_in_the_file(void **state)
{
    const struct option_row *row;

    (void)state;
    for (size_t i = 0; (row = options_nth(&wscope_verbs, i)) != NULL; i++) {
        char config[128];
        struct place at;
        struct line *l;

        if (!row->name)
            continue;
        snprintf(config, sizeof config, "[profile other]\n%s%s\n", row->name,
                 row->arg == OPTION_VALUE ? " = x" : "");
        write_config(&at, config);
        l = parse(URL, NULL);
        remove_config(&at);
        if (l->status != 0)
            assert_non_null(strstr(l->e.text, " belongs on the command line"));
        done(l);
    }
}

static void a_profile_counts_only_when_chosen(void **state)
{
    static const char config[] = "origin = http://all\n[profile p]\norigin = http://p\n"
                                 "[profile q]\norigin = http://q\nlenient\n[profile p]\nno-pong\n";

    (void)state;
    {
        WITH(config, URL);
        assert_string_equal(l->o.connect.handshake.origin, "http://all");
        assert_false(l->o.connect.ws.lenient || l->o.connect.ws.no_pong);
        done(l);
    }
    {
        WITH(config, "--profile", "p", URL);
        assert_string_equal(l->o.connect.handshake.origin, "http://p");
        assert_true(l->o.connect.ws.no_pong && !l->o.connect.ws.lenient);
        done(l);
    }
    {
        WITH(config, "--profile=q", URL);
        assert_string_equal(l->o.connect.handshake.origin, "http://q");
        done(l);
    }
    {
        WITH(config, "--profile=q", "-o", "http://line", URL);
        assert_string_equal(l->o.connect.handshake.origin, "http://line");
        done(l);
    }
    {
        WITH(config, "--no-config", URL);
        assert_null(l->o.connect.handshake.origin);
        done(l);
    }
}

static void what_is_repeated_comes_in_order(void **state)
{
    (void)state;
    WITH("header = X: 1\nsend = a\nsubprotocol = s1\nsubprotocol = s2" P
         "header = Y: 2\nsend = b\nsubprotocol = s2",
         "--profile", "p", "-H", "Z: 3", "-e", "c", "-s", "s1", "-s", "s3", URL);
    assert_int_equal(l->o.connect.handshake.header_count, 3);
    assert_string_equal(l->o.connect.handshake.headers[0].name, "X");
    assert_string_equal(l->o.connect.handshake.headers[1].name, "Y");
    assert_string_equal(l->o.connect.handshake.headers[2].name, "Z");
    assert_int_equal(l->o.pipe.send_count, 3);
    assert_string_equal(l->o.pipe.sends[0], "a");
    assert_string_equal(l->o.pipe.sends[2], "c");
    assert_int_equal(l->o.connect.handshake.subprotocol_count, 3);
    assert_string_equal(l->o.connect.handshake.subprotocols[0], "s1");
    assert_string_equal(l->o.connect.handshake.subprotocols[1], "s2");
    assert_string_equal(l->o.connect.handshake.subprotocols[2], "s3");
    done(l);
}

static void of_options_that_exclude_each_other_the_stronger_stands(void **state)
{
    (void)state;
    {
        WITH("hex\nquiet\n-4\nuser = a:b", "--base64", "-v", "-6", "--bearer", "t", URL);
        assert_int_equal(l->o.pipe.input, INPUT_BASE64);
        assert_int_equal(l->o.view.level, 1);
        assert_int_equal(l->o.connect.dial.family, DIAL_IPV6);
        assert_string_equal(l->o.connect.handshake.authorization, "Bearer t");
        done(l);
    }
    {
        WITH("bearer = t" P "user = Aladdin:open sesame", "--profile", "p", URL);
        assert_string_equal(l->o.connect.handshake.authorization,
                            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        done(l);
    }
    check_wrong("\nhex\nbase64\n" P, 3,
                "hex and base64 exclude each other: each defines what a line of stdin is");
}

static void credentials_of_the_command_line_outrank_headers_of_the_file(void **state)
{
    static const char config[] = "header = authorization: Digest x\nheader = Cookie: a\n"
                                 "header = User-Agent: u\nheader = Origin: o\nheader = X: y\n";

    (void)state;
    {
        WITH(config, URL);
        assert_int_equal(l->o.connect.handshake.header_count, 5);
        done(l);
    }
    {
        WITH(config, "--bearer", "t", "--cookie", "b", "-A", "v", "-o", "http://w", URL);
        assert_int_equal(l->o.connect.handshake.header_count, 1);
        assert_string_equal(l->o.connect.handshake.headers[0].name, "X");
        assert_string_equal(l->o.connect.handshake.authorization, "Bearer t");
        done(l);
    }
    {
        WITH(config, "--bearer", "t", "-H", "Authorization: Basic z", URL);
        assert_int_equal(l->o.connect.handshake.header_count, 5);
        assert_string_equal(l->o.connect.handshake.headers[4].value, "Basic z");
        done(l);
    }
    {
        WITH("bearer = t\nheader = Authorization: x", "ws://Aladdin:open%20sesame@h/");
        assert_int_equal(l->o.connect.handshake.header_count, 0);
        assert_string_equal(l->o.connect.handshake.authorization,
                            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        done(l);
    }
}

static void what_the_mode_has_no_use_for_is_passed_over(void **state)
{
    static const char config[] = "header = X: y\nrate = 3\nevents = open\nkey = k\ncolor = never\n";

    (void)state;
    {
        WITH(config, URL);
        assert_int_equal(l->o.connect.handshake.header_count, 1);
        assert_null(l->o.connect.dial.tls.key);
        assert_int_equal(l->o.view.events, 0);
        done(l);
    }
    {
        WITH(config, "--json", URL);
        assert_int_equal(l->o.view.events, EVENT_BIT(EVENT_OPEN));
        done(l);
    }
    {
        WITH(config, "serve", "1");
        assert_true(OWN(l, struct serve_options)->rate > 2.9 &&
                    OWN(l, struct serve_options)->rate < 3.1);
        assert_int_equal(l->o.view.color, WHEN_NEVER);
        done(l);
    }
    {
        WITH(config, "demo");
        assert_int_equal(l->o.view.color, WHEN_NEVER);
        done(l);
    }
}

static void a_tilde_is_the_home_directory_where_a_file_is_named(void **state)
{
    char *home = getenv("HOME") ? strdup(getenv("HOME")) : NULL;

    (void)state;
    setenv("HOME", "/dev", 1);
    {
        WITH("cacert = ~/null\ncapath = ~/fd\norigin = ~/x\nsend = ~/y", URL);
        assert_string_equal(l->o.connect.dial.tls.cacert, "/dev/null");
        assert_string_equal(l->o.connect.dial.tls.capath, "/dev/fd");
        assert_string_equal(l->o.connect.handshake.origin, "~/x");
        assert_string_equal(l->o.pipe.sends[0], "~/y");
        done(l);
    }
    check_wrong("bearer = @~/none" P, 1,
                "bearer: cannot read \"/dev/none\": No such file or directory");
    if (home)
        setenv("HOME", home, 1);
    free(home);
}

static void flags_are_turned_off_by_the_stronger_layer(void **state)
{
    (void)state;
    {
        WITH("pretty\nlenient = yes\nno-pong = On\nverbose\nverbose\n", "--no-pretty",
             "--no-no-pong", "--no-verbose", "-v", URL);
        assert_false(l->o.view.pretty);
        assert_true(l->o.connect.ws.lenient);
        assert_false(l->o.connect.ws.no_pong);
        assert_int_equal(l->o.view.level, 1);
        done(l);
    }
    {
        WITH("pretty\nlenient\n[profile p]\npretty = off\nno-lenient\n[profile q]\npretty\n",
             "--profile", "p", URL);
        assert_false(l->o.view.pretty);
        assert_false(l->o.connect.ws.lenient);
        done(l);
    }
    {
        WITH("pretty = false\n", "--pretty", URL);
        assert_true(l->o.view.pretty);
        done(l);
    }
    {
        /* What is off excludes nothing. */
        WITH("pretty\n", "--no-pretty", "--json", "--no-pings", URL);
        assert_true(l->o.view.json && !l->o.view.pretty && !l->o.view.pings);
        done(l);
    }
}

static void mistakes_name_the_file_and_the_line(void **state)
{
    (void)state;
    check_wrong("json\n\ncolr = never" P, 3, "unknown option \"colr\"; did you mean \"color\"?");
    check_wrong("xyzzy" P, 1, "unknown option \"xyzzy\"");
    check_wrong("colour = never" P, 1, "unknown option \"colour\"; did you mean \"color\"?");
    check_wrong("color = red" P, 1, "color takes \"auto\", \"always\" or \"never\", not \"red\"");
    check_wrong("color" P, 1, "color takes a value, WHEN: auto (on a terminal), always or never");
    check_wrong("json = maybe" P, 1, "json is on or off, not \"maybe\"");
    check_wrong("no-json = on" P, 1, "no-json takes no value");
    check_wrong("no-color" P, 1, "unknown option \"no-color\"; did you mean \"color\"?");
    check_wrong("connect-timeout 5" P, 1,
                "\"connect-timeout\" is followed by a value without \"=\"");
    check_wrong("header: X: y=z" P, 1, "there is text between \"header\" and \"=\"");
    check_wrong("bearrer t0p-secret" P, 1, "unknown option \"bearrer\"");
    check_wrong("-Z" P, 1, "unknown option \"-Z\"");
    check_wrong("[p]", 1, "a section is not a profile");
    check_wrong("= 1", 1, "there is no option before the \"=\"");
    check_wrong("\n" P "\nfor = abc", 5,
                "for takes seconds (\"0.5\", \"30\", \"500ms\", \"2m\"), not \"abc\"");
    check_wrong("header = nonsense" P, 1,
                "header: it has no colon, and a header is written \"Name: value\"");
    check_wrong("tls-min = 1.3\ntls-max = 1.2" P, 2, "--tls-min 1.3 is above --tls-max 1.2");
    check_wrong("subprotocol = a\nsubprotocol = a" P, 2, "subprotocol offers \"a\" twice");
}

static void
unknown_names_are_reported_in_every_section_but_values_only_where_they_count(void **state)
{
    (void)state;
    check_wrong(P "[profile other]\nxyzzy = 1", 4, "unknown option \"xyzzy\"");
    WITH("[profile other]\ncolor = red", URL);
    assert_int_equal(l->o.view.color, WHEN_AUTO);
    done(l);
}

static void some_options_belong_on_the_command_line(void **state)
{
    (void)state;
    check_wrong("help" P, 1, "help belongs on the command line");
    check_wrong("version" P, 1, "version belongs on the command line");
    check_wrong("profile = q" P, 1, "profile belongs on the command line");
    check_wrong("no-config" P, 1, "no-config belongs on the command line");
    check_wrong("from-curl = curl h" P, 1, "from-curl belongs on the command line");
}

static void a_profile_that_is_not_there_lists_those_that_are(void **state)
{
    struct place at;
    struct line *l;
    char want[128];

    (void)state;
    write_config(&at, "[profile one]\n[profile two words]\n");
    l = parse("--profile", "p", URL, NULL);
    snprintf(want, sizeof want, "--profile: %s has no profile \"p\"", at.file);
    remove_config(&at);
    assert_int_equal(l->status, -1);
    assert_string_equal(l->e.text, want);
    assert_string_equal(l->e.hint, "its profiles are \"one\", \"two words\"");
    done(l);
    BAD("--profile: there is no config file that could have a profile \"p\"", "--profile", "p",
        URL);
    BAD("--profile takes NAME, not an empty text", "--profile=", URL);
    BAD("--profile and --no-config exclude each other: profiles are in the config file",
        "--profile", "p", "--no-config", URL);
}

static void a_missing_file_is_no_error_and_an_unreadable_one_is(void **state)
{
    char folder[] = "/tmp/wscope-cfg-XXXXXX", file[64];

    (void)state;
    {
        GOOD(URL);
        done(l);
    }
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/wscope", folder);
    assert_int_equal(mkdir(file, 0700), 0);
    setenv("XDG_CONFIG_HOME", folder, 1);
    snprintf(file, sizeof file, "%s/wscope/config", folder);
    assert_int_equal(mkdir(file, 0700), 0);
    BAD_WITH("the config file: cannot read \"/tmp/wscope-cfg-", URL);
    {
        GOOD("--no-config", URL);
        done(l);
    }
    {
        GOOD("--help");
        done(l);
    }
    rmdir(file);
    snprintf(file, sizeof file, "%s/wscope", folder);
    rmdir(file);
    rmdir(folder);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
}

static void without_an_absolute_xdg_path_the_home_directory_counts(void **state)
{
    char *home = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
    struct place at;
    struct line *l;
    char moved[64];

    (void)state;
    write_config(&at, "json");
    snprintf(moved, sizeof moved, "%s/.config", at.folder);
    assert_int_equal(mkdir(moved, 0700), 0);
    snprintf(moved, sizeof moved, "%s/.config/wscope", at.folder);
    {
        char from[64];

        snprintf(from, sizeof from, "%s/wscope", at.folder);
        assert_int_equal(rename(from, moved), 0);
    }
    setenv("HOME", at.folder, 1);
    setenv("XDG_CONFIG_HOME", "relative", 1);
    l = parse(URL, NULL);
    assert_int_equal(l->status, 0);
    assert_true(l->o.view.json);
    done(l);
    unsetenv("XDG_CONFIG_HOME");
    l = parse(URL, NULL);
    assert_true(l->o.view.json);
    done(l);
    unsetenv("HOME");
    l = parse(URL, NULL);
    assert_int_equal(l->status, 0);
    assert_false(l->o.view.json);
    done(l);
    snprintf(at.file, sizeof at.file, "%s/config", moved);
    unlink(at.file);
    rmdir(moved);
    snprintf(moved, sizeof moved, "%s/.config", at.folder);
    rmdir(moved);
    rmdir(at.folder);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    if (home)
        setenv("HOME", home, 1);
    free(home);
}

static void a_secret_that_others_may_read_is_worth_a_word(void **state)
{
    static const struct {
        const char *config;
        mode_t mode;
        bool told;
    } cases[] = {
        {"bearer = t", 0644, true},
        {"\ncookie = c", 0640, true},
        {"[profile q]\nuser = a:b", 0604, true},
        {"header = X-Api-Key: k", 0644, true},
        {"bearer = t", 0600, false},
        {"bearer = env:HOME", 0644, false},
        {"cookie = @/etc/hostname", 0644, false},
        {"header = X: k", 0644, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct place at;
        struct line *l;

        write_config(&at, cases[i].config);
        chmod(at.file, cases[i].mode);
        l = parse(URL, NULL);
        if (l->status != 0)
            fail_msg("%s", l->e.text);
        assert_int_equal(l->o.advice != NULL, cases[i].told);
        if (l->o.advice)
            assert_non_null(strstr(l->o.advice, at.file));
        done(l);
        remove_config(&at);
    }
}

static void running_out_of_memory_is_an_error_and_leaks_nothing(void **state)
{
    static const char *const argv[] = {"wscope", "--profile", "p", "-H", "X: y", URL};
    struct place at;

    (void)state;
    write_config(&at,
                 "bearer = t\ncacert = ~/../../dev/null\nheader = A: b\nsend = @~/../../dev/null" P
                 "header = C: d\n[profile q]\n");
    chmod(at.file, 0644);
    check_memory(argv, sizeof argv / sizeof argv[0]);
    remove_config(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_option_can_stand_in_the_file),
        cmocka_unit_test(every_option_of_the_table_is_known_in_the_file),
        cmocka_unit_test(a_profile_counts_only_when_chosen),
        cmocka_unit_test(what_is_repeated_comes_in_order),
        cmocka_unit_test(of_options_that_exclude_each_other_the_stronger_stands),
        cmocka_unit_test(credentials_of_the_command_line_outrank_headers_of_the_file),
        cmocka_unit_test(what_the_mode_has_no_use_for_is_passed_over),
        cmocka_unit_test(a_tilde_is_the_home_directory_where_a_file_is_named),
        cmocka_unit_test(flags_are_turned_off_by_the_stronger_layer),
        cmocka_unit_test(mistakes_name_the_file_and_the_line),
        cmocka_unit_test(
            unknown_names_are_reported_in_every_section_but_values_only_where_they_count),
        cmocka_unit_test(some_options_belong_on_the_command_line),
        cmocka_unit_test(a_profile_that_is_not_there_lists_those_that_are),
        cmocka_unit_test(a_missing_file_is_no_error_and_an_unreadable_one_is),
        cmocka_unit_test(without_an_absolute_xdg_path_the_home_directory_counts),
        cmocka_unit_test(a_secret_that_others_may_read_is_worth_a_word),
        cmocka_unit_test(running_out_of_memory_is_an_error_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, surroundings, NULL);
}
