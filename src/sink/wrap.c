#include "sink/wrap.h"

#include "sink/term_safe.h"

#define ESC 0x1B

/* Of a line and its indentation, at most half the width. */
#define HANG 2

int wrap_width(struct slice text)
{
    int columns = 0;
    const uint8_t *colour, *end;

    while (text.len > 0 && (colour = memchr(text.data, ESC, text.len)) != NULL) {
        columns += term_width(slice_make(text.data, (size_t)(colour - text.data)));
        text = slice_from(text, (size_t)(colour - text.data));
        end = memchr(text.data, 'm', text.len);
        text = slice_from(text, end ? (size_t)(end - text.data) + 1 : text.len);
    }
    return columns + term_width(text);
}

/* The next line, without its end. */
static struct slice line_at(struct slice text, size_t from)
{
    const uint8_t *end = memchr(text.data + from, '\n', text.len - from);

    return slice_make(text.data + from, end ? (size_t)(end - text.data) - from : text.len - from);
}

bool wrap_fits(struct slice text, int columns)
{
    for (size_t i = 0; i < text.len;) {
        struct slice line = line_at(text, i);

        if (line.len > (size_t)columns && wrap_width(line) > columns)
            return false;
        i += line.len + 1;
    }
    return true;
}

static int indentation(struct slice line, int columns)
{
    int n = 0;

    while ((size_t)n < line.len && line.data[n] == ' ')
        n++;
    n += HANG;
    return n < columns / 2 ? n : columns / 2;
}

/* Where the word ends that begins at i, and the blanks before it. */
static size_t word_end(struct slice line, size_t i)
{
    while (i < line.len && line.data[i] == ' ')
        i++;
    while (i < line.len && line.data[i] != ' ')
        i++;
    return i;
}

static int put_line(struct buf *out, struct slice line, int columns)
{
    const int indent = indentation(line, columns);
    int column = 0;
    bool begun = false; /* the row has a word */
    size_t i = 0;

    while (i < line.len) {
        size_t end = word_end(line, i), blanks = i;
        struct slice word;
        int width;

        while (blanks < end && line.data[blanks] == ' ')
            blanks++;
        word = slice_make(line.data + blanks, end - blanks);
        width = wrap_width(word);
        if (begun && column + (int)(blanks - i) + width > columns && width <= columns - indent) {
            if (buf_printf(out, "\n%*s", indent, "") < 0)
                return -1;
            column = indent;
            i = blanks;
        }
        if (buf_append(out, line.data + i, end - i) < 0)
            return -1;
        column += (int)(blanks - i) + width;
        if (column > columns)
            column %= columns; /* the terminal has broken the word */
        begun = begun || word.len > 0;
        i = end;
    }
    return 0;
}

int wrap_text(struct buf *out, struct slice text, int columns)
{
    for (size_t i = 0; i < text.len;) {
        struct slice line = line_at(text, i);
        bool ends = i + line.len < text.len;
        int failed;

        if (line.len <= (size_t)columns || wrap_width(line) <= columns)
            failed = buf_append_slice(out, line);
        else
            failed = put_line(out, line, columns);
        if (failed < 0 || (ends && buf_append(out, "\n", 1) < 0))
            return -1;
        i += line.len + 1;
    }
    return 0;
}
