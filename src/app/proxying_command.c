#include "app/proxying_command.h"

#include <string.h>

#include "base/codec.h"
#include "base/decimal.h"
#include "base/plural.h"
#include "base/utf8.h"
#include "command/set.h"
#include "script/expect/parse.h"

/* What a command is called with. */
struct call {
    struct proxying *proxy;
    const struct proxying_who *who;
    struct buf *said;
};

typedef int call_fn(struct call *c, const char *args, struct err *e);

struct command {
    struct command_row row;
    call_fn *run;
};

static int misused(const char *name, struct err *e)
{
    return command_row_misused(proxying_command_find(slice_str(name)), e);
}

/* Nothing that is meant is connected. -1. */
static int nobody(const struct call *c, struct err *e)
{
    if (c->who->client == 0)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0, "no client is connected");
    err_set(e, EXIT_OTHER, STAGE_IO, 0, "client #%lu has no open connection",
            (unsigned long)c->who->client);
    err_hint(e, "/use without a number acts on all clients");
    return -1;
}

static int answered(int failed, struct err *e)
{
    return failed < 0 ? err_nomem(e, STAGE_IO, "answering") : 0;
}

/* --- what disturbs ------------------------------------------------------------------------------
 */

static int check_drop(const char *args, struct err *e)
{
    struct proxying_drop how;

    return proxying_drop_parse(args[0] ? args : "rst", &how, e);
}

static int drop(struct call *c, const char *args, struct err *e)
{
    struct proxying_drop how;

    if (proxying_drop_parse(args[0] ? args : "rst", &how, e) < 0)
        return -1;
    return proxying_drop(c->proxy, c->who, &how) ? 0 : nobody(c, e);
}

/* 0: until healed. */
static int offline_time(const char *args, uint64_t *us, struct err *e)
{
    *us = 0;
    return args[0] && (seconds_parse(args, us) < 0 || *us == 0) ? misused("offline", e) : 0;
}

static int check_offline(const char *args, struct err *e)
{
    uint64_t us;

    return offline_time(args, &us, e);
}

static int offline(struct call *c, const char *args, struct err *e)
{
    uint64_t us;

    if (offline_time(args, &us, e) < 0)
        return -1;
    proxying_offline(c->proxy, us, false);
    return 0;
}

static int check_fault(const char *args, struct err *e)
{
    struct fault_spec spec;
    size_t pos = 0, count = 0;
    int r;

    while ((r = fault_parse_next(&spec, slice_str(args), &pos, FAULT_USE_PROXY, e)) == 1)
        count++;
    return r < 0 || count > 0 ? r : misused("fault", e);
}

static int list_faults(struct call *c, const struct faults *f, unsigned *count)
{
    const struct fault_spec *spec;
    char text[FAULT_TEXT];
    bool active;
    unsigned n = 0;

    while ((spec = faults_get(f, n, &active)) != NULL) {
        fault_print(spec, text);
        if (buf_printf(c->said, "%s%s\n", text, active ? "  (active)" : "") < 0)
            return -1;
        n++;
    }
    *count += n;
    return 0;
}

static int list_all_faults(struct call *c)
{
    unsigned count = 0;

    if (list_faults(c, c->proxy->client_rig.faults, &count) < 0 ||
        list_faults(c, c->proxy->server_rig.faults, &count) < 0)
        return -1;
    return count > 0 ? 0
                     : buf_append_str(
                           c->said, "no faults are armed; for example /fault latency:200ms+10s\n");
}

static int fault(struct call *c, const char *args, struct err *e)
{
    bool random;

    if (!args[0])
        return answered(list_all_faults(c), e);
    if (proxying_fault(c->proxy, args, &random, e) < 0)
        return -1;
    if (!random)
        return 0;
    return answered(buf_printf(c->said, "faults by chance: --seed %llu repeats them\n",
                               (unsigned long long)c->proxy->client_rig.seed),
                    e);
}

static int heal(struct call *c, const char *args, struct err *e)
{
    struct proxying *p = c->proxy;
    unsigned armed =
        command_faults_armed(p->client_rig.faults) + command_faults_armed(p->server_rig.faults);
    bool was_offline = relay_is_offline(p->relay);
    char text[COMMAND_HEALED];

    (void)args;
    command_healed(armed, text);
    proxying_heal(p);
    return answered(buf_printf(c->said, "%s%s\n",
                               was_offline ? "online again: clients can return\n" : "", text),
                    e);
}

/* --- rules --------------------------------------------------------------------------------------
 */

static int list_rules(struct call *c)
{
    const struct rules *rules = &c->proxy->rules;
    int failed = 0;

    if (rules->count == 0)
        return buf_printf(c->said, "there are no rules; for example %s\n",
                          proxying_command_find(slice_str("rule"))->example);
    for (size_t i = 0; i < rules->count && !failed; i++) {
        failed = buf_printf(c->said, "%2zu  ", i + 1) < 0 ||
                 rule_print(&rules->items[i], c->said) < 0 || buf_append_str(c->said, "\n") < 0;
    }
    return failed ? -1 : 0;
}

/* "off N": the number; 0: it is a rule. -1 with *e. */
static int rule_number(const char *args, uint64_t *n, struct err *e)
{
    const char *number = args + 3;

    *n = 0;
    if (strncmp(args, "off", 3) != 0 || (args[3] && args[3] != ' '))
        return 0;
    number += strspn(number, " ");
    return decimal_read(slice_str(number), RULES_MAX, n) && *n > 0 ? 0 : misused("rule", e);
}

static int check_rule(const char *args, struct err *e)
{
    struct rule rule;
    uint64_t n;

    if (!args[0])
        return misused("rule", e);
    if (rule_number(args, &n, e) < 0)
        return -1;
    if (n > 0)
        return 0;
    if (rule_parse(slice_str(args), &rule, e) < 0)
        return -1;
    rule_clear(&rule);
    return 0;
}

static int rule(struct call *c, const char *args, struct err *e)
{
    uint64_t n;

    if (!args[0])
        return answered(list_rules(c), e);
    if (rule_number(args, &n, e) < 0)
        return -1;
    if (n == 0)
        return proxying_rule(c->proxy, args, e);
    if (proxying_rule_off(c->proxy, n) == 0)
        return 0;
    err_set(e, EXIT_OTHER, STAGE_IO, 0, "there is no rule %llu", (unsigned long long)n);
    err_hint(e, "/rule lists them");
    return -1;
}

/* --- messages -----------------------------------------------------------------------------------
 */

/* "up" or "down", and what follows. 0: neither. */
static unsigned direction_of(const char *args, const char **rest)
{
    struct slice word = parse_name(args, rest);

    return slice_is(word, "up") ? PROXYING_UP : slice_is(word, "down") ? PROXYING_DOWN : 0;
}

static int check_inject(const char *args, struct err *e)
{
    struct utf8 check = {0};
    const char *text;
    size_t len;

    if (!direction_of(args, &text) || !text[0])
        return misused("inject", e);
    len = strlen(text);
    if (utf8_check(&check, (const uint8_t *)text, len) != len || !utf8_complete(&check))
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "the line is not UTF-8, which a text message must be");
    return 0;
}

static int inject(struct call *c, const char *args, struct err *e)
{
    enum relay_direction direction;
    const char *text;

    if (check_inject(args, e) < 0)
        return -1;
    direction = direction_of(args, &text) == PROXYING_UP ? RELAY_UP : RELAY_DOWN;
    return proxying_inject(c->proxy, c->who, direction, OPCODE_TEXT, slice_str(text))
               ? 0
               : nobody(c, e);
}

static int hold_directions(const char *args, unsigned *directions, struct err *e)
{
    const char *rest = "";

    *directions = args[0] ? direction_of(args, &rest) : PROXYING_BOTH;
    return *directions && !rest[0] ? 0 : misused("hold", e);
}

static int check_hold(const char *args, struct err *e)
{
    unsigned directions;

    return hold_directions(args, &directions, e);
}

static int hold(struct call *c, const char *args, struct err *e)
{
    unsigned directions, n;

    if (hold_directions(args, &directions, e) < 0)
        return -1;
    n = proxying_hold(c->proxy, c->who, directions, 0);
    if (n == 0)
        return nobody(c, e);
    return answered(buf_printf(c->said,
                               "messages of %u connection%s are held; /release lets them go\n", n,
                               plural(n)),
                    e);
}

static int release_count(const char *args, uint64_t *count, struct err *e)
{
    *count = 0;
    if (args[0] && (!decimal_read(slice_str(args), UINT32_MAX, count) || *count == 0))
        return misused("release", e);
    return 0;
}

static int check_release(const char *args, struct err *e)
{
    uint64_t count;

    return release_count(args, &count, e);
}

static int release(struct call *c, const char *args, struct err *e)
{
    uint64_t count;
    unsigned n, left;

    if (release_count(args, &count, e) < 0)
        return -1;
    n = proxying_release(c->proxy, c->who, PROXYING_BOTH, (unsigned)count, &left);
    return answered(buf_printf(c->said, "%u message%s released, %u held\n", n, plural(n), left), e);
}

/* --- the table ----------------------------------------------------------------------------------
 */

static const struct command table[] = {
    {{.name = "inject",
      .usage = "up|down TEXT",
      .help = "send a text message to the server or the client",
      .example = "/inject down {\"op\":\"reload\"}",
      .words = "up|down",
      .where = COMMAND_OPEN,
      .check = check_inject},
     inject},
    {{.name = "drop",
      .usage = "[rst|fin|close:CODE|blackhole]",
      .help = "cut connections, or silence them",
      .example = "/drop close:1012",
      .words = "rst|fin|close:|blackhole",
      .where = COMMAND_OPEN,
      .check = check_drop},
     drop},
    {{.name = "offline",
      .usage = "[SEC]",
      .help = "drop all, refuse new ones; ends with /heal",
      .example = "/offline 5",
      .words = "",
      .check = check_offline},
     offline},
    {{.name = "fault",
      .usage = "[SPEC;...]",
      .help = "arm faults, or list the armed ones",
      .example = "/fault latency:200ms+10s",
      .words = "FAULT",
      .check = check_fault},
     fault},
    {{.name = "heal",
      .usage = "",
      .help = "end all faults, black holes and /offline",
      .example = "/heal",
      .words = "",
      .check = command_check_nothing},
     heal},
    {{.name = "rule",
      .usage = "[RULE|off N]",
      .help = "add a rule, remove the N-th, or list them",
      .example = "/rule down json /op = \"ack\" -> drop",
      .words = "OWN",
      .check = check_rule},
     rule},
    {{.name = "hold",
      .usage = "[up|down]",
      .help = "hold the messages of open connections",
      .example = "/hold down",
      .words = "up|down",
      .where = COMMAND_OPEN,
      .check = check_hold},
     hold},
    {{.name = "release",
      .usage = "[N]",
      .help = "release N held messages; without N all, and stop holding",
      .example = "/release 1",
      .words = "",
      .check = check_release},
     release},
};

const struct command_row *proxying_command_row(size_t i)
{
    return i < sizeof table / sizeof table[0] ? &table[i].row : NULL;
}

const struct command_row *proxying_command_find(struct slice name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (slice_is(name, table[i].row.name))
            return &table[i].row;
    }
    return NULL;
}

int proxying_command_run(struct proxying *p, const struct proxying_who *who,
                         const struct command_row *row, const char *args, struct buf *said,
                         struct err *e)
{
    const struct command *command = (const struct command *)(const void *)row; /* its first */
    struct call c = {p, who, said};

    err_clear(e);
    return !row->usage[0] && args[0] ? command_row_misused(row, e) : command->run(&c, args, e);
}

/* The first words of what it matches, and of what it does. */
const char *proxying_command_rule_word(struct slice before, size_t i)
{
    static const char *const first[] = {"up", "down", "off"};
    const size_t firsts = sizeof first / sizeof first[0];

    while (before.len > 0 && before.data[before.len - 1] == ' ')
        before.len--;
    if (before.len >= 2 && memcmp(before.data + before.len - 2, "->", 2) == 0)
        return rule_action_word(i);
    if (before.len == 0)
        return i < firsts ? first[i] : rule_match_word(i - firsts);
    if (slice_is(before, "up") || slice_is(before, "down"))
        return rule_match_word(i);
    return NULL;
}
