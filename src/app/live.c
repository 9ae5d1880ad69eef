#include "app/live.h"

#include <string.h>

#include "sink/term_safe.h"

static void put(struct live *live, const struct buf *text)
{
    out_put(live->output->out, buf_data(text), text->len);
    output_check(live->output);
}

/* Columns of a line without the sequences of styles in it. */
static size_t line_columns(const uint8_t *line, size_t len)
{
    size_t columns = 0;

    for (size_t i = 0; i < len;) {
        size_t from = i;

        if (line[i] == 0x1b) {
            while (i < len && line[i] != 'm')
                i++;
            i++;
            continue;
        }
        while (i < len && line[i] != 0x1b)
            i++;
        columns += (size_t)term_width(slice_make(line + from, i - from));
    }
    return columns;
}

/* Rows that the text takes on the terminal: a line that is too long takes several. */
static unsigned rows_of(const struct buf *text, int columns)
{
    const uint8_t *at = buf_data(text);
    size_t left = text->len;
    unsigned rows = 0;

    while (left > 0) {
        const uint8_t *end = memchr(at, '\n', left);
        size_t len = end ? (size_t)(end - at) : left;
        size_t wide = line_columns(at, len);

        rows += columns > 0 && wide > 0 ? (unsigned)((wide - 1) / (size_t)columns) + 1 : 1;
        left -= len + (end != NULL);
        at += len + 1;
    }
    return rows;
}

void live_erase(struct live *live)
{
    struct buf text;

    if (!live->output || live->rows == 0)
        return;
    buf_init(&text, 64);
    buf_printf(&text, "\r\033[%uA\033[J", live->rows);
    put(live, &text);
    buf_clear(&text);
    live->rows = 0;
}

void live_paint(struct live *live, const struct buf *text)
{
    live_erase(live);
    put(live, text);
    live->rows = rows_of(text, live->columns);
}

bool live_blocked(const struct live *live)
{
    return live->output->full || live->output->failed;
}
