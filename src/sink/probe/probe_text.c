#include "sink/probe/probe_text.h"

#include "sink/prose.h"

/* Columns of the status and of the stage's name. */
#define STATUS 6
#define STAGE  13
/* With fewer columns the message is below them. */
#define NARROW 60

static const char *color_of(const struct view_config *view, enum probe_status status)
{
    static const char *const colors[] = {"\033[32m", "\033[36m", "\033[1;33m", "\033[1;31m"};

    return view->color ? colors[status] : "";
}

static void put_head(struct prose *p, const struct probe_check *check,
                     const struct view_config *view)
{
    const char *status = probe_status_name(check->status);
    const char *stage = probe_stage_name(check->stage);

    prose_put(p, color_of(view, check->status));
    prose_put(p, status);
    prose_put(p, view->color ? "\033[0m" : "");
    prose_blanks(p, STATUS - (int)strlen(status));
    prose_put(p, stage);
    if (p->width >= NARROW) {
        prose_blanks(p, STAGE - (int)strlen(stage));
    } else {
        prose_put(p, "\n");
        prose_blanks(p, 2);
    }
}

static void put_evidence(struct prose *p, const char *text, int indent,
                         const struct view_config *view)
{
    while (*text) {
        size_t len = strcspn(text, "\n");

        prose_blanks(p, indent);
        prose_put(p, view->color ? "\033[2m" : "");
        prose_put(p, "| ");
        prose_wrap_safe(p, slice_make((const uint8_t *)text, len), indent + 2, indent + 2);
        prose_put(p, view->color ? "\033[0m" : "");
        text += len + (text[len] != '\0');
    }
}

int probe_text_check(struct buf *out, const struct probe_check *check,
                     const struct view_config *view)
{
    struct prose p = prose_begin(out, view);
    int indent = p.width >= NARROW ? STATUS + STAGE : 2;
    int arrow = view->utf8 ? 2 : 3;

    put_head(&p, check, view);
    prose_wrap_safe(&p, slice_str(check->message), indent, indent);
    if (check->advice[0]) {
        prose_blanks(&p, indent);
        prose_put(&p, view->utf8 ? "→ " : "-> ");
        prose_wrap_safe(&p, slice_str(check->advice), indent + arrow, indent + arrow);
    }
    if (view->level >= 1)
        put_evidence(&p, check->evidence, indent, view);
    return p.failed ? -1 : 0;
}

int probe_text_verdict(struct buf *out, const struct probe_verdict *verdict,
                       const struct view_config *view, bool apart)
{
    struct prose p = prose_begin(out, view);

    prose_put(&p, apart ? "\n" : "");
    prose_put(&p, color_of(view, verdict->status));
    prose_wrap_safe(&p, slice_str(verdict->text), 0, 0);
    prose_put(&p, view->color ? "\033[0m" : "");
    return p.failed ? -1 : 0;
}
