/*
 * fanout_drill: the command in the middle, and how long its effects are followed.
 */
#include "verb/fanout/fanout_private.h"

/* After the command: until all are back and nothing has happened for QUIET_US; at most PATIENCE_US.
 */
#define QUIET_US    1000000
#define PATIENCE_US 60000000

static void on_line(void *ctx, struct slice line)
{
    fanout_show_line(ctx, line);
}

static void on_done(void *ctx, int status, int number)
{
    struct fanout_front *front = ctx;

    front->drill_ended = true;
    front->drill_status = status;
    front->changed_us = fanout_now(front);
    front->patience_us = front->changed_us + PATIENCE_US;
    if ((status != 0 || number != 0) && front->stage == FANOUT_DRILL)
        child_failed(front->drill, "--drill", status, number, &front->trouble);
    if (!front->publishing)
        timer_start(front->step, 0, fanout_step);
}

int fanout_drill_start(struct fanout_front *front, struct err *e)
{
    const struct child_hooks hooks = {on_line, on_done, front};

    fanout_drill_begin(front->facts, fanout_now(front));
    front->changed_us = fanout_now(front);
    front->drill = child_start(&front->app->loop.uv, front->own->drill, &hooks, e);
    return front->drill ? 0 : -1;
}

/* Those that are not open make no further attempt. */
static bool is_hopeless(const struct fanout_front *front)
{
    for (size_t i = 0; i < fleet_count(front->fleet); i++) {
        if (!fleet_is_open(front->fleet, i) && !fleet_is_over(front->fleet, i))
            return false;
    }
    return true;
}

bool fanout_drill_look(struct fanout_front *front)
{
    uint64_t now = fanout_now(front);
    uint64_t quiet = front->own->within_us > QUIET_US ? front->own->within_us : QUIET_US;
    bool over;

    if (!front->drill_ended)
        return false;
    over =
        now >= front->changed_us + quiet && (fanout_drill_over(front->facts) || is_hopeless(front));
    if (!over && now < front->patience_us)
        return false;
    fanout_drill_end(front->facts, now, front->drill_status);
    return true;
}
