#include "sink/redact.h"

#include "base/json_scan.h"
#include "base/plural.h"
#include "base/secret.h"

bool redact_field_name(struct slice name)
{
    return secret_field_name(name);
}

static bool field_holds_url(struct slice name)
{
    static const char *const names[] = {"Location", "Content-Location", "Origin", "Referer",
                                        "Link",     "Refresh"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (slice_is_nocase(name, names[i]))
            return true;
    }
    return false;
}

int redact_mark(struct buf *out, size_t n, bool utf8)
{
    return buf_printf(out, "%sredacted, %zu byte%s%s", utf8 ? "\xE2\x80\xB9" : "<", n, plural(n),
                      utf8 ? "\xE2\x80\xBA" : ">");
}

/* One "name=value" between separators. */
static int redact_parameter(struct buf *out, struct slice parameter, redact_hide_fn *hide,
                            void *ctx)
{
    const uint8_t *equals = parameter.len ? memchr(parameter.data, '=', parameter.len) : NULL;
    size_t name_len = equals ? (size_t)(equals - parameter.data) : parameter.len;
    size_t value_len = equals ? parameter.len - name_len - 1 : 0;

    if (value_len == 0 || !secret_query_name(slice_make(parameter.data, name_len)))
        return buf_append_slice(out, parameter);
    if (buf_append(out, parameter.data, name_len + 1) < 0)
        return -1;
    return hide(ctx, out, slice_make(parameter.data, name_len), value_len);
}

/* Bytes at the front of the target that hold scheme and userinfo: *start and *end bracket the
 * userinfo, both 0 if there is none (RFC 3986, section 3.2). */
static void find_userinfo(struct slice target, size_t *start, size_t *end)
{
    size_t i = 0;

    *start = *end = 0;
    while (i < target.len && !memchr("/?#", target.data[i], 3))
        i++;
    if (target.len - i < 2 || target.data[i] != '/' || target.data[i + 1] != '/')
        return;
    i += 2;
    for (size_t j = i; j < target.len && !memchr("/?#", target.data[j], 3); j++) {
        if (target.data[j] == '@') { /* use the last one: a password may contain another */
            *start = i;
            *end = j;
        }
    }
}

int redact_hide(struct buf *out, struct slice target, redact_hide_fn *hide, void *ctx)
{
    size_t start, end, i, before;

    if (target.len == 0)
        return 0;
    find_userinfo(target, &start, &end);
    if (buf_append(out, target.data, start) < 0)
        return -1;
    before = out->len;
    if (end > start && hide(ctx, out, slice_str(""), end - start) < 0)
        return -1;
    if (end > start && out->len == before)
        end++; /* without a replacement, the '@' is removed, too */
    for (i = end; i < target.len && target.data[i] != '?' && target.data[i] != '#';)
        i++;
    if (buf_append(out, target.data + end, i - end) < 0)
        return -1;
    while (i < target.len) {
        size_t from;

        /* The separator: '?', '&', ';' or the '#' after which single-page apps put their own. */
        if (buf_append(out, target.data + i++, 1) < 0)
            return -1;
        from = i;
        while (i < target.len && !memchr("?&;#", target.data[i], 4))
            i++;
        if (redact_parameter(out, slice_make(target.data + from, i - from), hide, ctx) < 0)
            return -1;
    }
    return 0;
}

static int put_mark(void *ctx, struct buf *out, struct slice name, size_t n)
{
    (void)name;
    return redact_mark(out, n, *(const bool *)ctx);
}

int redact_target(struct buf *out, struct slice target, bool utf8)
{
    return redact_hide(out, target, put_mark, &utf8);
}

int redact_field(struct buf *out, struct slice name, struct slice value, bool utf8)
{
    if (redact_field_name(name) && value.len > 0)
        return redact_mark(out, value.len, utf8);
    if (field_holds_url(name))
        return redact_target(out, value, utf8);
    return buf_append_slice(out, value);
}

/* Does the member's value hold what its name announces? */
static bool is_value(enum json_token kind)
{
    return kind == JSON_STRING || kind == JSON_NUMBER;
}

int redact_message(struct buf *out, struct slice text, bool own, bool utf8)
{
    struct json_scan scan;
    struct slice token;
    enum json_token kind;
    size_t done = 0;
    bool secret = false;

    if (!json_valid(text)) {
        if (own && secret_in_text(text))
            return redact_mark(out, text.len, utf8);
        return buf_append_slice(out, text);
    }
    json_scan_init(&scan, text);
    while ((kind = json_scan_next(&scan, &token)) > JSON_END) {
        if (kind == JSON_KEY) {
            secret = secret_query_name(slice_inner(token));
        } else if (kind != JSON_COLON) {
            if (secret && is_value(kind)) {
                size_t at = (size_t)(token.data - text.data);

                if (buf_append(out, text.data + done, at - done) < 0 ||
                    buf_append_str(out, "\"") < 0 || redact_mark(out, token.len, utf8) < 0 ||
                    buf_append_str(out, "\"") < 0)
                    return -1;
                done = at + token.len;
            }
            secret = false;
        }
    }
    return buf_append(out, text.data + done, text.len - done);
}
