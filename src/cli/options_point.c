/* The user's own text shown back: in a message, or with a caret below it. */
#include "cli/options_private.h"

#include "base/secret.h"
#include "base/utf8.h"

#include <stdio.h>
#include <wchar.h>

#define COLUMNS_MAX 70
#define CUT         "..."

/* One character as it is shown: at most "\u{10ffff}". */
struct glyph {
    char text[16];
    int width;   /* columns */
    size_t used; /* bytes of the source */
};

/* n > 0. Characters not printable in the locale are escaped. */
static struct glyph glyph_at(const uint8_t *bytes, size_t n)
{
    struct glyph g = {.used = 1};
    uint32_t code;
    int len = utf8_decode(bytes, n, &code);
    int width = len > 0 ? wcwidth((wchar_t)code) : -1;

    if (len > 0 && code == '\n') {
        snprintf(g.text, sizeof g.text, "\\n");
    } else if (len > 0 && code < 0x80 && (code < 0x20 || code == 0x7f)) {
        snprintf(g.text, sizeof g.text, "\\x%02x", (unsigned)code);
    } else if (len <= 0) {
        snprintf(g.text, sizeof g.text, "\\x%02x", bytes[0]);
    } else {
        g.used = (size_t)len;
        if (width <= 0 && code >= 0x80) {
            snprintf(g.text, sizeof g.text, "\\u{%x}", (unsigned)code);
        } else {
            memcpy(g.text, bytes, g.used);
            g.width = width > 0 ? width : 1;
        }
    }
    if (g.width == 0)
        g.width = (int)strlen(g.text);
    return g;
}

struct quoted options_quote(const char *text)
{
    struct quoted q = {""};
    size_t have = 0, n = strlen(text);

    for (size_t i = 0; i < n;) {
        struct glyph g = glyph_at((const uint8_t *)text + i, n - i);
        size_t len = strlen(g.text);

        if (have + len + sizeof CUT > sizeof q.text) {
            memcpy(q.text + have, CUT, sizeof CUT);
            break;
        }
        memcpy(q.text + have, g.text, len);
        have += len;
        i += g.used;
    }
    return q;
}

char *options_shown(struct options_memory *m, const char *text)
{
    size_t n = strlen(text), have = 0;
    /* Each byte becomes at most one glyph's text. */
    char *shown = n < SIZE_MAX / sizeof(struct glyph)
                      ? options_alloc(m, n * sizeof((struct glyph *)0)->text + 1)
                      : NULL;

    for (size_t i = 0; shown && i < n;) {
        struct glyph g = glyph_at((const uint8_t *)text + i, n - i);
        size_t len = strlen(g.text);

        memcpy(shown + have, g.text, len);
        have += len;
        i += g.used;
    }
    return shown;
}

static void star(char *text, size_t from, size_t to)
{
    while (from < to)
        text[from++] = '*';
}

/* The password of a userinfo; all of it if there is no colon, because it is then a token. */
static void mask_userinfo(char *text)
{
    size_t start, len;
    const char *colon;

    if (!options_userinfo(text, &start, &len))
        return;
    colon = memchr(text + start, ':', len);
    star(text, colon ? (size_t)(colon - text) + 1 : start, start + len);
}

static void mask_query(char *text)
{
    size_t at = strcspn(text, "?");

    while (text[at]) {
        size_t name = at + 1;
        size_t end = name + strcspn(text + name, "&");
        const char *equals = memchr(text + name, '=', end - name);

        if (equals && secret_query_name(slice_make(text + name, (size_t)(equals - (text + name)))))
            star(text, (size_t)(equals - text) + 1, end);
        at = end;
    }
}

/* The columns of what is shown of a long text: from..to, with "..." at a cut side. */
struct window {
    int from, to;
};

static struct window window_around(int caret, int total)
{
    struct window w = {0, total};
    int room = COLUMNS_MAX - 2 * (int)strlen(CUT);

    if (total <= COLUMNS_MAX)
        return w;
    w.from = caret - room / 2;
    if (w.from > total - room)
        w.from = total - room;
    if (w.from < 0)
        w.from = 0;
    w.to = w.from + room;
    return w;
}

int options_point(struct buf *out, const struct options *o, const struct err *e)
{
    const char *point = o->memory ? o->memory->point : NULL;
    char *text;
    size_t n, at;
    int total = 0, caret = 0, column = 0, shift = 0;
    struct window w;

    if (!point || !*point || e->at < 0)
        return 0;
    n = strlen(point);
    at = (size_t)e->at < n ? (size_t)e->at : n;
    text = options_copy(o->memory, point, n);
    if (!text)
        return -1;
    if (o->memory->point_url) {
        mask_userinfo(text);
        mask_query(text);
    }
    for (size_t i = 0; i < n;) {
        struct glyph g = glyph_at((const uint8_t *)text + i, n - i);

        if (i <= at)
            caret = total;
        i += g.used;
        total += g.width;
    }
    if (at == n)
        caret = total;
    w = window_around(caret, total + (at == n));
    if (buf_append_str(out, "  ") != 0 || (w.from > 0 && buf_append_str(out, CUT) != 0))
        return -1;
    for (size_t i = 0; i < n;) {
        struct glyph g = glyph_at((const uint8_t *)text + i, n - i);

        /* A wide character at the left edge may be left out, and the caret moves with it. */
        if (column >= w.from && column + g.width <= w.to) {
            if (buf_append_str(out, g.text) != 0)
                return -1;
        } else if (column < w.from && column + g.width > w.from) {
            shift = column + g.width - w.from;
        }
        i += g.used;
        column += g.width;
    }
    if (w.to < total && buf_append_str(out, CUT) != 0)
        return -1;
    caret += 2 - w.from - shift + (w.from > 0 ? (int)strlen(CUT) : 0);
    return buf_printf(out, "\n%*s^\n", caret, "");
}

int options_point_into(struct options_parsing *p, const struct option_use *use)
{
    p->o->memory->point = use->value;
    /* A secret in which a place can be at fault is a URL with a password. */
    p->o->memory->point_url = use->row->values && strcmp(use->row->values, "SECRET") == 0;
    return -1;
}
