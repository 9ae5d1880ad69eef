/* The results as JSON, an object a line: one a test, then the summary. */
#include <errno.h>
#include <stdlib.h>

#include "base/json_write.h"
#include "base/utf8.h"
#include "sink/diagnosis.h"
#include "sink/json_hide.h"
#include "sink/results.h"

#define SCHEMA_VERSION 1

struct results_json {
    struct reporter reporter;
    struct out *out;
    uint64_t number;  /* of the last test told */
    int64_t began_us; /* wall clock */
};

static void put(struct results_json *j, struct buf *line, const struct json_write *w)
{
    struct buf safe;

    buf_init(&safe, SIZE_MAX);
    if (!w->failed && json_hide(&safe, buf_slice(line)) == 0 && buf_append(&safe, "\n", 1) == 0)
        out_put(j->out, buf_data(&safe), safe.len);
    else if (!j->out->error)
        j->out->error = ENOMEM; /* a test that is missing must not go unnoticed */
    buf_clear(&safe);
    buf_clear(line);
}

static void begin_line(struct json_write *w, struct buf *line, int64_t time_us, const char *event)
{
    buf_init(line, SIZE_MAX);
    json_write_init(w, line);
    json_object_open(w, NULL);
    json_u64(w, "v", SCHEMA_VERSION);
    json_time(w, "time", time_us);
    json_string(w, "event", event);
}

/* What the script says, which may hold bytes that are no UTF-8. */
static void script_text(struct json_write *w, const char *key, const char *text)
{
    json_latin1(w, key, slice_str(text));
}

static void script_text_if(struct json_write *w, const char *key, const char *text)
{
    if (text && *text)
        script_text(w, key, text);
}

static void write_place(struct json_write *w, const struct result_place *place)
{
    script_text(w, "file", place->file);
    json_u64(w, "line", place->line);
    if (place->column)
        json_u64(w, "column", place->column);
}

static void write_seen(struct json_write *w, const struct result_seen *seen)
{
    bool cut;
    struct slice data = diagnosis_data(seen, &cut);

    json_object_open(w, NULL);
    json_seconds(w, "at", seen->at_us);
    script_text_if(w, "conn", seen->conn);
    json_string(w, "kind", seen->kind);
    if (seen->code)
        json_i64(w, "code", seen->code);
    json_u64(w, "length", seen->length);
    if (strcmp(seen->kind, "binary") == 0)
        json_base64(w, "base64", data);
    else
        json_payload(w, "text", data);
    if (cut)
        json_bool(w, "cut", true);
    if (seen->verdict && *seen->verdict)
        json_latin1(w, "because", slice_str(seen->verdict));
    json_object_close(w);
}

static void write_conn(struct json_write *w, const struct result_conn *conn)
{
    json_object_open(w, NULL);
    script_text_if(w, "conn", conn->conn);
    script_text(w, "url", conn->url);
    json_string(w, "state", conn->closed ? "closed" : conn->opened ? "open" : "not open");
    if (conn->closed) {
        json_string(w, "by", conn->by);
        json_string(w, "how", conn->how);
        json_u64(w, "code", conn->code);
        json_latin1(w, "reason", conn->reason);
    }
    json_u64(w, "messages_in", conn->messages_in);
    json_u64(w, "messages_out", conn->messages_out);
    json_object_close(w);
}

static void write_failure(struct json_write *w, const struct result_failure *f)
{
    json_object_open(w, "failure");
    write_place(w, &f->place);
    json_latin1(w, "message", slice_str(f->message));
    script_text_if(w, "source", f->source);
    script_text_if(w, "expected", f->expected);
    script_text_if(w, "hint", f->hint);
    json_ms(w, "waited_ms", f->waited_us);
    if (f->within_us)
        json_ms(w, "within_ms", f->within_us);
    json_u64(w, "came_before", f->seen_before);
    json_array_open(w, "came");
    for (size_t i = 0; i < f->seen_count; i++)
        write_seen(w, &f->seen[i]);
    json_array_close(w);
    json_array_open(w, "connections");
    for (size_t i = 0; i < f->conn_count; i++)
        write_conn(w, &f->conns[i]);
    json_array_close(w);
    script_text_if(w, "transcript", f->transcript);
    json_object_close(w);
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
    struct json_write w;
    struct buf line;

    j->began_us = time_us;
    begin_line(&w, &line, time_us, "plan");
    json_u64(&w, "tests", tests);
    json_u64(&w, "files", files);
    json_object_close(&w);
    put(j, &line, &w);
}

static void results_test(struct reporter *reporter, const struct result *r)
{
    struct results_json *j = (struct results_json *)reporter;
    struct json_write w;
    struct buf line;

    begin_line(&w, &line, r->time_us, "test");
    json_u64(&w, "number", ++j->number);
    write_place(&w, &r->place);
    script_text(&w, "name", r->name);
    json_string(&w, "status", status_name(r));
    json_bool(&w, "todo", r->todo);
    script_text_if(&w, "reason", r->reason);
    json_ms(&w, "ms", r->us);
    json_u64(&w, "expectations", r->expectations);
    if (r->failure)
        write_failure(&w, r->failure);
    json_object_close(&w);
    put(j, &line, &w);
}

static void results_end(struct reporter *reporter, const struct results_total *total,
                        const char *bail)
{
    struct results_json *j = (struct results_json *)reporter;
    struct json_write w;
    struct buf line;

    begin_line(&w, &line, j->began_us + (int64_t)total->us, "summary");
    json_u64(&w, "tests", total->passed + total->failed + total->skipped + total->todo);
    json_u64(&w, "passed", total->passed);
    json_u64(&w, "failed", total->failed);
    json_u64(&w, "skipped", total->skipped);
    json_u64(&w, "todo", total->todo);
    json_ms(&w, "ms", total->us);
    if (bail)
        json_latin1(&w, "bail", slice_str(bail));
    json_object_close(&w);
    put(j, &line, &w);
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
