#include "cli/config.h"

#include "base/utf8.h"

#include <string.h>

#define BLANKS " \t\r\f\v"

void config_open(struct config_reader *r, char *text)
{
    r->rest = text + utf8_mark(text);
    r->number = 0;
}

/* Cut the blanks off both ends of from..end, which becomes a string. */
static char *trim(char *from, char *end)
{
    while (from < end && strchr(BLANKS, *from))
        from++;
    while (end > from && strchr(BLANKS, end[-1]))
        end--;
    *end = '\0';
    return from;
}

static int wrong(struct err *e, const char *what, const char *hint)
{
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s", what);
    err_hint(e, "%s", hint);
    return -1;
}

/* "[profile NAME]" or "[alias]", trimmed. */
static int read_section(char *text, struct config_line *line, struct err *e)
{
    static const char word[] = "profile";
    static const char hint[] = "a section begins with a line like [profile NAME], or [alias]";
    char *close = strchr(text, ']');
    char *name;

    if (!close)
        return wrong(e, "a \"[\" that begins a section has no \"]\"", hint);
    if (close[1])
        return wrong(e, "there is text after the \"]\" of a section", hint);
    text = trim(text + 1, close);
    if (strcmp(text, "alias") == 0) {
        line->aliases = true;
        return 1;
    }
    if (strncmp(text, word, sizeof word - 1) != 0 ||
        (text[sizeof word - 1] && !strchr(BLANKS, text[sizeof word - 1])))
        return wrong(e, "a section is not a profile", hint);
    name = text + sizeof word - 1;
    name = trim(name, name + strlen(name));
    if (!*name)
        return wrong(e, "a profile has no name", hint);
    line->profile = name;
    return 1;
}

/* "key" or "key = value", trimmed. */
static int read_setting(char *text, struct config_line *line, struct err *e)
{
    char *equals = strchr(text, '=');

    if (equals) {
        char *value = equals + 1;

        line->value = trim(value, value + strlen(value));
        text = trim(text, equals);
    }
    if (!*text)
        return wrong(e, "there is no option before the \"=\"", "a line is written option = value");
    line->key = text;
    return 1;
}

int config_next(struct config_reader *r, struct config_line *line, struct err *e)
{
    *line = (struct config_line){0};
    while (*r->rest) {
        char *text = r->rest;
        size_t len = strcspn(text, "\n");

        r->rest = text + len + (text[len] == '\n');
        r->number++;
        text = trim(text, text + len);
        if (*text == '[')
            return read_section(text, line, e);
        if (*text && *text != '#')
            return read_setting(text, line, e);
    }
    return 0;
}
