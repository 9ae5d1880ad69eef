#include "verb/complete/complete.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "sink/term_safe.h"
#include "verb/complete/complete_private.h"

/* "-abVALUE": the row of the last letter, and its value if it has one there. */
static const struct option_row *read_letters(const struct verbs *verbs, const char *word,
                                             const char **value)
{
    const struct option_row *row = NULL;

    *value = NULL;
    for (const char *at = word + 1; *at; at++) {
        row = options_row_lettered(verbs, *at);
        if (row && row->arg == OPTION_VALUE) {
            *value = at[1] ? at + 1 : NULL;
            break;
        }
    }
    return row;
}

/* The row of that long name, that of the command if several have one; NULL: there is none. */
static const struct option_row *row_of_name(const struct command_line *c, const char *name,
                                            size_t len)
{
    const struct option_row *row, *found = NULL;

    for (size_t i = 0; (row = options_nth(c->verbs, i)) != NULL; i++) {
        if (row->name && strncmp(row->name, name, len) == 0 && row->name[len] == '\0' &&
            (!found || option_fits(row, c->verb)))
            found = row;
    }
    return found;
}

/* The row of an option and its value, if the word has one. */
static const struct option_row *read_option(const struct command_line *c, const char *word,
                                            const char **value)
{
    size_t len;

    if (word[1] != '-')
        return read_letters(c->verbs, word, value);
    len = strcspn(word + 2, "=");
    *value = word[2 + len] ? word + 2 + len + 1 : NULL;
    return row_of_name(c, word + 2, len);
}

static bool is_option(const struct command_line *c, const char *word)
{
    return !c->ended && word[0] == '-' && word[1] != '\0';
}

static const char *read_operand(struct command_line *c, const char *word)
{
    const struct verb *verb = c->operands == 0 ? verb_named(c->verbs, word) : NULL;

    c->operands++;
    if (!verb)
        return c->verb->operand;
    c->verb = verb;
    return NULL;
}

const char *command_line_read(struct command_line *c, const char *word, const char **value)
{
    const struct option_row *row = c->pending;

    *value = word;
    c->pending = NULL;
    if (row)
        return row->values;
    if (!is_option(c, word))
        return read_operand(c, word);
    c->ended = strcmp(word, "--") == 0;
    row = read_option(c, word, value);
    if (!row || *value)
        return row ? row->values : NULL;
    c->pending = row->arg == OPTION_VALUE ? row : NULL;
    return NULL;
}

/* Whether a terminal would only show it. */
static bool is_harmless(const char *text)
{
    size_t len = strlen(text);

    for (const char *at = text; *at;) {
        uint32_t code;
        int n = utf8_decode((const uint8_t *)at, len - (size_t)(at - text), &code);

        if (n <= 0 || code < ' ' || (code >= 0x7f && code < 0xa0) || term_hidden(code))
            return false;
        at += n;
    }
    return true;
}

void complete_offer(struct completing *c, const char *text, bool whole, const char *help)
{
    const char *begun = c->word + c->kept;

    if (strncmp(text, begun, strlen(begun)) != 0 || !is_harmless(text))
        return;
    buf_printf(c->out, "%s\t%.*s%s\t%s\n", whole ? "word" : "part", (int)c->kept, c->word, text,
               help ? help : "");
}

/* Letters are offered before the first one is typed, or all of them would hide the names. */
static void offer_options(struct completing *c)
{
    const struct option_row *row;

    for (size_t i = 0; (row = options_nth(c->line->verbs, i)) != NULL; i++) {
        char spelling[64];

        if (!option_fits(row, c->line->verb))
            continue;
        snprintf(spelling, sizeof spelling, "-%c", row->letter);
        if (row->letter && c->word[1] == '\0')
            complete_offer(c, spelling, true, row->help);
        snprintf(spelling, sizeof spelling, "--%s%s", row->name ? row->name : "",
                 row->arg == OPTION_OPTIONAL ? "=" : "");
        if (row->name && row->arg == OPTION_OPTIONAL)
            complete_offer(c, spelling, false, row->help);
        spelling[strcspn(spelling, "=")] = '\0';
        if (row->name)
            complete_offer(c, spelling, true, row->help);
    }
}

static void offer_operands(struct completing *c)
{
    const struct verb *verb = c->line->verb;
    size_t named = verb->name[0] != '\0';

    if (c->line->operands == 0)
        complete_value(c, "COMMAND");
    if (c->line->operands < verb->operand_max || c->line->operands - named < verb->operand_max)
        complete_value(c, verb->operand);
}

static void answer(struct completing *c)
{
    const struct option_row *row = c->line->pending;
    const char *value = c->word;

    if (!row && is_option(c->line, c->word)) {
        row = read_option(c->line, c->word, &value);
        if (!row || !value) {
            offer_options(c);
            return;
        }
    } else if (!row && !c->line->ended && strcmp(c->word, "-") == 0) {
        offer_options(c);
        return;
    }
    c->kept = (size_t)(value - c->word);
    if (!row)
        offer_operands(c);
    else if (row->arg != OPTION_FLAG && option_fits(row, c->line->verb))
        complete_value(c, row->values);
}

bool complete_wanted(int argc, char *const *argv)
{
    return argc > 1 && strcmp(argv[1], "--complete") == 0;
}

enum exit_code complete_run(const struct verbs *verbs, int argc, char *const *argv)
{
    struct command_line line = {.verbs = verbs, .verb = verbs->rows[0]};
    struct completing c = {.line = &line, .word = argc > 2 ? argv[argc - 1] : ""};
    struct buf out;
    const char *value;
    bool whole;

    buf_init(&out, 1024 * 1024);
    c.out = &out;
    for (int i = 2; i < argc - 1; i++)
        command_line_read(&line, argv[i], &value);
    answer(&c);
    whole = buf_write(&out, stdout) && fflush(stdout) == 0;
    buf_clear(&out);
    return whole ? EXIT_OK : EXIT_OTHER;
}
