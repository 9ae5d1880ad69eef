#include "script/script_lines.h"

#include <stdlib.h>

#include "base/blank.h"
#include "base/utf8.h"

void script_lines_init(struct script_lines *l, struct slice text)
{
    size_t mark = text.len >= 3 ? utf8_mark((const char *)text.data) : 0;

    *l = (struct script_lines){.rest = slice_from(text, mark)};
    buf_init(&l->text, SCRIPT_FILE_MAX + 1);
    buf_init(&l->here, SCRIPT_FILE_MAX + 1);
}

void script_lines_clear(struct script_lines *l)
{
    buf_clear(&l->text);
    buf_clear(&l->here);
    free(l->pieces);
    l->pieces = NULL;
    l->piece_count = 0;
}

/* The next line of the file, without its end. */
static bool physical(struct script_lines *l, struct slice *line)
{
    const uint8_t *newline;

    if (l->rest.len == 0)
        return false;
    newline = memchr(l->rest.data, '\n', l->rest.len);
    line->data = l->rest.data;
    line->len = newline ? (size_t)(newline - l->rest.data) : l->rest.len;
    l->rest.data += line->len + (newline != NULL);
    l->rest.len -= line->len + (newline != NULL);
    if (line->len > 0 && line->data[line->len - 1] == '\r')
        line->len--;
    l->number++;
    return true;
}

/* Add a line of the file to the joined one. */
static int add(struct script_lines *l, struct slice source, struct slice part)
{
    struct line_piece *more = realloc(l->pieces, (l->piece_count + 1) * sizeof *more);

    if (!more)
        return -1;
    l->pieces = more;
    more[l->piece_count++] = (struct line_piece){
        .at = l->text.len,
        .number = l->number,
        .source = source,
        .skipped = (size_t)(part.data - source.data),
    };
    return buf_append_slice(&l->text, part);
}

/* True and the word, if the line ends with <<WORD. */
static bool here_word(const struct script_lines *l, struct slice *word)
{
    struct slice text = buf_slice(&l->text);
    size_t from = text.len;

    while (from > 0 && !is_blank(text.data[from - 1]))
        from--;
    if (from == 0 || text.len - from < 3 || memcmp(text.data + from, "<<", 2) != 0)
        return false;
    *word = slice_from(text, from + 2);
    return script_name_valid(*word);
}

static enum lines_result take_here(struct script_lines *l, struct slice word)
{
    struct slice line;
    bool first = true;

    while (physical(l, &line)) {
        if (slice_equal(blank_trim(line), word)) {
            size_t cut = word.len + 2;
            struct slice before;

            l->has_here = true;
            l->text.len -= cut;
            before = blank_trim(buf_slice(&l->text));
            l->text.len = before.len;
            if (buf_append(&l->here, "", 1) < 0)
                return LINES_NOMEM;
            return LINES_LINE;
        }
        if (memchr(line.data, '\0', line.len))
            return LINES_NUL;
        if ((!first && buf_append_str(&l->here, "\n") < 0) || buf_append_slice(&l->here, line) < 0)
            return LINES_NOMEM;
        first = false;
    }
    return LINES_NO_END;
}

enum lines_result script_lines_next(struct script_lines *l)
{
    struct slice source, part, word;
    enum lines_result result = LINES_LINE;

    buf_reset(&l->text);
    buf_reset(&l->here);
    l->piece_count = 0;
    l->has_here = false;
    do {
        if (!physical(l, &source))
            return LINES_END;
        part = blank_trim(source);
    } while (part.len == 0 || part.data[0] == '#');
    for (;;) {
        bool goes_on = part.len > 0 && part.data[part.len - 1] == '\\';

        if (memchr(part.data, '\0', part.len)) {
            /* The reported position is its own. */
            if (add(l, source, slice_make(memchr(part.data, '\0', part.len), 0)) < 0)
                return LINES_NOMEM;
            result = LINES_NUL;
            break;
        }
        part.len -= goes_on;
        if (add(l, source, part) < 0)
            return LINES_NOMEM;
        if (!goes_on)
            break;
        if (!physical(l, &source)) {
            result = LINES_CUT;
            break;
        }
        part = blank_trim(source);
    }
    if (result == LINES_LINE && here_word(l, &word)) {
        result = take_here(l, word);
    }
    return buf_append(&l->text, "", 1) < 0 ? LINES_NOMEM : result;
}

/* The line is cut so that the place is in it; tabs are kept, for the caret to follow. */
static void show_line(struct slice line, size_t at, struct script_error *error)
{
    size_t from = 0, room = sizeof error->source - 1, n;

    if (at > 100)
        from = at - 60;
    from = utf8_cut(line, from);
    n = utf8_cut(line, line.len - from < room ? line.len : from + room) - from;
    memcpy(error->source, line.data + from, n);
    error->source[n] = '\0';
    error->caret = utf8_count(slice_make(line.data + from, at - from));
}

void script_lines_place(const struct script_lines *l, size_t at, struct script_error *error)
{
    const struct line_piece *piece = l->pieces;
    size_t column;

    if (l->piece_count == 0)
        return;
    for (size_t i = 1; i < l->piece_count && l->pieces[i].at <= at; i++)
        piece = &l->pieces[i];
    column = piece->skipped + (at - piece->at);
    if (column > piece->source.len)
        column = piece->source.len;
    error->place.line = piece->number;
    error->place.column = (unsigned)utf8_count(slice_make(piece->source.data, column)) + 1;
    show_line(piece->source, column, error);
}
