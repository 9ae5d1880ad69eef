/* What a script is divided into: sections, and blocks within them. */
#include "script/script_parse.h"

/* --- sections -----------------------------------------------------------------------------------
 */

int parser_blocks_closed(struct parser *p)
{
    if (p->depth == 0)
        return 0;
    return parser_fail(p, 0,
                       "the block that begins in line %u is not closed before this: \"}\" is "
                       "missing",
                       p->blocks[p->depth - 1].line);
}

/* Words that are not commands of a connection. */
int parser_no_connection(struct parser *p, const char *name)
{
    if (!p->conn[0])
        return 0;
    return parser_fail(p, 0, "\"%s\" belongs to no connection: remove the name before it", name);
}

int parser_test(struct parser *p, const struct command_row *row)
{
    struct script_test *test = arena_alloc(&p->script->memory, sizeof *test);
    struct script_error here = {0};

    (void)row;
    if (!p->args[0])
        return parser_fail(p, p->args_at, "a test needs a name: test NAME");
    if (!test)
        return parser_nomem(p);
    script_lines_place(p->lines, 0, &here);
    test->place = (struct script_place){p->file, here.place.line, here.place.column};
    test->name = arena_copy(&p->script->memory, p->args, strlen(p->args));
    test->skip = test->unmet = p->unmet != NULL;
    test->reason = p->unmet ? p->unmet : "";
    if (!test->name)
        return parser_nomem(p);
    *p->last_test = test;
    p->last_test = &test->next;
    p->test = test;
    p->script->test_count++;
    p->section = SECTION_TEST;
    p->tail = &test->body;
    p->scope = SCOPE_TEST + (unsigned)p->script->test_count;
    return 0;
}

int parser_setup(struct parser *p, const struct command_row *row)
{
    if (p->args[0])
        return parser_fail(p, p->args_at, "nothing may follow \"%s\"", row->name);
    if (p->script->test_count > 0)
        return parser_fail(p, 0, "\"setup\" must be before the first test");
    if (p->script->setup || p->section == SECTION_SETUP)
        return parser_fail(p, 0, "there is a \"setup\" already");
    p->section = SECTION_SETUP;
    p->tail = &p->script->setup;
    p->scope = SCOPE_SETUP;
    return 0;
}

int parser_teardown(struct parser *p, const struct command_row *row)
{
    if (p->args[0])
        return parser_fail(p, p->args_at, "nothing may follow \"%s\"", row->name);
    if (p->script->teardown || p->section == SECTION_TEARDOWN)
        return parser_fail(p, 0, "there is a \"teardown\" already");
    p->section = SECTION_TEARDOWN;
    p->tail = &p->script->teardown;
    p->scope = SCOPE_ALL;
    return 0;
}

/* --- blocks -------------------------------------------------------------------------------------
 */

/* "... {": the text before the brace becomes the arguments. */
static int take_brace(struct parser *p, const char *usage)
{
    size_t n = strlen(p->args);

    if (n == 0 || p->args[n - 1] != '{' ||
        (n > 1 && p->args[n - 2] != ' ' && p->args[n - 2] != '\t'))
        return parser_fail(p, p->args_at + n,
                           "a block begins with \"{\" at the end of the line: %s", usage);
    p->args[--n] = '\0';
    while (n > 0 && (p->args[n - 1] == ' ' || p->args[n - 1] == '\t'))
        p->args[--n] = '\0';
    return 0;
}

static int open_block(struct parser *p, struct statement *st)
{
    if (p->depth == SCRIPT_BLOCK_MAX)
        return parser_fail(p, 0, "blocks are nested more than %d deep", SCRIPT_BLOCK_MAX);
    p->blocks[p->depth++] = (struct parser_block){st->place.line, st};
    p->tail = &st->body;
    return 0;
}

int parser_repeat(struct parser *p, const struct command_row *row)
{
    struct statement *st;

    if (p->section == SECTION_FILE)
        return parser_fail(p, 0, "\"repeat\" must be inside a test, setup or teardown");
    if (take_brace(p, "repeat 3 {") < 0)
        return -1;
    if (parser_check(p, parser_check_rounds) < 0 || parser_add(p, STATEMENT_REPEAT, row, &st) < 0)
        return -1;
    return open_block(p, st);
}

int parser_any_order(struct parser *p, const struct command_row *row)
{
    struct statement *st;

    if (p->section == SECTION_FILE)
        return parser_fail(p, 0, "\"any-order\" must be inside a test, setup or teardown");
    if (take_brace(p, "any-order {") < 0)
        return -1;
    if (p->args[0])
        return parser_fail(p, p->args_at, "nothing may be between \"any-order\" and \"{\"");
    if (parser_add(p, STATEMENT_ANY_ORDER, row, &st) < 0)
        return -1;
    return open_block(p, st);
}

int parser_close_block(struct parser *p)
{
    struct statement *st;

    if (p->depth == p->floor)
        return parser_fail(p, 0, "there is no block that this \"}\" could close");
    st = p->blocks[p->depth - 1].statement;
    if (!st->body)
        return parser_fail(p, 0, "there is nothing in this block");
    p->tail = &st->next;
    p->depth--;
    return 0;
}
