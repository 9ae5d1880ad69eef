/*
 * editor: how the user types lines while events arrive. Two kinds: with line editing (lineedit),
 * and without any movement of the cursor (lineplain), for screen readers and simple terminals.
 *
 * Reading a line runs the loop; its output is printed through the editor, which keeps it separate
 * from the line.
 */
#ifndef TERM_EDITOR_H
#define TERM_EDITOR_H

#include <uv.h>

#include "base/buf.h"
#include "term/history.h"

enum editor_turn {
    EDITOR_WAIT,  /* sleep until something happens */
    EDITOR_AGAIN, /* there is more to do: call again soon */
    EDITOR_LEAVE  /* stop reading lines */
};

/* What Tab finds: see editor_hooks. */
struct editor_completion {
    size_t back;         /* bytes before the cursor that `insert` takes the place of */
    struct buf *insert;  /* UTF-8 */
    struct buf *choices; /* a line of text for the user if there are several, else empty */
};

struct editor_hooks {
    /* Between two turns of the loop: print, change the prompt; decide whether to go on. */
    enum editor_turn (*turn)(void *ctx);
    /* The prompt as it should be now; UTF-8, one line, borrowed until the next call. */
    const char *(*prompt)(void *ctx);
    /* Tab was pressed after `before`. */
    void (*complete)(void *ctx, struct slice before, struct editor_completion *found);
    /* ^C where nothing was typed. */
    void (*interrupted)(void *ctx);
    void *ctx;
};

enum editor_read {
    EDITOR_LINE, /* a line */
    EDITOR_EDIT, /* a line, which is to be edited elsewhere: ^X^E */
    EDITOR_END,  /* ^D where nothing was typed, or the terminal is gone */
    EDITOR_LEFT  /* the hook requested it */
};

struct editor;

struct editor_ops {
    enum editor_read (*read)(struct editor *ed, struct buf *line);
    void (*print)(struct editor *ed, struct slice text);
    void (*interrupt)(struct editor *ed);
    void (*suspend)(struct editor *ed, bool stop);
    void (*status)(struct editor *ed, struct slice text); /* NULL: it shows none */
    void (*lend)(struct editor *ed, bool lent);
    void (*free)(struct editor *ed);
};

struct editor {
    const struct editor_ops *ops;
    struct editor_hooks hooks;
    uv_loop_t *loop;
};

/* NULL: memory, or the terminal can't be used that way. history is borrowed. */
struct editor *lineedit_new(uv_loop_t *loop, struct history *history,
                            const struct editor_hooks *hooks);
struct editor *lineplain_new(uv_loop_t *loop, struct history *history,
                             const struct editor_hooks *hooks);

/* Read a line, without its end, into `line` (emptied first). Runs the loop; never from a callback.
 */
static inline enum editor_read editor_read(struct editor *ed, struct buf *line)
{
    return ed->ops->read(ed, line);
}

/* Print whole lines above what is being typed; with no text only the prompt is brought up to date.
 */
static inline void editor_print(struct editor *ed, struct slice text)
{
    ed->ops->print(ed, text);
}

/* A line above the prompt that changes in place (UTF-8, safe; empty: none), where there is one. It
 * appears with the next editor_print. */
static inline bool editor_has_status(const struct editor *ed)
{
    return ed->ops->status != NULL;
}
static inline void editor_status(struct editor *ed, struct slice text)
{
    if (ed->ops->status)
        ed->ops->status(ed, text);
}

/* ^C was pressed. */
static inline void editor_interrupt(struct editor *ed)
{
    ed->ops->interrupt(ed);
}

/* Stop: release the terminal, stop the process, take the terminal again. Without `stop` only the
 * last part: the process continues after another process stopped it. Only between two turns. */
static inline void editor_suspend(struct editor *ed, bool stop)
{
    ed->ops->suspend(ed, stop);
}

/* Give the terminal to another program, as it was found, and read no keys; or take it back. Not
 * while a line is read. */
static inline void editor_lend(struct editor *ed, bool lent)
{
    ed->ops->lend(ed, lent);
}

/* NULL is fine. The terminal is as it was found; handles close in later turns of the loop. */
static inline void editor_free(struct editor *ed)
{
    if (ed)
        ed->ops->free(ed);
}

#endif
