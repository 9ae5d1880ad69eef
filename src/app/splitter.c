#include "app/splitter.h"

#include "base/codec.h"

void splitter_init(struct splitter *s, const struct splitter_config *config)
{
    *s = (struct splitter){.config = *config, .number = 1};
    buf_init(&s->in, SPLITTER_PIECE + 2 * SPLITTER_BLOCK);
    buf_init(&s->decoded, SPLITTER_PIECE + 2 * SPLITTER_BLOCK);
}

void splitter_clear(struct splitter *s)
{
    buf_clear(&s->in);
    buf_clear(&s->decoded);
}

/* The last piece was looked at: its bytes can go. */
static void drop_used(struct splitter *s)
{
    buf_consume(&s->in, s->used);
    s->used = 0;
}

uint8_t *splitter_space(struct splitter *s, size_t *room)
{
    uint8_t *space;

    drop_used(s);
    space = buf_reserve(&s->in, SPLITTER_BLOCK);
    *room = space ? buf_room(&s->in) : 0;
    if (*room > s->in.max - s->in.len)
        *room = s->in.max - s->in.len;
    return space;
}

void splitter_filled(struct splitter *s, size_t n)
{
    buf_filled(&s->in, n);
}

void splitter_end(struct splitter *s)
{
    s->ended = true;
}

/* How the next piece is cut: `take` bytes are its content, `skip` more the delimiter. */
struct cut {
    size_t take, skip;
    bool final;
};

static bool cut_delimited(struct splitter *s, struct cut *cut)
{
    const uint8_t *bytes = buf_data(&s->in);
    uint8_t delimiter = s->config.form == SPLIT_NUL ? '\0' : '\n';
    const uint8_t *found = NULL;

    if (s->in.len > s->searched)
        found = memchr(bytes + s->searched, delimiter, s->in.len - s->searched);
    if (found) {
        size_t len = (size_t)(found - bytes);
        bool cr = s->config.crlf && len > 0 && bytes[len - 1] == '\r';

        s->searched = 0;
        *cut = (struct cut){.take = len - cr, .skip = 1u + cr, .final = true};
        return true;
    }
    s->searched = s->in.len;
    if (s->ended) {
        *cut = (struct cut){.take = s->in.len, .final = true};
        s->searched = 0;
        return s->in.len > 0 || s->inside;
    }
    if (s->in.len <= SPLITTER_PIECE)
        return false;
    /* A CR at the end may belong to the delimiter; the piece keeps clear of it. */
    *cut = (struct cut){.take = SPLITTER_PIECE};
    s->searched -= SPLITTER_PIECE;
    return true;
}

static bool cut_whole(const struct splitter *s, struct cut *cut)
{
    if (s->in.len > SPLITTER_PIECE)
        *cut = (struct cut){.take = SPLITTER_PIECE};
    else if (s->ended)
        *cut = (struct cut){.take = s->in.len, .final = true};
    else
        return false;
    /* The whole input is one message, even if empty; after it there are no more. */
    return !s->ended || s->in.len > 0 || s->inside || s->number == 1;
}

static bool cut_chunk(const struct splitter *s, struct cut *cut)
{
    uint64_t left = s->config.chunk - s->column;

    if (left <= s->in.len && left <= SPLITTER_PIECE)
        *cut = (struct cut){.take = (size_t)left, .final = true};
    else if (s->in.len >= SPLITTER_PIECE)
        *cut = (struct cut){.take = SPLITTER_PIECE};
    else if (s->ended && (s->in.len > 0 || s->inside))
        *cut = (struct cut){.take = s->in.len, .final = true};
    else
        return false;
    return true;
}

static int bad_input(const struct splitter *s, struct err *e, uint64_t column, const char *why,
                     const char *hint)
{
    const char *unit = s->config.form == SPLIT_NUL ? "record" : "line";

    if (s->config.form == SPLIT_WHOLE)
        err_set(e, EXIT_OTHER, STAGE_IO, 0, "%s, byte %llu: %s", s->config.what,
                (unsigned long long)column, why);
    else
        err_set(e, EXIT_OTHER, STAGE_IO, 0, "%s, %s %llu, column %llu: %s", s->config.what, unit,
                (unsigned long long)s->number, (unsigned long long)column, why);
    err_hint(e, "%s", hint);
    return -1;
}

static int check_text(struct splitter *s, const struct cut *cut, struct slice data, struct err *e)
{
    size_t good = utf8_check(&s->utf8, data.data, data.len);

    if (good == data.len && (!cut->final || utf8_complete(&s->utf8))) {
        return 0;
    }
    return bad_input(s, e, s->column + good + 1, "not UTF-8, so it can't be a text message",
                     "-b sends binary messages");
}

/* A piece of digits must end where a byte ends: shorten it to that. */
static void align_digits(const struct splitter *s, struct cut *cut)
{
    const uint8_t *bytes = buf_data(&s->in);
    size_t digits = 0, aligned = 0;

    if (cut->final)
        return;
    if (s->config.form == SPLIT_BASE64) {
        cut->take &= ~(size_t)3;
        return;
    }
    for (size_t i = 0; i < cut->take; i++) {
        if (bytes[i] != ' ' && bytes[i] != '\t')
            digits++;
        if (digits % 2 == 0)
            aligned = i + 1;
    }
    cut->take = aligned;
}

static int decode(struct splitter *s, struct slice *data, struct err *e)
{
    bool hex = s->config.form == SPLIT_HEX;
    long bad;

    buf_reset(&s->decoded);
    bad = hex ? hex_decode(&s->decoded, *data) : base64_decode(&s->decoded, *data);
    if (bad < 0)
        return err_nomem(e, STAGE_IO, "decoding a line");
    if (bad > 0)
        return bad_input(s, e, s->column + (uint64_t)bad, hex ? "not hexadecimal" : "not base64",
                         hex ? "--hex takes pairs of the digits 0-9 and a-f"
                             : "--base64 takes RFC 4648 base64 with padding");
    *data = buf_slice(&s->decoded);
    return 0;
}

int splitter_next(struct splitter *s, struct splitter_piece *piece, struct err *e)
{
    struct cut cut;
    struct slice data;
    bool digits = s->config.form == SPLIT_HEX || s->config.form == SPLIT_BASE64;
    bool binary = s->config.binary || digits || s->config.form == SPLIT_CHUNKS;
    bool there;

    drop_used(s);
    if (s->config.form == SPLIT_WHOLE)
        there = cut_whole(s, &cut);
    else if (s->config.form == SPLIT_CHUNKS)
        there = cut_chunk(s, &cut);
    else
        there = cut_delimited(s, &cut);
    if (!there)
        return 0;
    if (digits)
        align_digits(s, &cut);
    data = slice_make(buf_data(&s->in), cut.take);
    if (digits ? decode(s, &data, e) < 0 : !binary && check_text(s, &cut, data, e) < 0)
        return -1;
    *piece = (struct splitter_piece){
        .type = binary ? OPCODE_BINARY : OPCODE_TEXT,
        .data = data,
        .first = !s->inside,
        .final = cut.final,
    };
    s->used = cut.take + cut.skip;
    s->inside = !cut.final;
    s->column = cut.final ? 0 : s->column + cut.take;
    s->number += cut.final;
    return 1;
}

size_t splitter_lines(struct splitter *s, struct slice *lines, size_t max)
{
    const uint8_t *line, *newline, *end;
    bool text = !s->config.binary;
    size_t count = 0;

    drop_used(s);
    if (s->config.form != SPLIT_LINES || s->config.crlf || s->inside || s->searched > 0 ||
        s->in.len == 0)
        return 0;
    line = buf_data(&s->in);
    end = line + s->in.len;
    while (count < max && (newline = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        size_t len = (size_t)(newline - line);

        if (text && !utf8_valid(line, len))
            break; /* splitter_next reports where */
        lines[count++] = slice_make(line, len);
        line = newline + 1;
    }
    s->used = (size_t)(line - buf_data(&s->in));
    s->number += count;
    return count;
}
