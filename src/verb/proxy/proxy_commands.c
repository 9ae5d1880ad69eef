/* The commands of the prompt. */
#include <stdio.h>

#include "app/proxying_command.h"
#include "base/decimal.h"
#include "base/plural.h"
#include "script/expect/parse.h"
#include "sink/grade/grade_text.h"
#include "verb/proxy/proxy_private.h"
#include "verb/proxy/proxy_prompt.h"

/* Of a report, or of what /help answers. */
#define ANSWER_MAX ((size_t)16 << 20)

typedef int proxy_command_fn(struct proxy_prompt *q, const char *args, struct err *e);

struct proxy_command_row {
    struct command_row row; /* its `run` is NULL */
    proxy_command_fn *run;
};

static proxy_command_fn clients, use, report, show, headers, stats, help, quit;

static const struct proxy_command_row table[] = {
    {{.name = "clients",
      .usage = "",
      .help = "the clients, and how they are connected",
      .example = "/clients",
      .words = ""},
     clients},
    {{.name = "use",
      .usage = "[N]",
      .help = "act on this client alone; without N on all",
      .example = "/use 2",
      .words = ""},
     use},
    {{.name = "report",
      .usage = "",
      .help = "how the clients took what happened so far",
      .example = "/report",
      .words = ""},
     report},
    {{.name = "show",
      .usage = "[q|0|1|2|3|include|pings|all|thin]",
      .help = "show more or less; all of a flood or a sample",
      .example = "/show 2",
      .words = "q|0|1|2|3|include|pings|all|thin"},
     show},
    {{.name = "headers",
      .usage = "",
      .help = "the latest handshake with every header",
      .example = "/headers",
      .words = ""},
     headers},
    {{.name = "stats",
      .usage = "",
      .help = "connections, messages, bytes, what is held",
      .example = "/stats",
      .words = ""},
     stats},
    {{.name = "help",
      .usage = "[COMMAND]",
      .help = "all commands, or more about one",
      .example = "/help rule",
      .words = "COMMAND"},
     help},
    {{.name = "quit",
      .usage = "",
      .help = "end, and print the report; ^D does the same",
      .example = "/quit",
      .words = ""},
     quit},
};

#define OWN     (sizeof table / sizeof table[0])
#define LEADING 2 /* of the table; those that act follow them */

static const struct command_row *row_at(size_t i)
{
    size_t acting = 0;

    while (proxying_command_row(acting))
        acting++;
    if (i >= LEADING && i < LEADING + acting)
        return proxying_command_row(i - LEADING);
    i -= i < LEADING ? 0 : acting;
    return i < OWN ? &table[i].row : commands_prompt_row(i - OWN);
}

const struct command_set proxy_commands = {
    .row = row_at,
    .use = FAULT_USE_PROXY,
    .own = proxying_command_rule_word,
    .unknown_hint = "/help lists the commands",
    .help_before = "up is from client to server, down is back. Commands:",
    .help_after =
        "/help COMMAND describes one, with an example. Tab completes, ^C clears the line\n"
        "or, where there is none, ends with the report.",
};

static int misused(const char *name, struct err *e)
{
    return command_row_misused(command_set_find(&proxy_commands, slice_str(name)), e);
}

/* One of those that act. */
static int act(struct proxy_prompt *q, const struct command_row *row, const char *args,
               struct err *e)
{
    struct buf output;
    int r;

    buf_init(&output, ANSWER_MAX);
    r = proxying_command_run(&q->front->core, &q->who, row, args, &output, e);
    if (output.len > 0)
        q->shared.hooks.say(q->shared.hooks.ctx, buf_slice(&output));
    if (r < 0 && e->at >= 0)
        command_point(&q->shared, args, e->at);
    buf_clear(&output);
    return r;
}

int proxy_command(struct proxy_prompt *q, const char *line, struct err *e)
{
    const char *args;
    struct slice name = parse_name(line, &args);
    const struct command_row *row = command_set_find(&proxy_commands, name);

    err_clear(e);
    if (!row)
        return command_set_unknown(&proxy_commands, name, e);
    if (proxying_command_find(slice_str(row->name)))
        return act(q, row, args, e);
    if (!row->usage[0] && args[0])
        return command_row_misused(row, e);
    if (row->run)
        return row->run(&q->shared, args, e); /* every prompt has it */
    return ((const struct proxy_command_row *)(uintptr_t)row)->run(q, args, e); /* its first */
}

/* --- clients ------------------------------------------------------------------------------------
 */

static const char *state_of(const struct grade_client_report *r)
{
    return r->here ? "connected" : r->left ? "left" : r->outage_count ? "away" : "refused";
}

/* The end of the line is cut, so that it stays one. */
static void say_client(struct proxy_prompt *q, const struct grade_client_report *r)
{
    int columns = typing_screen(q->typing)->config.columns;
    char text[256];
    int n = snprintf(text, sizeof text, "#%-3lu %-9s %3llu opened, %zu outage%s  %.40s  %.64s",
                     (unsigned long)r->client, state_of(r), (unsigned long long)r->connections,
                     r->outage_count, plural(r->outage_count), r->path, r->agent);

    if (columns > 8 && n >= columns && columns < (int)sizeof text)
        n = columns - 1;
    commands_say(&q->shared, "%.*s", n, text);
}

static int clients(struct proxy_prompt *q, const char *args, struct err *e)
{
    struct grade_report *r = proxying_report(&q->front->core);

    (void)args;
    if (!r)
        return err_nomem(e, STAGE_IO, "listing the clients");
    for (size_t i = 0; i < r->client_count; i++)
        say_client(q, &r->clients[i]);
    if (r->client_count == 0)
        commands_say(&q->shared, "no client has come yet");
    grade_report_free(r);
    return 0;
}

static bool is_known(const struct proxy_prompt *q, uint64_t client)
{
    struct grade_report *r = proxying_report(&q->front->core);
    bool known = false;

    for (size_t i = 0; r && i < r->client_count; i++)
        known = known || r->clients[i].client == client;
    grade_report_free(r);
    return known;
}

static int use(struct proxy_prompt *q, const char *args, struct err *e)
{
    uint64_t n = 0;

    if (args[0] == '#')
        args++;
    if (args[0] && (!decimal_read(slice_str(args), UINT32_MAX, &n) || n == 0))
        return misused("use", e);
    if (n && !is_known(q, n)) {
        err_set(e, EXIT_OTHER, STAGE_IO, 0, "there is no client #%llu", (unsigned long long)n);
        err_hint(e, "/clients lists them");
        return -1;
    }
    q->who = (struct proxying_who){.client = (uint32_t)n};
    return 0;
}

/* --- looking ------------------------------------------------------------------------------------
 */

/* Of the client in use, or all. */
static int report(struct proxy_prompt *q, const char *args, struct err *e)
{
    struct proxy_front *p = q->front;
    struct grade_report *r = proxying_report(&p->core);
    struct buf text;
    int failed = -1;

    (void)args;
    buf_init(&text, ANSWER_MAX);
    if (r)
        failed = grade_text(&text, r, &typing_screen(q->typing)->config);
    if (!failed)
        out_put(&p->views.out, buf_data(&text), text.len); /* which grade_text has made safe */
    buf_clear(&text);
    grade_report_free(r);
    return failed ? err_nomem(e, STAGE_IO, "making the report") : 0;
}

static int show(struct proxy_prompt *q, const char *args, struct err *e)
{
    return command_show(&q->shared, args, e);
}

static int headers(struct proxy_prompt *q, const char *args, struct err *e)
{
    const struct proxy_head *head = proxy_heads_find(&q->heads, q->who.client);
    struct screen *screen = typing_screen(q->typing);

    (void)args;
    if (!head || !head->info.request.there)
        return err_set(e, EXIT_OTHER, STAGE_IO, 0,
                       q->who.client ? "no handshake of this client is kept: the last %d are"
                                     : "no client has asked for a WebSocket yet",
                       PROXY_HEADS_MAX);
    screen_replay(screen, &head->info.request.ev);
    if (head->info.response.there)
        screen_replay(screen, &head->info.response.ev);
    else
        commands_say(&q->shared, "there was no response");
    return 0;
}

static void say_held(struct proxy_prompt *q)
{
    unsigned up = 0, down = 0;

    for (const struct relay_conn *c = proxying_who_next(&q->front->core, &q->who, NULL); c;
         c = proxying_who_next(&q->front->core, &q->who, c)) {
        up += relay_held(c, RELAY_UP);
        down += relay_held(c, RELAY_DOWN);
    }
    if (up + down)
        commands_say(&q->shared, "held         up %u, down %u", up, down);
}

static int stats(struct proxy_prompt *q, const char *args, struct err *e)
{
    const struct proxy_front *p = q->front;
    struct totals t = relay_totals(p->core.relay);

    (void)args, (void)e;
    commands_say(&q->shared, "connections  %u open, %llu opened so far", p->core.open,
                 (unsigned long long)t.connections);
    commands_say(&q->shared, "up           %llu message%s, %llu bytes",
                 (unsigned long long)t.messages_in, plural(t.messages_in),
                 (unsigned long long)t.payload_in);
    commands_say(&q->shared, "down         %llu message%s, %llu bytes",
                 (unsigned long long)t.messages_out, plural(t.messages_out),
                 (unsigned long long)t.payload_out);
    commands_say(&q->shared, "outages      %llu over",
                 (unsigned long long)grade_outages_over(p->core.grade));
    say_held(q);
    return 0;
}

static int help(struct proxy_prompt *q, const char *args, struct err *e)
{
    struct buf text;
    int r;

    buf_init(&text, ANSWER_MAX);
    r = command_set_help(&proxy_commands, args, &text, e);
    if (r == 0)
        q->shared.hooks.say(q->shared.hooks.ctx, buf_slice(&text));
    buf_clear(&text);
    return r;
}

static int quit(struct proxy_prompt *q, const char *args, struct err *e)
{
    (void)args, (void)e;
    proxy_end(q->front, EXIT_OK);
    return 0;
}
