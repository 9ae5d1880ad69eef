/* Faults caused on purpose. */
#include <stdio.h>

#include "base/clock.h"
#include "command/command.h"

static struct faults *faults_of(const struct commands *c, struct err *e)
{
    struct faults *f = c->session ? session_faults(c->session) : NULL;

    if (!f)
        err_set(e, EXIT_OTHER, STAGE_IO, 0, "there is no session that faults could act on");
    return f;
}

static void list(struct commands *c, const struct faults *f)
{
    const struct fault_spec *spec;
    char text[FAULT_TEXT];
    bool active;
    unsigned i = 0;

    while ((spec = faults_get(f, i++, &active)) != NULL) {
        fault_print(spec, text);
        commands_say(c, "%s%s", text, active ? "  (acts now)" : "");
    }
    if (i == 1)
        commands_say(c, "no faults are armed; for example /fault latency:200ms+10s");
}

static int arm(struct faults *f, const struct fault_spec *spec, struct err *e)
{
    if (faults_arm(f, spec, clock_mono_us()) == 0)
        return 0;
    err_set(e, EXIT_OTHER, STAGE_USAGE, 0, "at most %d faults can be armed", FAULTS_MAX);
    err_hint(e, "/heal disarms all");
    return -1;
}

/* "SPEC;..." into specs. -1 with *e; e->at is an offset in args. */
static int fault_arguments(const char *args, struct fault_spec specs[FAULTS_MAX], size_t *count,
                           struct err *e)
{
    struct slice text = slice_str(args);
    size_t pos = 0;
    int r = 0;

    *count = 0;
    while (*count < FAULTS_MAX &&
           (r = fault_parse_next(&specs[*count], text, &pos, FAULT_USE_CLIENT, e)) == 1)
        (*count)++;
    return r < 0 ? -1 : 0;
}

int command_check_fault(const char *args, struct err *e)
{
    struct fault_spec specs[FAULTS_MAX];
    size_t count;

    if (args[0])
        return fault_arguments(args, specs, &count, e);
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "which fault? For example: fault latency:200ms");
}

int command_fault(struct commands *c, const char *args, struct err *e)
{
    struct faults *f = faults_of(c, e);
    struct fault_spec specs[FAULTS_MAX];
    size_t count;
    bool random = false;

    if (!f)
        return -1;
    if (!args[0]) {
        list(c, f);
        return 0;
    }
    if (fault_arguments(args, specs, &count, e) < 0) {
        command_point(c, args, e->at);
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        if (arm(f, &specs[i], e) < 0)
            return -1;
        random = random || fault_is_random(&specs[i]);
    }
    if (random)
        commands_say(c, "faults by chance: --seed %llu repeats them",
                     (unsigned long long)faults_seed(f));
    return 0;
}

static int drop_arguments(const char *args, struct fault_spec *spec, struct err *e)
{
    char text[80], kind[16] = "rst", seconds[32] = "", more;
    int n = sscanf(args, "%15s %31s %c", kind, seconds, &more);
    bool blackhole = strcmp(kind, "blackhole") == 0;

    if ((strcmp(kind, "rst") != 0 && strcmp(kind, "fin") != 0 && !blackhole) ||
        (n > 1 && !blackhole) || n > 2)
        return command_misused("drop", e);
    snprintf(text, sizeof text, "%s%s%s*1", kind, n > 1 ? "+" : "", seconds);
    return fault_parse(spec, slice_str(text), e) < 0 ? command_misused("drop", e) : 0;
}

int command_check_drop(const char *args, struct err *e)
{
    struct fault_spec spec;

    return drop_arguments(args, &spec, e);
}

int command_drop(struct commands *c, const char *args, struct err *e)
{
    struct fault_spec spec;
    struct faults *f;

    if (drop_arguments(args, &spec, e) < 0 || command_needs_open(c, e) < 0)
        return -1;
    f = faults_of(c, e);
    return f ? arm(f, &spec, e) : -1;
}

unsigned command_faults_armed(const struct faults *f)
{
    unsigned count = 0;
    bool active;

    while (faults_get(f, count, &active))
        count++;
    return count;
}

void command_healed(unsigned count, char text[COMMAND_HEALED])
{
    if (count == 0)
        snprintf(text, COMMAND_HEALED, "no faults were armed");
    else
        snprintf(text, COMMAND_HEALED, "%u fault%s ended and disarmed", count,
                 count == 1 ? " is" : "s are");
}

int command_heal(struct commands *c, const char *args, struct err *e)
{
    struct faults *f = faults_of(c, e);
    char text[COMMAND_HEALED];

    if (!f)
        return -1;
    if (args[0])
        return command_misused("heal", e);
    command_healed(command_faults_armed(f), text);
    commands_say(c, "%s", text);
    faults_heal(f, clock_mono_us());
    return 0;
}
