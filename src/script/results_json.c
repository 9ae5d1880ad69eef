/* The results as JSON, an object a line: one a test, then the summary. */
#include <errno.h>
#include <stdlib.h>

#include "script/diagnosis.h"
#include "script/results.h"
#include "sink/json_hide.h"
#include "sink/json_tree.h"

#define SCHEMA_VERSION 1

struct results_json {
    struct reporter reporter;
    struct out *out;
    uint64_t number;  /* of the last test reported */
    int64_t began_us; /* wall clock */
};

/* The line is whole: print it, or remember that it is missing. */
static void put(struct results_json *j, struct json_tree *t)
{
    struct buf line, safe;

    buf_init(&line, SIZE_MAX);
    buf_init(&safe, SIZE_MAX);
    if (tree_end(t, &line) == 0 && json_hide(&safe, buf_slice(&line)) == 0 &&
        buf_append(&safe, "\n", 1) == 0)
        out_put(j->out, buf_data(&safe), safe.len);
    else if (!j->out->error)
        j->out->error = ENOMEM; /* a test that is missing must not go unnoticed */
    buf_clear(&safe);
    buf_clear(&line);
}

/* Returns the line's object. */
/* began_us, time_us: wall clock; a clock that was set back does not make `at` negative. */
static cJSON *begin_line(struct json_tree *t, int64_t began_us, int64_t time_us, const char *event)
{
    tree_init(t);
    tree_u64(t, t->root, "v", SCHEMA_VERSION);
    tree_time(t, t->root, "time", time_us);
    tree_seconds(t, t->root, "at", time_us > began_us ? (uint64_t)(time_us - began_us) : 0);
    tree_string(t, t->root, "event", event);
    return t->root;
}

/* Text of the script, which may contain bytes that are not UTF-8. */
static void script_text(struct json_tree *t, cJSON *to, const char *key, const char *text)
{
    tree_latin1(t, to, key, slice_str(text));
}

static void script_text_if(struct json_tree *t, cJSON *to, const char *key, const char *text)
{
    if (text && *text)
        script_text(t, to, key, text);
}

static void write_place(struct json_tree *t, cJSON *to, const struct result_place *place)
{
    script_text(t, to, "file", place->file);
    tree_u64(t, to, "line", place->line);
    if (place->column)
        tree_u64(t, to, "column", place->column);
}

static void write_seen(struct json_tree *t, cJSON *to, const struct result_seen *seen)
{
    bool cut;
    struct slice data = diagnosis_data(seen, &cut);

    to = tree_object(t, to, NULL);
    tree_seconds(t, to, "at", seen->at_us);
    script_text_if(t, to, "conn", seen->conn);
    tree_string(t, to, "kind", seen->kind);
    if (seen->code)
        tree_i64(t, to, "code", seen->code);
    tree_u64(t, to, "length", seen->length);
    if (strcmp(seen->kind, "binary") == 0)
        tree_base64(t, to, "base64", data);
    else
        tree_payload(t, to, "text", data);
    if (cut)
        tree_bool(t, to, "cut", true);
    if (seen->verdict && *seen->verdict)
        tree_latin1(t, to, "because", slice_str(seen->verdict));
}

static void write_conn(struct json_tree *t, cJSON *to, const struct result_conn *conn)
{
    to = tree_object(t, to, NULL);
    script_text_if(t, to, "conn", conn->conn);
    script_text(t, to, "url", conn->url);
    tree_string(t, to, "state", conn->closed ? "closed" : conn->opened ? "open" : "not open");
    if (conn->closed) {
        tree_string(t, to, "by", conn->by);
        tree_string(t, to, "how", conn->how);
        tree_u64(t, to, "code", conn->code);
        tree_latin1(t, to, "reason", conn->reason);
    }
    tree_u64(t, to, "messages_in", conn->messages_in);
    tree_u64(t, to, "messages_out", conn->messages_out);
}

static void write_failure(struct json_tree *t, cJSON *to, const struct result_failure *f)
{
    cJSON *came, *conns;

    to = tree_object(t, to, "failure");
    write_place(t, to, &f->place);
    tree_latin1(t, to, "message", slice_str(f->message));
    script_text_if(t, to, "source", f->source);
    script_text_if(t, to, "expected", f->expected);
    script_text_if(t, to, "hint", f->hint);
    tree_ms(t, to, "waited_ms", f->waited_us);
    if (f->within_us)
        tree_ms(t, to, "within_ms", f->within_us);
    tree_u64(t, to, "came_before", f->seen_before);
    came = tree_array(t, to, "came");
    for (size_t i = 0; i < f->seen_count; i++)
        write_seen(t, came, &f->seen[i]);
    conns = tree_array(t, to, "connections");
    for (size_t i = 0; i < f->conn_count; i++)
        write_conn(t, conns, &f->conns[i]);
    script_text_if(t, to, "transcript", f->transcript);
}

static const char *status_name(const struct result *r)
{
    static const char *const names[] = {
        [RESULT_PASSED] = "passed", [RESULT_FAILED] = "failed", [RESULT_SKIPPED] = "skipped"};

    return names[r->status];
}

static void results_begin(struct reporter *reporter, uint64_t tests, uint64_t files,
                          int64_t time_us)
{
    struct results_json *j = (struct results_json *)reporter;
    struct json_tree t;
    cJSON *to;

    j->began_us = time_us;
    to = begin_line(&t, j->began_us, time_us, "plan");
    tree_u64(&t, to, "tests", tests);
    tree_u64(&t, to, "files", files);
    put(j, &t);
}

static void results_test(struct reporter *reporter, const struct result *r)
{
    struct results_json *j = (struct results_json *)reporter;
    struct json_tree t;
    cJSON *to;

    to = begin_line(&t, j->began_us, r->time_us, "test");
    tree_u64(&t, to, "number", ++j->number);
    write_place(&t, to, &r->place);
    script_text(&t, to, "name", r->name);
    tree_string(&t, to, "status", status_name(r));
    tree_bool(&t, to, "todo", r->todo);
    script_text_if(&t, to, "reason", r->reason);
    tree_ms(&t, to, "ms", r->us);
    tree_u64(&t, to, "expectations", r->expectations);
    if (r->failure)
        write_failure(&t, to, r->failure);
    put(j, &t);
}

static void results_end(struct reporter *reporter, const struct results_total *total,
                        const char *bail)
{
    struct results_json *j = (struct results_json *)reporter;
    struct json_tree t;
    cJSON *to;

    to = begin_line(&t, j->began_us, j->began_us + (int64_t)total->us, "summary");
    tree_u64(&t, to, "tests", total->passed + total->failed + total->skipped + total->todo);
    tree_u64(&t, to, "passed", total->passed);
    tree_u64(&t, to, "failed", total->failed);
    tree_u64(&t, to, "skipped", total->skipped);
    tree_u64(&t, to, "todo", total->todo);
    tree_ms(&t, to, "ms", total->us);
    if (bail)
        tree_latin1(&t, to, "bail", slice_str(bail));
    put(j, &t);
}

static void results_free(struct reporter *reporter)
{
    free(reporter);
}

struct reporter *results_json_new(struct out *out)
{
    struct results_json *j = calloc(1, sizeof *j);

    if (!j)
        return NULL;
    j->reporter = (struct reporter){results_begin, results_test, results_end, results_free};
    j->out = out;
    return &j->reporter;
}
