/* An expected frame: its parts, written as those of the command `frame`. */
#include <stdlib.h>

#include "base/codec.h"
#include "base/decimal.h"
#include "script/expect/expect.h"
#include "script/expect/parse.h"

static int nomem(struct err *e)
{
    return err_nomem(e, STAGE_USAGE, "reading an expectation");
}

int expect_bytes_parse(struct expect *x, struct slice digits, size_t at, struct err *e)
{
    long column = hex_decode(&x->bytes, digits);

    if (column < 0)
        return nomem(e);
    if (column > 0)
        return err_at(e, at + (size_t)column - 1, "pairs of hexadecimal digits are expected here");
    x->exact_bytes = true;
    return 0;
}

static int frame_number(const char *value, uint64_t max, uint64_t *number, size_t at, struct err *e)
{
    if (!decimal_read(slice_str(value), max, number))
        return err_at(e, at, "fin= and masked= are 0 or 1, rsv= is 0 to 7, len= a number of bytes");
    return 0;
}

static int frame_op(struct expect *x, const char *value, size_t at, struct err *e)
{
    uint64_t n;

    x->given |= EXPECT_FRAME_OP;
    for (unsigned op = 0; op < 16; op++) {
        const char *name = opcode_name(op);

        if (name && strcmp(name, value) == 0) {
            x->opcode = (uint8_t)op;
            return 0;
        }
    }
    if (!decimal_read(slice_str(value), 15, &n))
        return err_at(e, at, "op= is text, binary, cont, close, ping, pong or a number up to 15");
    x->opcode = (uint8_t)n;
    return 0;
}

static int frame_part(struct expect *x, const char *name, const char *value, size_t at,
                      struct err *e)
{
    uint64_t n = 0;
    int status = 0;

    if (strcmp(name, "op") == 0)
        return frame_op(x, value, at, e);
    if ((strcmp(name, "text") == 0 || strcmp(name, "hex") == 0) &&
        (x->pattern.given || x->exact_bytes))
        return err_at(e, at, "give the payload once, with text= or hex=");
    if (strcmp(name, "text") == 0)
        return pattern_parse(&x->pattern, slice_str(value), false, e);
    if (strcmp(name, "hex") == 0)
        return expect_bytes_parse(x, slice_str(value), at + 4, e);
    if (strcmp(name, "fin") == 0) {
        status = frame_number(value, 1, &n, at, e);
        x->given |= EXPECT_FRAME_FIN;
        x->fin = n == 1;
    } else if (strcmp(name, "rsv") == 0) {
        status = frame_number(value, 7, &n, at, e);
        x->given |= EXPECT_FRAME_RSV;
        x->rsv = (uint8_t)n;
    } else if (strcmp(name, "masked") == 0) {
        status = frame_number(value, 1, &n, at, e);
        x->given |= EXPECT_FRAME_MASKED;
        x->masked = n == 1;
    } else if (strcmp(name, "len") == 0) {
        status = frame_number(value, UINT64_MAX, &x->length, at, e);
        x->given |= EXPECT_FRAME_LEN;
    } else {
        status = err_at(e, at,
                        "the parts of an expected frame are op, fin, rsv, masked, len, text "
                        "and hex");
    }
    return status;
}

int expect_frame_parse(struct expect *x, struct slice text, size_t at0, struct err *e)
{
    char *copy = strndup(text.len ? (const char *)text.data : "", text.len);
    const char *at = copy;
    struct buf word;
    int status = copy ? 0 : nomem(e);

    buf_init(&word, EXPECT_BINARY_MAX);
    while (status == 0 && (status = parse_word(&at, &word, e)) > 0) {
        size_t where = at0 + (size_t)(at - copy) - word.len;
        char *equals;

        status = buf_append(&word, "", 1) < 0 ? nomem(e) : 0;
        equals = status == 0 ? strchr((char *)buf_data(&word), '=') : NULL;
        if (status == 0 && !equals)
            status = err_at(e, where, "the parts of a frame are written name=value");
        if (status < 0 || !equals)
            break;
        *equals = '\0';
        status = frame_part(x, (const char *)buf_data(&word), equals + 1, where, e);
    }
    buf_clear(&word);
    free(copy);
    return status;
}
