#include "sink/transcribe_line.h"

#include <stdio.h>

#include "base/blank.h"
#include "base/utf8.h"
#include "sink/term_safe.h"

bool transcribe_line_holds(struct slice text)
{
    size_t i = 0;

    while (i < text.len) {
        uint32_t code;
        int len = utf8_decode(text.data + i, text.len - i, &code);

        if (len < 0 || (code < 0x20 && code != '\n' && code != '\t') || code == 0x7F ||
            term_hidden(code))
            return false;
        i += (size_t)len;
    }
    return true;
}

/* The n-th word from the end, 0 the last; empty if there are fewer. */
static struct slice word_from_end(struct slice text, unsigned n)
{
    size_t end = text.len, from;

    for (;;) {
        while (end > 0 && is_blank(text.data[end - 1]))
            end--;
        for (from = end; from > 0 && !is_blank(text.data[from - 1]); from--)
            ;
        if (n-- == 0 || from == 0)
            break;
        end = from;
    }
    return n + 1 == 0 ? slice_make(text.data + from, end - from) : slice_str("");
}

/* Would it be read back unchanged from one line? Not if it ends like a continued line, a here-text
 * or a time limit, or looks like a regular expression. */
static bool fits_line(struct slice text)
{
    struct slice last;

    if (text.len == 0 || memchr(text.data, '\n', text.len) || is_blank(text.data[0]) ||
        is_blank(text.data[text.len - 1]) || text.data[0] == '/' || text.data[text.len - 1] == '\\')
        return false;
    last = word_from_end(text, 0);
    if (slice_begins(last, "<<"))
        return false;
    return !slice_is(last, "within") && !slice_is(word_from_end(text, 1), "within");
}

/* "{{" would begin a variable: "\{{" is a literal one. */
static int append_plain(struct buf *out, struct slice text)
{
    size_t from = 0;

    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.data[i] != '{' || text.data[i + 1] != '{')
            continue;
        if (buf_append(out, text.data + from, i - from) < 0 || buf_append_str(out, "\\{{") < 0)
            return -1;
        from = i + 2;
        i++;
    }
    return buf_append(out, text.data + from, text.len - from);
}

/* Is the word a line of the text? */
static bool has_line(struct slice text, const char *word)
{
    size_t i = 0;

    while (i < text.len) {
        const uint8_t *newline = memchr(text.data + i, '\n', text.len - i);
        size_t end = newline ? (size_t)(newline - text.data) : text.len;

        if (slice_is(blank_trim(slice_make(text.data + i, end - i)), word))
            return true;
        i = end + 1;
    }
    return false;
}

static int here_text(struct buf *out, const char *head, struct slice text, const char *tail)
{
    char word[24] = "END";

    for (unsigned i = 2; has_line(text, word); i++)
        snprintf(word, sizeof word, "END%u", i);
    if (buf_printf(out, "%s%s <<%s\n", head, tail, word) < 0)
        return -1;
    if (text.len > 0 && (append_plain(out, text) < 0 || buf_append(out, "\n", 1) < 0))
        return -1;
    return buf_printf(out, "%s\n", word);
}

int transcribe_line(struct buf *out, const char *head, struct slice text, const char *tail)
{
    if (!text.data)
        return buf_printf(out, "%s%s\n", head, tail);
    if (!fits_line(text))
        return here_text(out, head, text, tail);
    return buf_printf(out, "%s ", head) < 0 || append_plain(out, text) < 0 ||
                   buf_printf(out, "%s\n", tail) < 0
               ? -1
               : 0;
}
