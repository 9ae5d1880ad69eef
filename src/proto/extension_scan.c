#include "proto/extension_scan.h"

#include "proto/http1.h"

static int byte_at(const struct extension_scan *s)
{
    return s->pos < s->text.len ? s->text.data[s->pos] : -1;
}

static void skip_blanks(struct extension_scan *s)
{
    while (byte_at(s) == ' ' || byte_at(s) == '\t')
        s->pos++;
}

static int fail(struct extension_scan *s, const char *why)
{
    s->why = why;
    return -1;
}

static bool at_token(const struct extension_scan *s)
{
    return s->pos < s->text.len && http1_is_token(slice_make(s->text.data + s->pos, 1));
}

static struct slice token_take(struct extension_scan *s)
{
    size_t from = s->pos;

    while (at_token(s))
        s->pos++;
    return slice_make(s->text.data + from, s->pos - from);
}

/* What may follow a name or a parameter. */
static int check_end(struct extension_scan *s)
{
    skip_blanks(s);
    switch (byte_at(s)) {
    case -1:
    case ',':
    case ';':
        return 1;
    default:
        return fail(s, "a comma, a semicolon or the end");
    }
}

int extension_scan_next(struct extension_scan *s, struct slice *name)
{
    while (byte_at(s) == ',' || byte_at(s) == ' ' || byte_at(s) == '\t')
        s->pos++;
    if (s->pos == s->text.len)
        return 0;
    *name = token_take(s);
    if (name->len == 0)
        return fail(s, "an extension's name");
    return check_end(s);
}

static void value_add(struct extension_param *p, size_t *len, uint8_t c)
{
    if (*len + 1 < sizeof p->value)
        p->value[(*len)++] = (char)c;
    else
        p->cut = true;
    p->value[*len] = '\0';
}

/* RFC 6455, section 9.1: a quoted value must be a token after unquoting. */
static int quoted_take(struct extension_scan *s, struct extension_param *p)
{
    size_t len = 0, count = 0;

    for (s->pos++; byte_at(s) != '"'; count++) {
        if (byte_at(s) == '\\')
            s->pos++;
        if (byte_at(s) < 0)
            return fail(s, "a closing quote");
        if (!at_token(s))
            return fail(s, "token characters between the quotes");
        value_add(p, &len, s->text.data[s->pos++]);
    }
    if (count == 0)
        return fail(s, "a value between the quotes");
    s->pos++;
    return 1;
}

static int value_take(struct extension_scan *s, struct extension_param *p)
{
    struct slice token;
    size_t len = 0;

    p->has_value = true;
    if (byte_at(s) == '"')
        return quoted_take(s, p);
    token = token_take(s);
    if (token.len == 0)
        return fail(s, "a value after =");
    for (size_t i = 0; i < token.len; i++)
        value_add(p, &len, token.data[i]);
    return 1;
}

int extension_scan_param(struct extension_scan *s, struct extension_param *p)
{
    size_t from, end;

    memset(p, 0, sizeof *p);
    if (s->parameters)
        s->parameters = false;
    else if (byte_at(s) == ';')
        s->pos++;
    else
        return 0;
    skip_blanks(s);
    from = s->pos;
    p->name = token_take(s);
    if (p->name.len == 0)
        return fail(s, "a parameter's name");
    end = s->pos;
    skip_blanks(s);
    if (byte_at(s) == '=') {
        s->pos++;
        skip_blanks(s);
        if (value_take(s, p) < 0)
            return -1;
        end = s->pos;
    }
    p->text = slice_make(s->text.data + from, end - from);
    return check_end(s);
}
