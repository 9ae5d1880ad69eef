#include <stdio.h>

#include "base/utf8.h"
#include "script/expect/parse.h"
#include "script/script_parse.h"

/* --- errors -------------------------------------------------------------------------------------
 */

int parser_fail(struct parser *p, size_t at, const char *format, ...)
{
    char text[sizeof p->error->err.text];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err_set(&p->error->err, EXIT_USAGE, STAGE_USAGE, 0, "%s", text);
    p->error->place.file = p->file;
    script_lines_place(p->lines, at, p->error);
    return -1;
}

int parser_nomem(struct parser *p)
{
    p->error->place.file = NULL;
    return err_nomem(&p->error->err, STAGE_USAGE, "reading a script");
}

int parser_fail_with(struct parser *p, size_t at, const struct err *e)
{
    char hint[sizeof e->hint];

    if (e->code != EXIT_USAGE) {
        p->error->place.file = NULL;
        p->error->err = *e;
        return -1;
    }
    memcpy(hint, e->hint, sizeof hint);
    parser_fail(p, at, "%s", e->text);
    if (hint[0])
        err_hint(&p->error->err, "%s", hint);
    commands_unslash(p->error->err.text);
    commands_unslash(p->error->err.hint);
    return -1;
}

/* --- lines and statements -----------------------------------------------------------------------
 */

static struct statement *new_statement(struct parser *p, enum statement_kind kind,
                                       const struct command_row *row)
{
    struct statement *st = arena_alloc(&p->script->memory, sizeof *st);
    struct script_error here = {0};

    if (!st)
        return NULL;
    script_lines_place(p->lines, p->command_at, &here);
    *st = (struct statement){
        .kind = kind,
        .place = {p->file, here.place.line, here.place.column},
        .row = row,
        .conn = arena_copy(&p->script->memory, p->conn, strlen(p->conn)),
        .args = arena_copy(&p->script->memory, p->args, strlen(p->args)),
        .source = arena_copy(&p->script->memory, p->text, strlen(p->text)),
    };
    if (p->here)
        st->here = arena_copy(&p->script->memory, p->here, strlen(p->here));
    return st->conn && st->args && st->source && (!p->here || st->here) ? st : NULL;
}

int parser_add(struct parser *p, enum statement_kind kind, const struct command_row *row,
               struct statement **added)
{
    struct statement *st = new_statement(p, kind, row);

    if (!st)
        return parser_nomem(p);
    *p->tail = st;
    p->tail = &st->next;
    if (added)
        *added = st;
    return 0;
}

/* --- commands -----------------------------------------------------------------------------------
 */

static int parse_settings(struct parser *p, const struct command_row *row)
{
    enum statement_kind kind = strcmp(row->name, "url") == 0      ? STATEMENT_URL
                               : strcmp(row->name, "header") == 0 ? STATEMENT_HEADER
                                                                  : STATEMENT_OPTION;

    if (p->section == SECTION_FILE && p->conn[0])
        return parser_fail(p, 0,
                           "before the first section \"%s\" is for all connections: remove the "
                           "name before it",
                           row->name);
    if (!p->args[0])
        return parser_fail(p, p->args_at, "usage: %s %s", row->name, row->usage);
    if (kind == STATEMENT_URL && parser_check(p, parser_check_url) < 0)
        return -1;
    if (kind == STATEMENT_HEADER && parser_check(p, parser_check_header) < 0)
        return -1;
    if (kind == STATEMENT_OPTION && parser_check(p, parser_check_option) < 0)
        return -1;
    if (kind == STATEMENT_URL)
        parser_url_given(p);
    return parser_add(p, kind, row, NULL);
}

static int parse_set(struct parser *p, const struct command_row *row)
{
    size_t n = strcspn(p->args, " \t");

    if (!script_name_valid(slice_make(p->args, n)) || !p->args[n + strspn(p->args + n, " \t")]) {
        if (!p->here || !script_name_valid(slice_make(p->args, n)))
            return parser_fail(p, p->args_at,
                               "usage: set NAME VALUE; a name is letters, digits, _ and -");
    }
    if (parser_no_connection(p, row->name) < 0 || parser_add(p, STATEMENT_SET, row, NULL) < 0)
        return -1;
    return parser_define(p, slice_make(p->args, n));
}

static int parse_capture(struct parser *p, const struct command_row *row)
{
    size_t n = strcspn(p->args, " \t");

    if (p->section == SECTION_FILE)
        return parser_fail(p, 0, "\"capture\" must be inside a test, setup or teardown");
    if (!script_name_valid(slice_make(p->args, n)) || !p->args[n])
        return parser_fail(p, p->args_at, "usage: capture NAME POINTER, or capture NAME /REGEX/");
    if (parser_check(p, parser_check_capture) < 0 || parser_needs_connect(p) < 0 ||
        parser_add(p, STATEMENT_CAPTURE, row, NULL) < 0)
        return -1;
    return parser_define(p, slice_make(p->args, n));
}

static int parse_sleep(struct parser *p, const struct command_row *row)
{
    if (p->section == SECTION_FILE)
        return parser_fail(p, 0, "\"sleep\" must be inside a test, setup or teardown");
    if (parser_no_connection(p, row->name) < 0 || parser_check(p, parser_check_seconds) < 0)
        return -1;
    return parser_add(p, STATEMENT_SLEEP, row, NULL);
}

static int parse_expect(struct parser *p, const struct command_row *row)
{
    if (p->section == SECTION_FILE)
        return parser_fail(p, 0, "\"expect\" must be inside a test, setup or teardown");
    if (p->depth > 0 && p->blocks[p->depth - 1].statement->kind == STATEMENT_ANY_ORDER &&
        strncmp(p->args, "none", 4) == 0)
        return parser_fail(p, p->args_at,
                           "\"expect none\" belongs after \"any-order\", not inside");
    if (parser_check(p, parser_check_expect) < 0 ||
        (p->of_proxy ? parser_needs_proxy(p) : parser_needs_connect(p)) < 0)
        return -1;
    return parser_add(p, STATEMENT_EXPECT, row, NULL);
}

/* The address of a started one is a variable: "proxy", or its name. */
static int parse_proxy(struct parser *p, const struct command_row *row)
{
    const char *args;
    bool starts = slice_is(parse_name(p->args, &args), "start");

    if (p->section == SECTION_FILE)
        return parser_fail(p, 0, "\"proxy\" must be inside a test, setup or teardown");
    if (parser_check(p, parser_check_proxy) < 0 || (!starts && parser_needs_proxy(p) < 0) ||
        parser_add(p, STATEMENT_PROXY, row, NULL) < 0)
        return -1;
    if (!starts)
        return 0;
    return parser_proxy_started(p) < 0
               ? -1
               : parser_define(p, slice_str(p->conn[0] ? p->conn : row->name));
}

static int parse_connect(struct parser *p, const struct command_row *row)
{
    if (p->section == SECTION_FILE)
        return parser_fail(p, 0, "\"connect\" must be inside a test, setup or teardown");
    if (p->args[0] && parser_check(p, parser_check_url) < 0)
        return -1;
    if (!p->args[0] && !parser_has_url(p)) {
        parser_fail(p, 0, "there is no URL to connect to");
        err_hint(&p->error->err, "\"url ws://...\" sets it for all tests; \"wscope run --against "
                                 "serve\" starts a server");
        return -1;
    }
    if (parser_connected(p) < 0)
        return -1;
    return parser_add(p, STATEMENT_CONNECT, row, NULL);
}

static int parse_command(struct parser *p, const struct command_row *row)
{
    if (p->section == SECTION_FILE) {
        parser_fail(p, p->command_at, "\"%s\" must be inside a test, setup or teardown", row->name);
        err_hint(&p->error->err, "\"test NAME\" begins a test");
        return -1;
    }
    if (parser_check(p, parser_check_command) < 0 || parser_needs_connect(p) < 0)
        return -1;
    return parser_add(p, STATEMENT_COMMAND, row, NULL);
}

static int parse_include(struct parser *p, const struct command_row *row)
{
    char *path;

    if (!p->args[0])
        return parser_fail(p, p->args_at, "usage: include FILE");
    if (parser_no_connection(p, row->name) < 0)
        return -1;
    path = parser_beside(p, p->args);
    return path ? parser_include(p, path) : parser_nomem(p);
}

/* What is not just run on the connection. */
static const struct {
    const char *name;
    int (*parse)(struct parser *p, const struct command_row *row);
} special[] = {
    {"test", parser_test},      {"setup", parser_setup},         {"teardown", parser_teardown},
    {"skip", parser_mark},      {"todo", parser_mark},           {"needs", parser_mark_needs},
    {"repeat", parser_repeat},  {"any-order", parser_any_order}, {"url", parse_settings},
    {"header", parse_settings}, {"option", parse_settings},      {"set", parse_set},
    {"capture", parse_capture}, {"sleep", parse_sleep},          {"expect", parse_expect},
    {"connect", parse_connect}, {"include", parse_include},      {"proxy", parse_proxy},
};

static bool is_section(const char *name)
{
    return strcmp(name, "test") == 0 || strcmp(name, "setup") == 0 || strcmp(name, "teardown") == 0;
}

static int unknown(struct parser *p, struct slice name)
{
    const char *nearest = commands_script_nearest(name);

    if (commands_find(name))
        return parser_fail(p, p->command_at, "\"%.*s\" is for the interactive session only",
                           (int)name.len, (const char *)name.data);
    return parser_fail(p, p->command_at, "unknown command \"%.*s\"%s%s%s",
                       (int)(name.len < 40 ? name.len : 40), (const char *)name.data,
                       nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                       nearest ? "\"?" : "");
}

static int parse_row(struct parser *p, const struct command_row *row)
{
    size_t i;

    if (p->depth > 0 && p->blocks[p->depth - 1].statement->kind == STATEMENT_ANY_ORDER &&
        strcmp(row->name, "expect") != 0)
        return parser_fail(p, p->command_at, "only expectations are allowed inside \"any-order\"");
    if (is_section(row->name) &&
        (parser_no_connection(p, row->name) < 0 || parser_blocks_closed(p) < 0))
        return -1;
    for (i = 0; i < sizeof special / sizeof special[0]; i++) {
        if (strcmp(special[i].name, row->name) == 0)
            return special[i].parse(p, row);
    }
    return parse_command(p, row);
}

/* "NAME: " in front of a command. */
static int take_connection(struct parser *p)
{
    size_t n = strcspn(p->text, ": \t");
    struct slice name = slice_make(p->text, n);

    p->conn[0] = '\0';
    p->command_at = 0;
    if (p->text[n] != ':' || !script_name_valid(name))
        return 0;
    if (commands_script_find(name))
        return parser_fail(p, 0, "\"%.*s\" is a command, so no connection can have that name",
                           (int)n, p->text);
    memcpy(p->conn, p->text, n);
    p->conn[n] = '\0';
    p->command_at = n + 1 + strspn(p->text + n + 1, " \t");
    if (!p->text[p->command_at])
        return parser_fail(p, n, "a command is missing after the name of the connection");
    return 0;
}

static int parse_line(struct parser *p)
{
    const struct command_row *row;
    const char *args;
    struct utf8 utf8 = {0};
    struct slice name;
    size_t n;

    p->text = (char *)buf_data(&p->lines->text);
    p->here = p->lines->has_here ? (const char *)buf_data(&p->lines->here) : NULL;
    n = utf8_check(&utf8, (const uint8_t *)p->text, strlen(p->text));
    if (p->text[n] || !utf8_complete(&utf8))
        return parser_fail(p, n,
                           "this is not UTF-8, as scripts must be: use \"binary\" to send other "
                           "bytes");
    if (p->here && !utf8_valid((const uint8_t *)p->here, strlen(p->here)))
        return parser_fail(p, 0,
                           "the text below is not UTF-8, as scripts must be: use \"binary\" to "
                           "send other bytes");
    if (strcmp(p->text, "}") == 0)
        return parser_close_block(p);
    if (take_connection(p) < 0)
        return -1;
    name = parse_name(p->text + p->command_at, &args);
    p->args_at = (size_t)(args - p->text);
    p->args = p->text + p->args_at;
    row = commands_script_find(name);
    if (!row)
        return unknown(p, name);
    if (parser_variables_known(p) < 0)
        return -1;
    return parse_row(p, row);
}

int parser_read(struct parser *p, struct slice text)
{
    struct script_lines lines, *outer = p->lines;
    unsigned outer_floor = p->floor;
    enum lines_result result;
    int status = 0;

    script_lines_init(&lines, text);
    /* cppcheck-suppress autoVariables ; taken back before this returns */
    p->lines = &lines;
    p->floor = p->depth;
    while (status == 0 && (result = script_lines_next(&lines)) != LINES_END) {
        switch (result) {
        case LINES_LINE:
            status = parse_line(p);
            break;
        case LINES_NUL:
            status = parser_fail(p, lines.text.len - 1,
                                 "this line contains a NUL byte, which is not allowed");
            break;
        case LINES_NO_END:
            status = parser_fail(
                p, lines.text.len - 1 - strlen(strstr((char *)buf_data(&lines.text), "<<")),
                "the end of this text is missing: a line with that word alone");
            break;
        case LINES_CUT:
            status = parser_fail(p, 0, "this line is continued, but the file ends");
            break;
        default:
            status = parser_nomem(p);
        }
    }
    if (status == 0 && p->depth > p->floor) {
        lines.piece_count = 0;
        parser_fail(p, 0, "the block that begins in line %u is not closed: \"}\" is missing",
                    p->blocks[p->depth - 1].line);
        p->error->place.line = lines.number;
        p->error->place.column = 1;
        p->error->source[0] = '\0';
        status = -1;
    }
    script_lines_clear(&lines);
    p->lines = outer;
    p->floor = outer_floor;
    return status;
}
