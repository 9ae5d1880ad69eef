/*
 * script_private: shared only by the files of wscope run.
 *
 *   script.c         the run: files, server, reporters, signals
 *   script_load.c    the scripts read, and what they ask of the options
 *   script_job.c     one file after the other, each test of it, its result
 *   script_step.c    the lines of a test
 *   script_values.c  lines that only know and remember: variables, settings, captures
 *   script_secrets.c what comes from the environment stays hidden
 *   script_wait.c    expectations that wait, and what becomes of them
 *   script_fail.c    the report of a test that failed
 *   script_proxy.c   a proxy of a test
 *   script_conn.c    a connection of a test
 *   script_progress.c  the line on the terminal
 */
#ifndef VERB_RUN_SCRIPT_PRIVATE_H
#define VERB_RUN_SCRIPT_PRIVATE_H

#include "app/app.h"
#include "app/fault_rig.h"
#include "app/target.h"
#include "base/arena.h"
#include "base/mask.h"
#include "cli/connection.h"
#include "cli/table.h"
#include "command/command.h"
#include "event/bus.h"
#include "script/expect/expect.h"
#include "script/results.h"
#include "script/script.h"
#include "serve/server.h"
#include "verb/run/script.h"

/* --max-message where none is given: a message an expectation looks at is held whole. */
#define SCRIPT_MAX_MESSAGE (64ull * 1024 * 1024)
/* What may wait for expectations on one connection; beyond it, reading stops. */
#define SCRIPT_INBOX_COUNT 10000
#define SCRIPT_INBOX_BYTES ((size_t)64 * 1024 * 1024)
/* How long a peer may take to answer the Close at the end of a test. */
#define SCRIPT_CLOSE_US 1000000
#define SCRIPT_SEEN     20  /* events received instead, reported in a failure */
#define SCRIPT_SHOWN    512 /* bytes of each */

struct script_run;
struct script_job;
struct script_proxy;
struct test_run;

struct variable {
    struct variable *next;
    const char *name;
    char *value; /* by itself: it may change often */
};

/* url, header, option: for the connections that are made from then on. */
struct setting_made {
    struct setting_made *next;
    enum statement_kind kind;
    const char *conn; /* "": all */
    const char *text;
};

struct script_conn {
    struct sink watch; /* fills the inbox */
    struct script_conn *next;
    struct test_run *test;
    const char *name;
    struct bus bus;
    struct inbox inbox;
    struct commands commands;
    uv_timer_t alarm;
    struct connection *options; /* of the session */
    struct session_config config;
    struct session *session;
    struct script_faults *faults;
    char url[512];       /* to be shown */
    const char *opening; /* how far that has come, for a sentence */
    bool opened, closed;
    enum close_by by;
    enum close_how how;
    uint16_t code;
    char reason[128];
    size_t reason_len;
    bool judged; /* what became of the opening was expected */
    bool reopen; /* once it has ended */
    struct out transcript;
    int transcript_fd;           /* -1: none */
    const char *transcript_path; /* or NULL */
};

struct seen_made {
    struct result_seen shown;
    char data[SCRIPT_SHOWN];
    char verdict[EXPECT_WHY];
};

enum test_phase { TEST_SETTINGS, TEST_SETUP, TEST_BODY, TEST_SETTLE, TEST_TEARDOWN, TEST_CLOSING };

struct test_block {
    const struct statement *next;
    const struct statement *repeat; /* NULL: the outermost lines */
    uint64_t round, rounds;
    char round_text[24];
};

struct test_run {
    struct script_job *job;
    const struct script_test *test;
    struct arena memory; /* until the test is over */
    struct arena line;   /* until the line is */
    struct variable *variables;
    struct mask secrets; /* values of the environment that were used */
    bool secrets_lost;   /* memory ran out: nothing of what came may be shown */
    struct setting_made *settings, **last_setting;
    struct script_conn *conns;
    struct script_proxy *proxies;
    enum test_phase phase;
    struct test_block blocks[SCRIPT_BLOCK_MAX + 1];
    unsigned depth;
    uint64_t timeout_us;
    int64_t began_wall_us;
    uint64_t began_us; /* clock_mono_us */
    uint64_t expectations;

    /* the line that waits, or NULL */
    const struct statement *waiting;
    uint64_t wait_since_us, wait_until_us;
    size_t wait_pending; /* what was left to be sent when last looked at */
    bool wait_ran;       /* the line's command has been run, and is not yet at its end */
    struct expect *expects;
    struct expect_wait *waits;
    const struct statement **wait_lines;
    uint64_t *wait_limits;
    size_t wait_count;
    struct seen_made *seen;
    uint64_t seen_count;

    bool failed;
    struct result_failure failure;
};

struct script_job {
    struct script_run *run;
    uv_timer_t kick, timer; /* go on soon; at the time */
    bool active;
    const struct script *script;
    const struct script_test *next; /* of the script */
    struct test_run *test;          /* NULL: between two */
};

struct script_run {
    struct app *app;
    const struct run_options *own;
    struct bus silent; /* of the server */
    struct server *server;
    bool server_gone;
    char base[512]; /* the URL of --against, "" without it */
    struct script *scripts;
    size_t script_count, next_script;
    struct script_job *jobs;
    size_t job_count;
    struct out out, junit_out;
    int junit_fd;
    struct reporter *reporters[2];
    size_t reporter_count;
    struct results_total total;
    uint64_t test_count, reported;
    bool stopping; /* no further test is begun */
    bool finished;
    bool progress;
    const char *bail;
    int code; /* -1: the tests decide */
};

/* script_load.c: all scripts, or what is wrong with them on stderr and -1. */
int script_load(struct script_run *run);
/* Options for a connection to url, with the settings that hold for it. NULL with *e. */
struct connection *script_options(struct script_run *run, const struct setting_made *settings,
                                  const char *conn, const char *url, struct err *e);
/* The value of --var NAME, or of "server"; NULL. */
const char *script_variable(struct script_run *run, const char *name);

/* script_job.c */
void job_start(struct script_job *job);
void job_kick(struct script_job *job);
/* Wake up at the time. */
void test_alarm(struct test_run *t, uint64_t at_us);
/* The test is over: report it, and begin the next. */
void test_over(struct test_run *t);
/* Nothing more is run, because of `why`: the test that is being run has failed, connections are
 * dropped. */
void job_abort(struct script_job *job, const char *why);
/* All jobs are at their end. script.c */
void script_job_idle(struct script_run *run);
/* A test has a result. script.c */
void script_report(struct script_run *run, const struct result *result);

enum line_done { LINE_DONE, LINE_WAITS, LINE_FAILED };

/* script_step.c: go on as far as can be. */
void test_step(struct test_run *t);
/* The line waits, for at most `us` since it began to. False: the time is over. */
bool test_wait_until(struct test_run *t, const struct statement *st, uint64_t us);
/* The URL that a line leads to, in the line's memory: `given`, relative to that of --against; or,
 * if it is empty, the last `url` that applies. NULL: memory. */
char *test_url(struct test_run *t, const struct statement *st, const char *given);
/* The line has failed with an error that is worded for the prompt. LINE_FAILED. */
enum line_done test_fail_with(struct test_run *t, const struct statement *st, struct err *e);

/* script_values.c */
enum line_done line_setting(struct test_run *t, const struct statement *st);
enum line_done line_set(struct test_run *t, const struct statement *st);
enum line_done line_capture(struct test_run *t, const struct statement *st);
/* Set a variable. */
enum line_done test_define(struct test_run *t, const struct statement *st, const char *name,
                           struct slice value);
void variables_clear(struct test_run *t);
/* Fill in variables; it lasts as long as the line. NULL: the test has failed. */
char *test_fill(struct test_run *t, const struct statement *st, const char *text);
/* The same for all the arguments of a line, followed by its here-text. */
char *line_arguments(struct test_run *t, const struct statement *st);

/* script_secrets.c */
/* A variable of the environment, which is hidden from then on; NULL: it is not set. */
const char *secret_env(struct test_run *t, const char *name);
/* The text as it may be shown, in the test's memory. cut: it is the beginning of a longer one. */
struct slice secret_hide(struct test_run *t, struct slice text, bool cut);
/* The same for all of a file. -1: it could not be done, and the file is as it was. */
int secret_hide_file(struct test_run *t, const char *path);

/* script_wait.c */
int wait_begin(struct test_run *t, const struct statement *st);
/* The lines that wait have failed, because of this. */
void wait_fail(struct test_run *t, const char *why);
/* True when the line is over, matched or failed. */
bool wait_look(struct test_run *t);
void wait_end(struct test_run *t);

/* script_fail.c */
/* Something came while a line waits, and was not what it waits for. */
void test_seen(struct test_run *t, const struct script_conn *c, const struct came *came,
               const char *why);
/* The test has failed in this line. */
void test_fail(struct test_run *t, const struct statement *st, const char *expected,
               const char *hint, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* script_conn.c */
struct script_conn *conn_find(const struct test_run *t, const char *name);
/* Made if it is not there. NULL with *e: memory, or its transcript can't be written. */
struct script_conn *conn_get(struct test_run *t, const char *name, struct err *e);
/* -1 with *e. */
int conn_connect(struct script_conn *c, const char *url, struct err *e);
/* What is waited for where it is not open. */
const char *conn_opening(const struct script_conn *c);
bool conn_open(const struct script_conn *c);
/* No connection, and no further attempt. */
bool conn_over(const struct script_conn *c);
/* An end after which something was to follow. */
void conn_reopen(struct script_conn *c);
void conn_pause(struct script_conn *c);
/* What its end looked like, as part of a sentence. */
void conn_tell_end(const struct script_conn *c, char *text, size_t size);
/* keep: its transcript too. */
void conn_free(struct script_conn *c, bool keep);

/* script_proxy.c */
enum line_done line_proxy(struct test_run *t, const struct statement *st);
/* Where the returns of a running proxy's clients arrive; NULL: there is none of that name. */
struct inbox *proxy_inbox(const struct test_run *t, const char *name);
/* The proxy of an inbox; NULL: it is a connection's. */
struct script_proxy *proxy_of(const struct test_run *t, const struct inbox *in);
/* Does its report satisfy the list? If not, `why` is the first reason. */
bool proxy_report_fits(const struct script_proxy *p, const char *list, char why[EXPECT_WHY]);
/* Why no client has returned. */
void proxy_tell_away(const struct script_proxy *p, char why[EXPECT_WHY]);
void proxies_free(struct test_run *t);
/* What follows "proxy" and "expect report", before anything is run. against: a URL may begin with a
 * slash. -1 with *e, whose `at` is an offset in the text. */
int proxy_check(const char *text, bool against, struct err *e);
int proxy_check_report(const char *list, struct err *e);

/* script_progress.c */
void progress_show(struct script_run *run, const char *name);
void progress_clear(struct script_run *run);

#endif
