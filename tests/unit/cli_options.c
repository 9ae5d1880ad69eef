/* The command line: each option lands where it belongs, each mistake has its sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "alloc.h"
#include "base/buf.h"
#include "cli/options.h"

#define ARGS_MAX 24

/* One command line, in memory that may be overwritten as argv may. */
struct line {
    char text[2048];
    char *argv[ARGS_MAX + 1];
    int argc;
    struct options o;
    struct err e;
    int status;
};

static void line_set(struct line *l, const char *first, va_list list)
{
    size_t used = 0;

    memset(l, 0, sizeof *l);
    l->argv[l->argc++] = l->text;
    used += (size_t)snprintf(l->text, sizeof l->text, "wscope") + 1;
    for (const char *arg = first; arg; arg = va_arg(list, const char *)) {
        assert_true(l->argc < ARGS_MAX && used + strlen(arg) + 1 < sizeof l->text);
        l->argv[l->argc++] = l->text + used;
        used += (size_t)snprintf(l->text + used, sizeof l->text - used, "%s", arg) + 1;
    }
}

/* Parse; the last argument is NULL. The result is freed by done(). */
static struct line *parse(const char *first, ...)
{
    struct line *l = malloc(sizeof *l);
    va_list list;

    assert_non_null(l);
    va_start(list, first);
    line_set(l, first, list);
    va_end(list);
    l->status = options_parse(&l->o, l->argc, l->argv, &l->e);
    return l;
}

static void done(struct line *l)
{
    options_clear(&l->o);
    free(l);
}

/* Parse what must be right. */
#define GOOD(...)                              \
    struct line *l = parse(__VA_ARGS__, NULL); \
    if (l->status != 0)                        \
    fail_msg("%s", l->e.text)

/* Parse what must be wrong, and compare the sentence. */
#define BAD(sentence, ...)                           \
    do {                                             \
        struct line *bad = parse(__VA_ARGS__, NULL); \
        assert_int_equal(bad->status, -1);           \
        assert_string_equal(bad->e.text, sentence);  \
        assert_int_equal(bad->e.code, EXIT_USAGE);   \
        assert_int_equal(bad->e.stage, STAGE_USAGE); \
        done(bad);                                   \
    } while (0)

/* As BAD, but only a part of the sentence is ours. */
#define BAD_WITH(part, ...)                                      \
    do {                                                         \
        struct line *bad = parse(__VA_ARGS__, NULL);             \
        assert_int_equal(bad->status, -1);                       \
        if (!strstr(bad->e.text, part))                          \
            fail_msg("\"%s\" is not in: %s", part, bad->e.text); \
        assert_int_equal(bad->e.code, EXIT_USAGE);               \
        done(bad);                                               \
    } while (0)

#define URL "ws://h/"

/* A file with these bytes; path has room for 32. */
static void make_file(char *path, const void *bytes, size_t n)
{
    int fd;

    snprintf(path, 32, "/tmp/wscope-cli-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(write(fd, bytes, n) == (ssize_t)n);
    close(fd);
}

static char *at_file(char *option, const char *path)
{
    snprintf(option, 40, "@%s", path);
    return option;
}

static void defaults_are_those_of_the_manual(void **state)
{
    (void)state;
    GOOD(URL);
    assert_int_equal(l->o.mode, MODE_CONNECT);
    assert_string_equal(l->o.url_text, URL);
    assert_ptr_equal(l->o.handshake.url, &l->o.url);
    assert_string_equal(l->o.url.host, "h");
    assert_int_equal(strncmp(l->o.handshake.user_agent, "wscope/", 7), 0);
    assert_true(l->o.handshake.deflate.enabled);
    assert_true(l->o.handshake.deflate.client_max_window_bits_bare);
    assert_null(l->o.handshake.authorization);
    assert_int_equal(l->o.ws.connect_timeout_us, 10000000);
    assert_int_equal(l->o.ws.close_timeout_us, 5000000);
    assert_int_equal(l->o.ws.max_time_us, 0);
    assert_int_equal(l->o.ws.max_message, 0);
    assert_int_equal(l->o.pipe.wait_us, 500000);
    assert_int_equal(l->o.pipe.buffer, 1024 * 1024);
    assert_int_equal(l->o.pipe.input, INPUT_LINES);
    assert_int_equal(l->o.level, 0);
    assert_int_equal(l->o.color, WHEN_AUTO);
    assert_int_equal(l->o.stamps, STAMPS_NONE);
    assert_int_equal(l->o.binary, BINARY_AUTO);
    done(l);
}

static void values_may_be_attached_or_follow(void **state)
{
    (void)state;
    GOOD("-m5", "--for", "0.5", "-w", "0", "--count=7", URL, "--close-timeout=1.25", "-sa", "-s",
         "b");
    assert_int_equal(l->o.ws.max_time_us, 5000000);
    assert_int_equal(l->o.ws.for_us, 500000);
    assert_int_equal(l->o.pipe.wait_us, 0);
    assert_int_equal(l->o.pipe.count, 7);
    assert_int_equal(l->o.ws.close_timeout_us, 1250000);
    assert_int_equal(l->o.handshake.subprotocol_count, 2);
    assert_string_equal(l->o.handshake.subprotocols[0], "a");
    assert_string_equal(l->o.handshake.subprotocols[1], "b");
    done(l);
}

static void letters_bundle_and_the_last_may_take_a_value(void **state)
{
    (void)state;
    GOOD("-vvnbe", "hello", "-ikPv", URL);
    assert_int_equal(l->o.level, 3);
    assert_true(l->o.pipe.no_input && l->o.pipe.binary && l->o.include && l->o.pings);
    assert_true(l->o.dial.tls.insecure);
    assert_int_equal(l->o.pipe.send_count, 1);
    assert_string_equal(l->o.pipe.sends[0], "hello");
    done(l);
}

static void verbosity_stops_at_three(void **state)
{
    (void)state;
    GOOD("-vvvvvv", URL);
    assert_int_equal(l->o.level, 3);
    done(l);
}

static void two_dashes_end_the_options(void **state)
{
    struct line *l = parse("--", "--json", NULL);

    (void)state;
    assert_false(l->o.json);
    assert_string_equal(l->e.text, "\"--json\" is neither a URL nor a command");
    done(l);
}

static void a_value_may_look_like_an_option(void **state)
{
    (void)state;
    GOOD("-e", "--json", "--send=-v", "-e", "", URL);
    assert_false(l->o.json);
    assert_string_equal(l->o.pipe.sends[0], "--json");
    assert_string_equal(l->o.pipe.sends[1], "-v");
    assert_string_equal(l->o.pipe.sends[2], "");
    done(l);
}

static void identity_options_fill_the_handshake(void **state)
{
    (void)state;
    GOOD("-o", "https://example.com", "-A", "agent 1", "--cookie", "a=1; b=2", "--bearer", "t0k",
         URL);
    assert_string_equal(l->o.handshake.origin, "https://example.com");
    assert_string_equal(l->o.handshake.user_agent, "agent 1");
    assert_string_equal(l->o.handshake.cookie, "a=1; b=2");
    assert_string_equal(l->o.handshake.authorization, "Bearer t0k");
    done(l);
}

static void user_becomes_basic_credentials(void **state)
{
    /* RFC 7617, section 2 gives this pair. */
    static const char *const cases[][2] = {
        {"Aladdin:open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
        {"Aladdin", "Basic QWxhZGRpbjo="},
        {"a:b:c", "Basic YTpiOmM="},
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        GOOD("-u", cases[i][0], URL);
        assert_string_equal(l->o.handshake.authorization, cases[i][1]);
        done(l);
    }
}

static void userinfo_becomes_basic_credentials_unless_an_option_says_otherwise(void **state)
{
    (void)state;
    {
        GOOD("ws://Aladdin:open%20sesame@h/");
        assert_string_equal(l->o.handshake.authorization, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        done(l);
    }
    {
        GOOD("ws://Aladdin@h/");
        assert_string_equal(l->o.handshake.authorization, "Basic QWxhZGRpbjo=");
        done(l);
    }
    {
        GOOD("ws://a:b@h/", "--bearer", "t");
        assert_string_equal(l->o.handshake.authorization, "Bearer t");
        done(l);
    }
}

static void a_password_that_breaks_the_url_is_not_shown(void **state)
{
    (void)state;
    BAD("\"#\" in the user name or password of a URL is written %23", "ws://me:p#w@h/");
    BAD("\"/\" in the user name or password of a URL is written %2F", "ws://me:p/w@h/");
    /* A port and a path with '@' are no password. */
    GOOD("ws://h:80/a@b");
    assert_int_equal(l->o.url.port, 80);
    done(l);
}

static void headers_are_kept_in_order(void **state)
{
    (void)state;
    GOOD("-H", "X-One: 1", "-HX-Two:2:3", "--header=Origin:", "-H", "a: b", "-H", "c: d", URL);
    assert_int_equal(l->o.handshake.header_count, 5);
    assert_string_equal(l->o.handshake.headers[0].name, "X-One");
    assert_string_equal(l->o.handshake.headers[0].value, "1");
    assert_string_equal(l->o.handshake.headers[1].value, "2:3");
    assert_string_equal(l->o.handshake.headers[2].name, "Origin");
    assert_true(l->o.handshake.headers[2].remove);
    assert_string_equal(l->o.handshake.headers[4].name, "c");
    done(l);
}

static void headers_come_from_a_file(void **state)
{
    static const char text[] = "X-One: 1\r\n\n  \nX-Two: 2\nX-Three: 3";
    char path[32], option[40];

    (void)state;
    make_file(path, text, sizeof text - 1);
    GOOD("-H", at_file(option, path), URL);
    assert_int_equal(l->o.handshake.header_count, 3);
    assert_string_equal(l->o.handshake.headers[0].value, "1");
    assert_string_equal(l->o.handshake.headers[2].name, "X-Three");
    assert_string_equal(l->o.handshake.headers[2].value, "3");
    done(l);
    unlink(path);
}

static void a_bad_header_is_named_by_its_option_and_line_and_never_shown(void **state)
{
    static const char text[] = "X-One: 1\n\nsecret without a name\n";
    char path[32], option[40];

    (void)state;
    BAD("--header: it has no colon, and a header is written \"Name: value\"", "--header",
        "secret without a name", URL);
    BAD_WITH("-H: ", "-H", "A: b\r\nC: d", URL);
    make_file(path, text, sizeof text - 1);
    BAD("-H, line 3 of the file: it has no colon, and a header is written \"Name: value\"", "-H",
        at_file(option, path), URL);
    unlink(path);
}

static void secrets_come_from_files_without_the_last_line_break(void **state)
{
    static const char *const texts[] = {"t0k", "t0k\n", "t0k\r\n"};
    char path[32], option[40];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        make_file(path, texts[i], strlen(texts[i]));
        GOOD("--bearer", at_file(option, path), URL);
        assert_string_equal(l->o.handshake.authorization, "Bearer t0k");
        done(l);
        unlink(path);
    }
    make_file(path, "phrase\n", 7);
    GOOD("--cert", "c.pem", "--pass", at_file(option, path), URL);
    assert_string_equal(l->o.dial.tls.pass, "phrase");
    done(l);
    unlink(path);
}

static void secrets_come_from_the_environment(void **state)
{
    (void)state;
    setenv("WSCOPE_TEST_SECRET", "me:pw", 1);
    GOOD("-u", "env:WSCOPE_TEST_SECRET", "--cookie", "env:WSCOPE_TEST_SECRET", URL);
    assert_string_equal(l->o.handshake.authorization, "Basic bWU6cHc=");
    assert_string_equal(l->o.handshake.cookie, "me:pw");
    done(l);
    unsetenv("WSCOPE_TEST_SECRET");
    BAD("--bearer: the environment has no variable \"WSCOPE_TEST_SECRET\"", "--bearer",
        "env:WSCOPE_TEST_SECRET", URL);
}

static void bad_secrets_are_told_without_being_shown(void **state)
{
    char path[32], option[40], nul[] = "a\0b";

    (void)state;
    BAD("--bearer: cannot read \"/nowhere/x\": No such file or directory", "--bearer",
        "@/nowhere/x", URL);
    BAD("-u: cannot read \"/\": Is a directory", "-u", "@/", URL);
    BAD("--cookie: \"@-\" is not for this option, stdin is for messages", "--cookie", "@-", URL);
    BAD("--bearer: the value is empty", "--bearer", "", URL);
    BAD("--bearer: the value has a line break", "--bearer", "a\nb", URL);
    BAD("--cookie: the value has a control character", "--cookie", "a\001b", URL);
    make_file(path, "a\nb\n", 4);
    BAD("--bearer: the value has a line break", "--bearer", at_file(option, path), URL);
    unlink(path);
    make_file(path, nul, 3);
    BAD_WITH("has a NUL byte, which looks like the wrong file", "--bearer", at_file(option, path),
             URL);
    unlink(path);
}

static void a_huge_file_is_taken_for_a_mistake(void **state)
{
    char path[32], option[40];
    char *bytes = malloc(256 * 1024 + 1);

    (void)state;
    assert_non_null(bytes);
    memset(bytes, 'a', 256 * 1024 + 1);
    make_file(path, bytes, 256 * 1024 + 1);
    BAD_WITH("is larger than 256 KiB", "--bearer", at_file(option, path), URL);
    unlink(path);
    make_file(path, bytes, 256 * 1024);
    GOOD("--bearer", at_file(option, path), URL);
    assert_int_equal(strlen(l->o.handshake.authorization), 7 + 256 * 1024);
    done(l);
    unlink(path);
    free(bytes);
}

static void secrets_in_argv_are_overwritten(void **state)
{
    (void)state;
    GOOD("-u", "me:pw", "--cookie=sid=1", "-HAuthorization: Basic x", "-H", "x-api-key: k", "-H",
         "X-Plain: v", "--cert", "c", "--pass", "phrase", "ws://me:pw@h/p?token=t");
    assert_string_equal(l->argv[2], "*****");
    assert_string_equal(l->argv[3], "--cookie=*****");
    assert_string_equal(l->argv[4], "-HAuthorization:********");
    assert_string_equal(l->argv[6], "x-api-key:**");
    assert_string_equal(l->argv[8], "X-Plain: v");
    assert_string_equal(l->argv[12], "******");
    assert_string_equal(l->argv[13], "ws://*****@h/p?token=t");
    assert_string_equal(l->o.url_text, "ws://me:pw@h/p?token=t");
    assert_string_equal(l->o.handshake.headers[0].value, "Basic x");
    done(l);
}

static void where_a_secret_lies_is_not_overwritten(void **state)
{
    struct line *l = parse("-u", "@/nowhere", "--bearer", "env:NOWHERE", "ws://h/a@b", NULL);

    (void)state;
    assert_string_equal(l->argv[2], "@/nowhere");
    assert_string_equal(l->argv[4], "env:NOWHERE");
    assert_string_equal(l->argv[5], "ws://h/a@b");
    done(l);
}

static void secrets_are_overwritten_when_parsing_fails_too(void **state)
{
    struct line *l = parse("--bearer", "t0k", "ws://me:p#w@h/", "--for", "abc", "ws://b@h/", NULL);

    (void)state;
    assert_int_equal(l->status, -1);
    assert_string_equal(l->argv[2], "***");
    assert_string_equal(l->argv[3], "ws://******@h/");
    assert_string_equal(l->argv[6], "ws://*@h/");
    done(l);
}

static void tls_options_fill_their_fields(void **state)
{
    (void)state;
    GOOD("--cacert", "ca", "--capath", "dir", "--cert", "c", "--key", "k", "--pass", "p",
         "--tls-min", "1.2", "--tls-max=1.3", "--servername", "n", "--pinnedpubkey",
         "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "wss://h/");
    assert_string_equal(l->o.dial.tls.cacert, "ca");
    assert_string_equal(l->o.dial.tls.capath, "dir");
    assert_string_equal(l->o.dial.tls.cert, "c");
    assert_string_equal(l->o.dial.tls.key, "k");
    assert_string_equal(l->o.dial.tls.pass, "p");
    assert_string_equal(l->o.dial.tls.servername, "n");
    assert_int_equal(l->o.dial.tls.min, 12);
    assert_int_equal(l->o.dial.tls.max, 13);
    assert_int_equal(strncmp(l->o.dial.tls.pinned, "sha256//47D", 11), 0);
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

static void resolve_is_split(void **state)
{
    (void)state;
    GOOD("--resolve", "Example.COM:443:192.0.2.1,[2001:db8::1],fe80::1%eth0", "--resolve",
         "[::1]:80:127.0.0.1", "--resolve", "*:8080:::1", URL);
    assert_int_equal(l->o.dial.resolve_count, 3);
    assert_string_equal(l->o.dial.resolve[0].host, "example.com");
    assert_int_equal(l->o.dial.resolve[0].port, 443);
    assert_int_equal(l->o.dial.resolve[0].count, 3);
    assert_string_equal(l->o.dial.resolve[0].addresses[0], "192.0.2.1");
    assert_string_equal(l->o.dial.resolve[0].addresses[1], "2001:db8::1");
    assert_string_equal(l->o.dial.resolve[0].addresses[2], "fe80::1%eth0");
    assert_string_equal(l->o.dial.resolve[1].host, "::1");
    assert_string_equal(l->o.dial.resolve[2].host, "*");
    assert_string_equal(l->o.dial.resolve[2].addresses[0], "::1");
    done(l);
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

static void the_way_to_the_server_can_be_chosen(void **state)
{
    (void)state;
    GOOD("-4", "--interface", "eth0", "--connect-timeout", "3", URL);
    assert_int_equal(l->o.dial.family, DIAL_IPV4);
    assert_string_equal(l->o.dial.interface, "eth0");
    assert_int_equal(l->o.ws.connect_timeout_us, 3000000);
    done(l);
    l = parse("-6", URL, NULL);
    assert_int_equal(l->o.dial.family, DIAL_IPV6);
    done(l);
}

static void limits_fill_their_fields(void **state)
{
    (void)state;
    GOOD("--max-message", "64k", "--max-frame", "1M", "--max-fragments", "9", "--buffer", "2G",
         URL);
    assert_int_equal(l->o.ws.max_message, 65536);
    assert_int_equal(l->o.ws.max_frame, 1024 * 1024);
    assert_int_equal(l->o.ws.max_fragments, 9);
    assert_true(l->o.pipe.buffer == (size_t)2 << 30);
    done(l);
}

static void liveness_fills_its_fields(void **state)
{
    (void)state;
    {
        GOOD("--ping-interval", "10", "--no-pong", "--lenient", URL);
        assert_int_equal(l->o.ws.ping_interval_us, 10000000);
        assert_int_equal(l->o.ws.ping_timeout_us, 0);
        assert_true(l->o.ws.no_pong && l->o.ws.lenient);
        done(l);
    }
    {
        GOOD("--ping-timeout", "2", URL);
        assert_int_equal(l->o.ws.ping_interval_us, 25000000);
        assert_int_equal(l->o.ws.ping_timeout_us, 2000000);
        done(l);
    }
}

static void the_last_word_about_compression_counts(void **state)
{
    (void)state;
    {
        GOOD("--compress=client_max_window_bits=10", URL);
        assert_true(l->o.handshake.deflate.enabled);
        assert_int_equal(l->o.handshake.deflate.client_max_window_bits, 10);
        done(l);
    }
    {
        GOOD("--compress", "--no-compress", URL);
        assert_false(l->o.handshake.deflate.enabled);
        done(l);
    }
    {
        GOOD("--no-compress", "--compress", URL);
        assert_true(l->o.handshake.deflate.enabled);
        done(l);
    }
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

static void forms_of_input_are_told_apart(void **state)
{
    static const struct {
        const char *option;
        enum input_form form;
        enum view_binary binary;
    } cases[] = {
        {"--hex", INPUT_HEX, BINARY_HEX},      {"--base64", INPUT_BASE64, BINARY_BASE64},
        {"--whole", INPUT_WHOLE, BINARY_AUTO}, {"--chunk=4k", INPUT_CHUNKS, BINARY_AUTO},
        {"-0", INPUT_NUL, BINARY_AUTO},        {"--null", INPUT_NUL, BINARY_AUTO},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        GOOD(cases[i].option, URL);
        assert_int_equal(l->o.pipe.input, cases[i].form);
        assert_int_equal(l->o.binary, cases[i].binary);
        done(l);
    }
}

static void null_with_whole_concerns_the_output_only(void **state)
{
    (void)state;
    GOOD("--whole", "-0", URL);
    assert_int_equal(l->o.pipe.input, INPUT_WHOLE);
    assert_true(l->o.nul);
    done(l);
}

static void sending_and_receiving_fill_their_fields(void **state)
{
    (void)state;
    GOOD("--on-connect", "hi", "--crlf", "--until", "a|b+", "-1", "--escape", "--no-delimiter",
         URL);
    assert_string_equal(l->o.pipe.on_connect, "hi");
    assert_true(l->o.pipe.crlf && l->o.escape && l->o.no_delimiter);
    assert_string_equal(l->o.pipe.until, "a|b+");
    assert_int_equal(l->o.pipe.count, 1);
    done(l);
    l = parse("--echo", "--chunk", "0", URL, NULL);
    assert_int_equal(l->status, -1);
    done(l);
    l = parse("--echo", URL, NULL);
    assert_true(l->o.pipe.echo);
    done(l);
}

static void views_fill_their_fields(void **state)
{
    (void)state;
    {
        GOOD("-q", "--show-secrets", "--pretty", "--color=never", "--timestamps", URL);
        assert_int_equal(l->o.level, -1);
        assert_true(l->o.show_secrets && l->o.pretty);
        assert_int_equal(l->o.color, WHEN_NEVER);
        assert_int_equal(l->o.stamps, STAMPS_ABS);
        done(l);
    }
    {
        GOOD("--color", "always", "--timestamps=delta", "--json", "--events", "open,close", URL);
        assert_int_equal(l->o.color, WHEN_ALWAYS);
        assert_int_equal(l->o.stamps, STAMPS_DELTA);
        assert_true(l->o.json);
        assert_int_equal(l->o.events, EVENT_BIT(EVENT_OPEN) | EVENT_BIT(EVENT_CLOSE));
        done(l);
    }
}

static void unknown_events_are_named(void **state)
{
    (void)state;
    BAD("--events takes names of events with commas between, and \"opne\" is none", "--json",
        "--events", "close,opne,message", URL);
    BAD("--events takes names of events with commas between, and \"\" is none", "--json",
        "--events=open,", URL);
    BAD("--events takes names of events with commas between, and \"retry\" is none", "--json",
        "--events", "retry", URL);
}

static void serve_takes_an_address(void **state)
{
    static const struct {
        const char *text, *host;
        uint16_t port;
    } cases[] = {
        {"8080", "127.0.0.1", 8080},     {":8080", "127.0.0.1", 8080},
        {"0", "127.0.0.1", 0},           {"0.0.0.0:80", "0.0.0.0", 80},
        {"localhost:1", "localhost", 1}, {"[::1]:65535", "::1", 65535},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        GOOD("serve", cases[i].text);
        assert_int_equal(l->o.mode, MODE_SERVE);
        assert_string_equal(l->o.serve.host, cases[i].host);
        assert_int_equal(l->o.serve.port, cases[i].port);
        done(l);
    }
}

static void serve_options_fill_their_fields(void **state)
{
    (void)state;
    GOOD("--rate", "2.5", "serve", "--cert", "c", "--key", "k", "--allow-origin", "https://a",
         "--allow-origin", "https://b", "-v");
    assert_string_equal(l->o.serve.host, "127.0.0.1");
    assert_int_equal(l->o.serve.port, 9001);
    assert_true(l->o.serve.rate > 2.49 && l->o.serve.rate < 2.51);
    assert_string_equal(l->o.serve.cert, "c");
    assert_string_equal(l->o.serve.key, "k");
    assert_null(l->o.dial.tls.cert);
    assert_int_equal(l->o.serve.origin_count, 2);
    assert_string_equal(l->o.serve.origins[1], "https://b");
    assert_int_equal(l->o.level, 1);
    done(l);
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

static void demo_takes_the_options_of_the_views(void **state)
{
    (void)state;
    GOOD("demo", "-vv", "--pretty");
    assert_int_equal(l->o.mode, MODE_DEMO);
    assert_int_equal(l->o.level, 2);
    done(l);
    BAD("wscope demo takes no argument besides options", "demo", "x");
}

static void help_and_version_win(void **state)
{
    (void)state;
    {
        GOOD("--help", "--for", "abc");
        assert_int_equal(l->o.mode, MODE_HELP);
        done(l);
    }
    {
        GOOD("serve", "--help=all");
        assert_int_equal(l->o.mode, MODE_HELP_ALL);
        done(l);
    }
    {
        GOOD("--version", URL);
        assert_int_equal(l->o.mode, MODE_VERSION);
        done(l);
    }
    BAD("--help takes \"all\" or nothing, not \"me\"", "--help=me");
}

static void unknown_options_get_the_nearest_spelling(void **state)
{
    (void)state;
    BAD("unknown option \"--chunck\"; did you mean \"--chunk\"?", "--chunck", "4k", URL);
    BAD("unknown option \"--verbsoe\"; did you mean \"--verbose\"?", "--verbsoe", URL);
    BAD("unknown option \"--bearrer\"; did you mean \"--bearer\"?", "--bearrer=secret", URL);
    BAD("unknown option \"--xyzzy\"", "--xyzzy", URL);
    BAD("unknown option \"-j\"; did you mean \"--json\"?", "-json", URL);
    BAD("unknown option \"-h\"; did you mean \"--help\"?", "-h");
    BAD("unknown option \"-Z\"", "-vZ", URL);
    BAD("unknown option \"-\\x1b\"", "-\033", URL);
}

static void prefixes_of_long_options_are_not_taken(void **state)
{
    (void)state;
    BAD("unknown option \"--verbos\"; did you mean \"--verbose\"?", "--verbos", URL);
    BAD("unknown option \"--insec\"", "--insec", URL);
}

static void options_of_another_mode_say_so(void **state)
{
    (void)state;
    BAD("--hex is not an option of \"wscope serve\"", "serve", "--hex");
    BAD("-k is not an option of \"wscope demo\"", "demo", "-k");
    BAD("--rate belongs to \"wscope serve\", not to a connection", "--rate", "3", URL);
}

static void missing_values_say_what_is_taken(void **state)
{
    (void)state;
    BAD("-m takes a value, SEC: end the whole run after this (exit 28)", URL, "-m");
    BAD("--events takes a value, LIST: with --json, only these, as open,message,close", URL,
        "--events");
    BAD("--hex takes no value, but \"=\" stands behind it", "--hex=1", URL);
}

static void bad_values_say_what_came_and_what_is_right(void **state)
{
    (void)state;
    BAD("--close-timeout takes seconds (\"0.5\", \"30\"), not \"abc\"", "--close-timeout", "abc",
        URL);
    BAD("-m takes seconds above 0 (\"0.5\", \"30\"), not \"0\"", "-m0", URL);
    BAD("-w takes seconds (\"0.5\", \"30\"), not \"-1\"", "-w", "-1", URL);
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
    BAD("\"@-\" reads all of stdin as one message, and -n says otherwise", "-n", "-e", "@-", URL);
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
    BAD("there is more than one URL: one connection at a time", URL, "ws://secret:x@h/");
}

static void a_single_word_is_not_taken_for_a_host(void **state)
{
    struct line *l = parse("srve", NULL);

    (void)state;
    assert_string_equal(l->e.text, "\"srve\" is neither a URL nor a command");
    assert_non_null(strstr(l->e.hint, "\"serve\" and \"demo\""));
    done(l);
    BAD("\"compare\" is neither a URL nor a command", "compare", URL);
    l = parse("localhost", NULL);
    assert_int_equal(l->status, 0);
    assert_int_equal(l->o.url.scheme, URL_WS);
    done(l);
    l = parse("host/path", NULL);
    assert_int_equal(l->status, 0);
    done(l);
}

/* The two lines below a sentence, for a mistake at byte `at` of the URL. */
static void check_point(const char *url, long at, const char *expected)
{
    struct line *l = parse(url, NULL);
    struct buf out;

    assert_int_equal(l->status, -1);
    assert_int_equal(l->e.at, at);
    buf_init(&out, 4096);
    assert_int_equal(options_point(&out, &l->o, &l->e), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_string_equal((const char *)buf_data(&out), expected);
    buf_clear(&out);
    done(l);
}

static void the_caret_stands_below_the_mistake(void **state)
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

static void passwords_are_stars_above_the_caret(void **state)
{
    (void)state;
    check_point("ws://me:pw@h/?api_key=k1&a=1#b", 28,
                "  ws://me:**@h/?api_key=**&a=1#b\n"
                "                              ^\n");
    check_point("ws://me:p#w@h/", 9,
                "  ws://me:***@h/\n"
                "           ^\n");
    check_point("ws://tok@h/#", 11,
                "  ws://***@h/#\n"
                "             ^\n");
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

static void version_names_the_libraries(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    assert_int_equal(options_version(&out), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    assert_int_equal(strncmp((const char *)buf_data(&out), "wscope ", 7), 0);
    assert_non_null(strstr((const char *)buf_data(&out), "\nOpenSSL "));
    assert_non_null(strstr((const char *)buf_data(&out), "\nlibuv "));
    assert_non_null(strstr((const char *)buf_data(&out), "\nzlib "));
    buf_clear(&out);
}

static void parse_once(struct line *l)
{
    static char *const argv[] = {"wscope",
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

    l->argc = (int)(sizeof argv / sizeof argv[0]);
    for (int i = 0, used = 0; i < l->argc; i++) {
        l->argv[i] = l->text + used;
        used += snprintf(l->text + used, sizeof l->text - (size_t)used, "%s", argv[i]) + 1;
    }
    l->status = options_parse(&l->o, l->argc, l->argv, &l->e);
    options_clear(&l->o);
}

static void running_out_of_memory_is_an_error_and_leaks_nothing(void **state)
{
    struct line *l = calloc(1, sizeof *l);
    unsigned long runs = 0;

    (void)state;
    assert_non_null(l);
    ALLOC_EACH({
        parse_once(l);
        runs++;
        assert_true(l->status == 0 || l->e.text[0] != '\0');
    });
    assert_int_equal(l->status, 0);
    assert_true(runs > 10);
    free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_manual),
        cmocka_unit_test(values_may_be_attached_or_follow),
        cmocka_unit_test(letters_bundle_and_the_last_may_take_a_value),
        cmocka_unit_test(verbosity_stops_at_three),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(a_value_may_look_like_an_option),
        cmocka_unit_test(identity_options_fill_the_handshake),
        cmocka_unit_test(user_becomes_basic_credentials),
        cmocka_unit_test(userinfo_becomes_basic_credentials_unless_an_option_says_otherwise),
        cmocka_unit_test(a_password_that_breaks_the_url_is_not_shown),
        cmocka_unit_test(headers_are_kept_in_order),
        cmocka_unit_test(headers_come_from_a_file),
        cmocka_unit_test(a_bad_header_is_named_by_its_option_and_line_and_never_shown),
        cmocka_unit_test(secrets_come_from_files_without_the_last_line_break),
        cmocka_unit_test(secrets_come_from_the_environment),
        cmocka_unit_test(bad_secrets_are_told_without_being_shown),
        cmocka_unit_test(a_huge_file_is_taken_for_a_mistake),
        cmocka_unit_test(secrets_in_argv_are_overwritten),
        cmocka_unit_test(where_a_secret_lies_is_not_overwritten),
        cmocka_unit_test(secrets_are_overwritten_when_parsing_fails_too),
        cmocka_unit_test(tls_options_fill_their_fields),
        cmocka_unit_test(pins_are_checked),
        cmocka_unit_test(resolve_is_split),
        cmocka_unit_test(bad_resolve_is_refused),
        cmocka_unit_test(the_way_to_the_server_can_be_chosen),
        cmocka_unit_test(limits_fill_their_fields),
        cmocka_unit_test(liveness_fills_its_fields),
        cmocka_unit_test(the_last_word_about_compression_counts),
        cmocka_unit_test(bad_compression_parameters_are_pointed_at),
        cmocka_unit_test(forms_of_input_are_told_apart),
        cmocka_unit_test(null_with_whole_concerns_the_output_only),
        cmocka_unit_test(sending_and_receiving_fill_their_fields),
        cmocka_unit_test(views_fill_their_fields),
        cmocka_unit_test(unknown_events_are_named),
        cmocka_unit_test(serve_takes_an_address),
        cmocka_unit_test(serve_options_fill_their_fields),
        cmocka_unit_test(bad_serve_addresses_are_refused),
        cmocka_unit_test(demo_takes_the_options_of_the_views),
        cmocka_unit_test(help_and_version_win),
        cmocka_unit_test(unknown_options_get_the_nearest_spelling),
        cmocka_unit_test(prefixes_of_long_options_are_not_taken),
        cmocka_unit_test(options_of_another_mode_say_so),
        cmocka_unit_test(missing_values_say_what_is_taken),
        cmocka_unit_test(bad_values_say_what_came_and_what_is_right),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(stdin_is_read_by_one_option_only),
        cmocka_unit_test(a_url_is_needed_and_one_is_enough),
        cmocka_unit_test(a_single_word_is_not_taken_for_a_host),
        cmocka_unit_test(the_caret_stands_below_the_mistake),
        cmocka_unit_test(passwords_are_stars_above_the_caret),
        cmocka_unit_test(long_urls_are_cut_around_the_caret),
        cmocka_unit_test(nothing_is_pointed_at_without_a_place),
        cmocka_unit_test(version_names_the_libraries),
        cmocka_unit_test(running_out_of_memory_is_an_error_and_leaks_nothing),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
