/* Any text as a script: it is read or refused, a mistake has a place in the text and can be told,
 * what was read is whole, and reading the same twice comes to the same. */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>

#include "script/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Files are not read here, and bounds of regular expressions take glibc any time and memory. */
static bool is_left_out(const char *text)
{
    if (strstr(text, "include"))
        return true;
    for (; (text = strchr(text, '{')) != NULL; text++) {
        if (isdigit((unsigned char)text[1]))
            return true;
    }
    return false;
}

static const char *variable(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "given") == 0 ? "1" : NULL;
}

static unsigned count_lines(struct slice text)
{
    unsigned count = 1;

    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == '\n';
    return count;
}

static size_t check_statements(const struct statement *st, unsigned lines, unsigned depth)
{
    size_t count = 0;

    assert(depth <= SCRIPT_BLOCK_MAX);
    for (; st; st = st->next) {
        assert(st->row && st->conn && st->args && st->source);
        assert(st->place.line >= 1 && st->place.line <= lines && st->place.column >= 1);
        assert((st->body != NULL) ==
               (st->kind == STATEMENT_REPEAT || st->kind == STATEMENT_ANY_ORDER));
        count += 1 + check_statements(st->body, lines, depth + 1);
    }
    return count;
}

static size_t check_script(const struct script *s, unsigned lines)
{
    size_t tests = 0, count = 0;

    for (const struct script_test *t = s->tests; t; t = t->next) {
        assert(t->name && t->name[0] && t->reason && !(t->skip && t->todo));
        count += check_statements(t->body, lines, 0);
        tests++;
    }
    assert(tests > 0 && tests == s->test_count);
    count += check_statements(s->settings, lines, 0) + check_statements(s->setup, lines, 0) +
             check_statements(s->teardown, lines, 0);
    return count;
}

static void check_error(const struct script_error *e, unsigned lines)
{
    assert(e->err.code == EXIT_USAGE && e->err.text[0]);
    assert(e->place.file && e->place.line <= lines);
    assert(strlen(e->source) < sizeof e->source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct script_checks checks = {.variable = variable, .has_url = true};
    struct slice text = slice_make(data, size);
    unsigned lines = count_lines(text);
    size_t count[2] = {0, 0};
    char *copy = malloc(size + 1);
    bool left_out;

    assert(copy);
    memcpy(copy, data, size);
    copy[size] = '\0';
    left_out = strlen(copy) < size || is_left_out(copy);
    free(copy);
    for (int i = 0; i < 2 && !left_out; i++) {
        struct script_error error;
        struct script s;

        if (script_parse_text(&s, "t", text, &checks, &error) == 0)
            count[i] = 1 + check_script(&s, lines);
        else
            check_error(&error, lines);
        script_clear(&s);
    }
    assert(count[0] == count[1]);
    return 0;
}
