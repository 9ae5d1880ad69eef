#include "script/expect/parse.h"

#include "base/blank.h"
#include "base/codec.h"
#include "base/decimal.h"

struct slice parse_name(const char *line, const char **args)
{
    const char *end = line;

    while (*end && !is_blank(*end) && *end != '\n')
        end++;
    *args = end;
    while (is_blank(**args))
        (*args)++;
    return slice_make(line, (size_t)(end - line));
}

static int usage_error(struct err *e, const char *text)
{
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s", text);
}

static int memory(struct err *e)
{
    return err_nomem(e, STAGE_USAGE, "reading the command");
}

static char escaped(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    default:
        return c;
    }
}

int parse_word(const char **at, struct buf *word, struct err *e)
{
    const char *p = *at;
    bool quoted = false;

    buf_reset(word);
    while (is_blank(*p))
        p++;
    if (!*p) {
        *at = p;
        return 0;
    }
    for (; *p && (quoted || !is_blank(*p)); p++) {
        char c = *p;

        if (c == '"') {
            quoted = !quoted;
            continue;
        }
        if (quoted && c == '\\' && p[1])
            c = escaped(*++p);
        if (buf_append(word, &c, 1) < 0)
            return memory(e);
    }
    if (quoted)
        return usage_error(e, "a quotation mark is not closed");
    *at = p;
    return 1;
}

static int set_op(struct frame_spec *spec, const char *value, struct err *e)
{
    uint64_t n;

    for (unsigned op = 0; op < 16; op++) {
        const char *name = opcode_name(op);

        if (name && strcmp(name, value) == 0) {
            spec->opcode = (uint8_t)op;
            return 0;
        }
    }
    if (!decimal_read(slice_str(value), 15, &n))
        return usage_error(e, "op= is text, binary, cont, close, ping, pong or a number up to 15");
    spec->opcode = (uint8_t)n;
    return 0;
}

static int set_mask(struct frame_spec *spec, const char *value, struct err *e)
{
    struct buf key;
    int r = 0;

    buf_init(&key, 64);
    if (strcmp(value, "off") == 0) {
        spec->mask = FRAME_MASK_OFF;
    } else if (strcmp(value, "on") == 0) {
        spec->mask = FRAME_MASK_FRESH;
    } else if (strlen(value) == 8 && hex_decode(&key, slice_str(value)) == 0 && key.len == 4) {
        spec->mask = FRAME_MASK_KEY;
        memcpy(spec->key, buf_data(&key), 4);
    } else {
        r = usage_error(e, "mask= is on, off or a key of 8 hexadecimal digits");
    }
    buf_clear(&key);
    return r;
}

static int set_hex(struct buf *payload, const char *value, struct err *e)
{
    long column = hex_decode(payload, slice_str(value));

    if (column < 0)
        return memory(e);
    if (column > 0)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "hex= takes pairs of hexadecimal digits; character %ld is none", column);
    return 0;
}

static int set_part(struct frame_spec *spec, struct buf *payload, const char *name,
                    const char *value, struct err *e)
{
    uint64_t n;

    if (strcmp(name, "op") == 0)
        return set_op(spec, value, e);
    if (strcmp(name, "mask") == 0)
        return set_mask(spec, value, e);
    if (strcmp(name, "hex") == 0)
        return set_hex(payload, value, e);
    if (strcmp(name, "text") == 0)
        return buf_append_str(payload, value) < 0 ? memory(e) : 0;
    if (strcmp(name, "fin") == 0) {
        if (!decimal_read(slice_str(value), 1, &n))
            return usage_error(e, "fin= is 0 or 1");
        spec->fin = n == 1;
        return 0;
    }
    if (strcmp(name, "rsv") == 0) {
        if (!decimal_read(slice_str(value), 7, &n))
            return usage_error(e, "rsv= is a number from 0 to 7; RSV1 is 4");
        spec->rsv = (uint8_t)n;
        return 0;
    }
    if (strcmp(name, "len") == 0) {
        if (!decimal_read(slice_str(value), UINT64_MAX, &spec->length))
            return usage_error(e, "len= is the number of bytes to announce");
        spec->length_given = true;
        return 0;
    }
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                   "\"%s=\" is not a part of a frame: those are op, fin, rsv, mask, len, text and "
                   "hex",
                   name);
}

int parse_frame(const char *args, struct frame_spec *spec, struct buf *payload, struct err *e)
{
    bool has_op = false;
    struct buf word;
    int r;

    *spec = (struct frame_spec){.fin = true, .mask = FRAME_MASK_ROLE};
    buf_init(&word, payload->max);
    while ((r = parse_word(&args, &word, e)) > 0) {
        char *name, *equals;

        if (buf_append(&word, "", 1) < 0) {
            r = memory(e);
            break;
        }
        name = (char *)buf_data(&word);
        equals = strchr(name, '=');
        if (!equals) {
            r = err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                        "\"%s\": the parts of a frame are written name=value", name);
            err_hint(e, "text with blanks is written in quotes: text=\"two words\"");
            break;
        }
        *equals = '\0';
        has_op = has_op || strcmp(name, "op") == 0;
        r = set_part(spec, payload, name, equals + 1, e);
        if (r < 0)
            break;
    }
    if (r == 0 && !has_op)
        r = usage_error(e, "a frame needs its opcode: op=text, op=ping, op=3 ...");
    buf_clear(&word);
    return r;
}

int parse_close(const char *args, uint16_t *code, const char **reason, struct err *e)
{
    const char *behind;
    struct slice word = parse_name(args, &behind);
    char digits[8] = "";
    uint64_t n;

    *code = CLOSE_NORMAL;
    *reason = "";
    if (word.len == 0)
        return 0;
    if (word.len < sizeof digits)
        memcpy(digits, word.data, word.len);
    if (!decimal_read(slice_str(digits), 65535, &n) || !close_code_valid((unsigned)n)) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "\"%.*s\" is not a close code that may be sent",
                (int)(word.len < 40 ? word.len : 40), (const char *)word.data);
        err_hint(
            e,
            "1000 to 1003, 1007 to 1014 and 3000 to 4999 are; any other: /frame op=close hex=...");
        return -1;
    }
    if (strlen(behind) > FRAME_CONTROL_MAX - 2)
        return usage_error(e, "the reason of a close is at most 123 bytes");
    *code = (uint16_t)n;
    *reason = behind;
    return 0;
}
