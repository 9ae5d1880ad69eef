#include "sink/probe/probe_json.h"

#include "sink/json_tree.h"

/* Print the tree as a line, and free it. */
static int finish(struct json_tree *t, struct buf *out)
{
    return tree_end(t, out) < 0 ? -1 : buf_append(out, "\n", 1);
}

/* Texts may quote a peer. */
static void put_text(struct json_tree *t, const char *key, const char *text)
{
    if (text[0])
        tree_latin1(t, t->root, key, slice_str(text));
    else
        tree_null(t, t->root, key);
}

static void put_evidence(struct json_tree *t, const char *text)
{
    cJSON *list = tree_array(t, t->root, "evidence");

    while (*text) {
        size_t len = strcspn(text, "\n");

        tree_latin1(t, list, NULL, slice_make((const uint8_t *)text, len));
        text += len + (text[len] != '\0');
    }
}

int probe_json_check(struct buf *out, const struct probe_check *check, int64_t time_us)
{
    struct json_tree t;

    tree_init(&t);
    tree_string(&t, t.root, "event", "check");
    tree_time(&t, t.root, "time", time_us);
    tree_string(&t, t.root, "stage", probe_stage_name(check->stage));
    tree_string(&t, t.root, "status", probe_status_name(check->status));
    put_text(&t, "message", check->message);
    put_text(&t, "advice", check->advice);
    if (check->status == PROBE_FAIL)
        tree_u64(&t, t.root, "code", check->code);
    put_evidence(&t, check->evidence);
    return finish(&t, out);
}

static void put_ms(struct json_tree *t, const char *key, uint64_t us)
{
    if (us)
        tree_ms(t, t->root, key, us);
    else
        tree_null(t, t->root, key);
}

int probe_json_verdict(struct buf *out, const struct probe_verdict *verdict,
                       const struct probe_report *r, enum exit_code exit, int64_t time_us)
{
    const struct probe_figures *f = &r->figures;
    struct json_tree t;

    tree_init(&t);
    tree_string(&t, t.root, "event", "verdict");
    tree_time(&t, t.root, "time", time_us);
    tree_string(&t, t.root, "status", probe_status_name(verdict->status));
    put_text(&t, "text", verdict->text);
    tree_u64(&t, t.root, "warnings", probe_count(r, PROBE_WARN));
    tree_u64(&t, t.root, "failures", probe_count(r, PROBE_FAIL));
    put_ms(&t, "open_ms", f->open_us);
    put_ms(&t, "rtt_ms", f->rtt_us);
    put_ms(&t, "tcp_rtt_ms", f->tcp_rtt_us);
    if (f->slow_kept)
        tree_u64(&t, t.root, "slow_kept_bytes", f->slow_kept);
    else
        tree_null(&t, t.root, "slow_kept_bytes");
    put_ms(&t, "slow_cut_ms", f->slow_cut_us);
    put_ms(&t, "duration_ms", f->duration_us);
    tree_u64(&t, t.root, "exit", exit);
    return finish(&t, out);
}
