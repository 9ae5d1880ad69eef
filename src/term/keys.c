#include "term/keys.h"

#include "base/utf8.h"

#define ESC          0x1B
#define SEQUENCE_MAX 32 /* bytes of an escape sequence; longer ones are garbage */

static const char paste_begin[] = "\x1b[200~";
static const char paste_end[] = "\x1b[201~";
#define MARK_LEN (sizeof paste_end - 1)

static const struct key_binding bindings[] = {
    {"\x1b[A", "ed-prev-history"},      {"\x1bOA", "ed-prev-history"},
    {"\x1b[B", "ed-next-history"},      {"\x1bOB", "ed-next-history"},
    {"\x1b[C", "ed-next-char"},         {"\x1bOC", "ed-next-char"},
    {"\x1b[D", "ed-prev-char"},         {"\x1bOD", "ed-prev-char"},
    {"\x1b[H", "ed-move-to-beg"},       {"\x1bOH", "ed-move-to-beg"},
    {"\x1b[F", "ed-move-to-end"},       {"\x1bOF", "ed-move-to-end"},
    {"\x1b[1~", "ed-move-to-beg"},      {"\x1b[4~", "ed-move-to-end"},
    {"\x1b[7~", "ed-move-to-beg"},      {"\x1b[8~", "ed-move-to-end"},
    {"\x1b[3~", "ed-delete-next-char"}, {"\x1b[1;5C", "em-next-word"},
    {"\x1b[1;3C", "em-next-word"},      {"\x1b[1;5D", "ed-prev-word"},
    {"\x1b[1;3D", "ed-prev-word"},      {"\x1b[3;5~", "em-delete-next-word"},
};

const struct key_binding *keys_bindings(size_t *count)
{
    *count = sizeof bindings / sizeof *bindings;
    return bindings;
}

void keys_init(struct keys *k)
{
    *k = (struct keys){0};
    buf_init(&k->in, 1024 * 1024);
    buf_init(&k->paste, KEYS_PASTE_MAX);
}

void keys_clear(struct keys *k)
{
    buf_clear(&k->in);
    buf_clear(&k->paste);
}

int keys_feed(struct keys *k, const uint8_t *bytes, size_t n)
{
    buf_consume(&k->in, k->used);
    k->used = 0;
    k->released = false;
    return buf_append(&k->in, bytes, n);
}

/* Bytes of the escape sequence at the front, 0 if it is not whole. *plain: it is ESC and a
 * character. */
static size_t sequence_length(const uint8_t *p, size_t n, bool *plain)
{
    size_t i = 2;

    *plain = false;
    if (n < 2)
        return 0;
    if (p[1] == 'O')
        return n < 3 ? 0 : 3;
    if (p[1] != '[') {
        uint32_t code;
        size_t need = p[1] < 0xC2 ? 1 : p[1] < 0xE0 ? 2 : p[1] < 0xF0 ? 3 : p[1] < 0xF5 ? 4 : 1;
        int len;

        *plain = true;
        if (n - 1 < need)
            return 0;
        len = utf8_decode(p + 1, n - 1, &code);
        return 1 + (size_t)(len > 0 ? len : 1);
    }
    /* ECMA-48, section 5.4: parameters and intermediates, then one final byte. */
    while (i < n && i < SEQUENCE_MAX && p[i] >= 0x20 && p[i] <= 0x3F)
        i++;
    if (i == n && i < SEQUENCE_MAX)
        return 0;
    return i < n && p[i] >= 0x40 && p[i] <= 0x7E ? i + 1 : i;
}

static bool is_bound(struct slice sequence)
{
    for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++) {
        if (slice_is(sequence, bindings[i].sequence))
            return true;
    }
    return false;
}

static void add_to_paste(struct keys *k, const uint8_t *bytes, size_t n)
{
    size_t room = KEYS_PASTE_MAX - k->paste.len;

    if (n > room || buf_append(&k->paste, bytes, n) < 0)
        k->paste_cut = true;
}

/* Terminals send the Enter key's CR for the line ends of a paste. */
static void normalise_lines(struct buf *text)
{
    uint8_t *p = buf_data(text);
    size_t to = 0;

    for (size_t i = 0; i < text->len; i++) {
        if (p[i] == '\r' && i + 1 < text->len && p[i + 1] == '\n')
            continue;
        p[to++] = p[i] == '\r' ? '\n' : p[i];
    }
    text->len = to;
}

static enum key next_of_paste(struct keys *k, struct slice *bytes)
{
    const uint8_t *p = buf_data(&k->in);
    const uint8_t *end = k->in.len ? memmem(p, k->in.len, paste_end, MARK_LEN) : NULL;
    size_t n = end ? (size_t)(end - p) : k->in.len < MARK_LEN ? 0 : k->in.len - (MARK_LEN - 1);

    add_to_paste(k, p, n);
    buf_consume(&k->in, n);
    if (!end)
        return KEY_NONE;
    buf_consume(&k->in, MARK_LEN);
    k->pasting = false;
    k->pasted = true;
    normalise_lines(&k->paste);
    *bytes = buf_slice(&k->paste);
    return KEY_PASTE;
}

/* A character in UTF-8: its length, 0 if it is not whole; what can't be one is 1 byte and *valid
 * false. */
static size_t char_length(const uint8_t *p, size_t n, bool *valid)
{
    struct utf8 u = {0};
    uint32_t code;
    int len = utf8_decode(p, n, &code);

    *valid = len > 0;
    if (len > 0)
        return (size_t)len;
    if (utf8_check(&u, p, n) == n)
        return 0;
    return (size_t)-len;
}

enum key keys_next(struct keys *k, struct slice *bytes)
{
    if (k->pasted) {
        buf_clear(&k->paste);
        k->pasted = k->paste_cut = false;
    }
    for (;;) {
        const uint8_t *p;
        size_t len;
        bool passes;

        buf_consume(&k->in, k->used);
        k->used = 0;
        if (k->pasting)
            return next_of_paste(k, bytes);
        if (k->in.len == 0)
            return KEY_NONE;
        p = buf_data(&k->in);
        if (p[0] == ESC) {
            len = sequence_length(p, k->in.len, &passes);
            if (len == 0 && !k->released)
                return KEY_NONE;
            if (len == 0) {
                len = 1; /* the key ESC; the rest is read again */
                passes = true;
            } else if (slice_is(slice_make(p, len), paste_begin)) {
                k->pasting = true;
                passes = false;
            } else {
                passes = passes || is_bound(slice_make(p, len));
            }
        } else {
            len = char_length(p, k->in.len, &passes);
            if (len == 0)
                return KEY_NONE;
        }
        k->used = len;
        *bytes = slice_make(p, len);
        if (passes)
            return KEY_TEXT;
    }
}

bool keys_held(const struct keys *k)
{
    return !k->pasting && k->in.len > k->used && buf_data(&k->in)[k->used] == ESC;
}

void keys_release(struct keys *k)
{
    k->released = true;
}
