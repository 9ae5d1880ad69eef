/* The messages that are shown: what of them, and those that were. */
#include "command/command.h"

static int view(struct commands *c, enum command_view what, const char *args, struct err *e)
{
    if (!c->hooks.view)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "this is not possible here");
    return c->hooks.view(c->hooks.ctx, what, args, e);
}

int command_grep(struct commands *c, const char *args, struct err *e)
{
    return view(c, COMMAND_VIEW_GREP, args, e);
}

int command_pause(struct commands *c, const char *args, struct err *e)
{
    return view(c, COMMAND_VIEW_PAUSE, args, e);
}

int command_last(struct commands *c, const char *args, struct err *e)
{
    return view(c, COMMAND_VIEW_LAST, args, e);
}

int command_find(struct commands *c, const char *args, struct err *e)
{
    return view(c, COMMAND_VIEW_FIND, args, e);
}

int command_save(struct commands *c, const char *args, struct err *e)
{
    return view(c, COMMAND_VIEW_SAVE, args, e);
}

int command_copy(struct commands *c, const char *args, struct err *e)
{
    return view(c, COMMAND_VIEW_COPY, args, e);
}

int command_clear(struct commands *c, const char *args, struct err *e)
{
    return args[0] ? command_misused("clear", e) : view(c, COMMAND_VIEW_CLEAR, args, e);
}

static int line(struct commands *c, enum command_typed what, const char *args, struct err *e)
{
    if (!c->hooks.line)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "this is not possible here");
    return c->hooks.line(c->hooks.ctx, what, args, e);
}

int command_again(struct commands *c, const char *args, struct err *e)
{
    return args[0] ? command_misused("again", e) : line(c, COMMAND_LINE_AGAIN, args, e);
}

int command_edit(struct commands *c, const char *args, struct err *e)
{
    return line(c, COMMAND_LINE_EDIT, args, e);
}

int command_alias(struct commands *c, const char *args, struct err *e)
{
    if (!c->hooks.alias)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "this is not possible here");
    return c->hooks.alias(c->hooks.ctx, args, e);
}
