#include "base/ascii.h"
#include "base/decimal.h"
#include "script/expect/parse.h"
#include "script/script.h"

static bool begins_name(char c)
{
    return is_letter(c) || c == '_';
}

static bool is_name_byte(char c)
{
    return begins_name(c) || is_digit(c) || c == '-';
}

bool script_name_valid(struct slice name)
{
    if (name.len == 0 || name.len >= SCRIPT_NAME_MAX || !begins_name((char)name.data[0]))
        return false;
    for (size_t i = 1; i < name.len; i++) {
        if (!is_name_byte((char)name.data[i]))
            return false;
    }
    return true;
}

/* How long "{{NAME}}" at the front of text is; 0: there is something else. */
static size_t variable_length(const char *text, char name[SCRIPT_NAME_MAX])
{
    const char *from, *end;
    size_t prefix;

    if (strncmp(text, "{{", 2) != 0)
        return 0;
    from = text + 2;
    prefix = strncmp(from, "env:", 4) == 0 ? 4 : 0;
    for (end = from + prefix; is_name_byte(*end); end++)
        ;
    if (strncmp(end, "}}", 2) != 0 ||
        !script_name_valid(slice_make(from + prefix, (size_t)(end - from) - prefix)) ||
        (size_t)(end - from) >= SCRIPT_NAME_MAX)
        return 0;
    memcpy(name, from, (size_t)(end - from));
    name[end - from] = '\0';
    return (size_t)(end - text) + 2;
}

bool script_next_variable(const char *text, size_t *at, char name[SCRIPT_NAME_MAX], size_t *start)
{
    for (size_t i = *at; text[i]; i++) {
        size_t n;

        if (text[i] == '\\' && text[i + 1] == '{' && text[i + 2] == '{') {
            i += 2;
            continue;
        }
        n = text[i] == '{' ? variable_length(text + i, name) : 0;
        if (n == 0)
            continue;
        *start = i;
        *at = i + n;
        return true;
    }
    return false;
}

/* Append n bytes, with "\{{" replaced by "{{". */
static int put_plain(struct buf *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\\' && n - i > 2 && text[i + 1] == '{' && text[i + 2] == '{') {
            if (buf_append(out, "{{", 2) < 0)
                return -1;
            i += 2;
        } else if (buf_append(out, text + i, 1) < 0) {
            return -1;
        }
    }
    return 0;
}

int script_fill(struct buf *out, const char *text, script_lookup_fn *lookup, void *ctx,
                char missing[SCRIPT_NAME_MAX])
{
    size_t at = 0, from = 0, start = 0;
    char name[SCRIPT_NAME_MAX];

    missing[0] = '\0';
    while (script_next_variable(text, &at, name, &start)) {
        const char *value = lookup(ctx, name);

        if (!value) {
            memcpy(missing, name, sizeof name);
            return -1;
        }
        if (put_plain(out, text + from, start - from) < 0 || buf_append_str(out, value) < 0)
            return -1;
        from = at;
    }
    return put_plain(out, text + from, strlen(text + from));
}

static char *cut_word(char *text)
{
    char *end = text + strcspn(text, " \t");

    if (*end)
        *end++ = '\0';
    return end + strspn(end, " \t");
}

void script_option_split(char *copy, const char **name, const char **value)
{
    char *equals = copy + strcspn(copy, "= \t");

    *name = copy;
    if (copy[0] == '-' && copy[1] == '-')
        *name = copy + 2;
    if (*equals == '=') {
        *equals = '\0';
        *value = equals + 1;
        return;
    }
    *value = cut_word(copy);
    if (!**value)
        *value = NULL;
}

bool script_rounds(const char *args, uint64_t *rounds)
{
    return decimal_read(slice_str(args), SCRIPT_REPEAT_MAX, rounds) && *rounds > 0;
}

bool script_pair_split(char *copy, const char **name, const char **rest)
{
    *name = copy;
    *rest = cut_word(copy);
    return **name && **rest;
}
