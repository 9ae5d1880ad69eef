/*
 * lineedit_private: what lineedit (keys and life) and lineedit_screen (what is drawn) share.
 */
#ifndef TERM_LINEEDIT_PRIVATE_H
#define TERM_LINEEDIT_PRIVATE_H

#include <histedit.h>

#include "term/editor.h"
#include "term/keys.h"

struct lineedit {
    struct editor ed;
    EditLine *el;
    HistoryW *history;
    struct history *store;
    struct keys keys;
    struct buf waiting; /* wide characters of the last key, to be handed over one by one */
    struct buf prompt;  /* as drawn, wide, with a NUL */
    struct buf scratch; /* wide */
    struct buf text;    /* UTF-8 */
    uv_poll_t input;
    uv_timer_t escape;
    unsigned handles;
    int columns, lines;
    struct buf status; /* above the prompt, UTF-8, */
    struct buf shown;  /* and as it was drawn; empty: it is not on the screen */
    bool status_new;
    bool resting; /* the line is on the screen, the cursor at its place in it */
    bool edit;    /* ^X^E ended the line */
    bool left;    /* the hook ended the reading */
    bool gone;    /* the terminal has hung up */
    bool freed;
};

static inline struct lineedit *lineedit_of(struct editor *ed)
{
    return (struct lineedit *)ed;
}

/* lineedit_screen.c */
/* For libedit: the prompt as it was drawn. */
const wchar_t *lineedit_prompt(EditLine *el);
/* Take the prompt that is due. */
void lineedit_renew_prompt(struct lineedit *le);
/* Take prompt and line off the screen: the cursor is where the prompt began. */
void lineedit_erase(struct lineedit *le);
/* Draw both again, there. */
void lineedit_draw(struct lineedit *le);
/* Adapt to the terminal's size. True if it has changed; what was resting is erased then. */
bool lineedit_resized(struct lineedit *le);
/* As editor_status. */
void lineedit_status(struct editor *ed, struct slice text);
/* A line was typed: take the status off the screen, so that it does not stay there. */
void lineedit_hide_status(struct lineedit *le);
/* As editor_print. */
void lineedit_print(struct editor *ed, struct slice text);

#endif
