/* Setters that check a value's form and store it at row->field, whatever the option. */
#include "cli/options_private.h"

#include "base/codec.h"
#include "base/decimal.h"

void *options_place(const struct options_parsing *p, const struct option_use *use)
{
    return (char *)(use->row->sets ? (void *)p->o : p->own) + use->row->field;
}

int options_set_none(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    (void)p;
    (void)use;
    (void)e;
    return 0;
}

int options_set_flag(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    (void)e;
    *(bool *)options_place(p, use) = true;
    return 0;
}

int options_set_text(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    if (use->value[0] == '\0' && strcmp(use->row->name, "on-connect") != 0)
        return usage_error(e, "%s takes %s, not an empty text", use->typed, use->row->metavar);
    *(const char **)options_place(p, use) = use->value;
    return 0;
}

static int bad_seconds(const struct option_use *use, const char *above, struct err *e)
{
    return usage_error(e, "%s takes seconds%s (\"0.5\", \"30\", \"500ms\", \"2m\"), not \"%s\"",
                       use->typed, above, options_quote(use->value).text);
}

int options_set_seconds(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    if (duration_parse(slice_str(use->value), options_place(p, use)) != 0)
        return bad_seconds(use, "", e);
    return 0;
}

int options_set_positive_seconds(struct options_parsing *p, const struct option_use *use,
                                 struct err *e)
{
    uint64_t us;

    if (duration_parse(slice_str(use->value), &us) != 0)
        return bad_seconds(use, "", e);
    if (us == 0)
        return bad_seconds(use, " above 0", e);
    *(uint64_t *)options_place(p, use) = us;
    return 0;
}

static int parse_size(const struct option_use *use, uint64_t max, uint64_t *bytes, struct err *e)
{
    if (size_parse(use->value, bytes) != 0 || *bytes == 0 || *bytes > max)
        return usage_error(
            e, "%s takes a size above 0 (\"4096\", \"64k\", \"1M\", \"2G\"), not \"%s\"",
            use->typed, options_quote(use->value).text);
    return 0;
}

int options_set_size(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    return parse_size(use, UINT64_MAX, options_place(p, use), e);
}

/* As options_set_size, for what must fit into memory. */
int options_set_bytes(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    uint64_t bytes;

    if (parse_size(use, SIZE_MAX / 4, &bytes, e) != 0)
        return -1;
    *(size_t *)options_place(p, use) = (size_t)bytes;
    return 0;
}

int options_set_number(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    uint64_t number;

    if (!decimal_read(slice_str(use->value), UINT64_MAX, &number) || number == 0)
        return usage_error(e, "%s takes a whole number above 0, not \"%s\"", use->typed,
                           options_quote(use->value).text);
    *(uint64_t *)options_place(p, use) = number;
    return 0;
}

/* Append to a text of `size` bytes that has its NUL; what does not fit is left out. */
static void append(char *text, size_t size, const char *more, size_t len)
{
    size_t have = strlen(text);

    if (len > size - 1 - have)
        len = size - 1 - have;
    memcpy(text + have, more, len);
    text[have + len] = '\0';
}

int options_word_index(const struct option_use *use, struct err *e)
{
    char list[160] = "";
    const char *at = use->row->values;

    for (int i = 0;; i++) {
        size_t len = strcspn(at, "|");

        if (strlen(use->value) == len && memcmp(use->value, at, len) == 0)
            return i;
        append(list, sizeof list, "\"", 1);
        append(list, sizeof list, at, len);
        append(list, sizeof list, "\"", 1);
        if (at[len] == '\0')
            break;
        at += len + 1;
        if (strchr(at, '|'))
            append(list, sizeof list, ", ", 2);
        else
            append(list, sizeof list, " or ", 4);
    }
    return usage_error(e, "%s takes %s, not \"%s\"", use->typed, list,
                       options_quote(use->value).text);
}

int options_set_word(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    int index = options_word_index(use, e);

    if (index < 0)
        return -1;
    *(enum when *)options_place(p, use) = (enum when)index;
    return 0;
}

int options_set_stamps(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    int index = use->value ? options_word_index(use, e) : 0;

    if (index < 0)
        return -1;
    *(enum view_stamps *)options_place(p, use) = (enum view_stamps)(STAMPS_ABS + index);
    return 0;
}

int options_set_tls_version(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    int index = options_word_index(use, e);

    if (index < 0)
        return -1;
    *(int *)options_place(p, use) = 12 + index;
    return 0;
}
