#include "verb/run/script_error.h"

#include "app/complain.h"
#include "base/utf8.h"
#include "sink/term_safe.h"

/* The bytes of the source line before the caret. */
static size_t before_caret(const struct script_error *error)
{
    const char *at = error->source;

    for (size_t i = 0; i < error->caret && *at; i++) {
        for (at++; utf8_continues(*at); at++)
            ;
    }
    return (size_t)(at - error->source);
}

/* The caret is below its character: as many blanks as what is before it takes, but tabs stay tabs.
 */
static int print_caret(struct buf *out, const struct script_error *error)
{
    size_t end = before_caret(error), from = 0;
    int status = buf_append_str(out, "  ");

    while (from < end && status == 0) {
        size_t n = from;
        struct buf part;

        while (n < end && error->source[n] != '\t')
            n++;
        buf_init(&part, 8 * sizeof error->source);
        status |= term_safe(&part, slice_make(error->source + from, n - from), complain_flags());
        for (int i = term_width(buf_slice(&part)); i > 0; i--)
            status |= buf_append(out, " ", 1);
        if (n < end)
            status |= buf_append(out, "\t", 1);
        buf_clear(&part);
        from = n + 1;
    }
    return status | buf_append_str(out, "^\n");
}

static int print_safe(struct buf *out, const char *text)
{
    return term_safe(out, slice_str(text), complain_flags());
}

int script_error_print(struct buf *out, const struct script_error *error)
{
    const struct script_place *at = &error->place;
    int status = buf_append_str(out, "wscope: ");

    if (at->file)
        status |= print_safe(out, at->file);
    if (at->file && at->line > 0)
        status |= buf_printf(out, ":%u:%u", at->line, at->column);
    status |= buf_append_str(out, at->file ? ": " : "") | print_safe(out, error->err.text) |
              buf_append(out, "\n", 1);
    if (error->source[0])
        status |= buf_append_str(out, "  ") | print_safe(out, error->source) |
                  buf_append(out, "\n", 1) | print_caret(out, error);
    if (error->err.hint[0])
        status |= buf_append_str(out, "  hint: ") | print_safe(out, error->err.hint) |
                  buf_append(out, "\n", 1);
    return status < 0 ? -1 : 0;
}
