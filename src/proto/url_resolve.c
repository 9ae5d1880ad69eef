#include "proto/url_resolve.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/blank.h"
#include "base/buf.h"
#include "proto/excerpt.h"

/* Escaping makes three bytes of one. */
#define TEXT_MAX (4 * URL_REFERENCE_MAX)

static bool is_scheme_char(uint8_t c)
{
    return is_letter_or_digit(c) || (c && strchr("+-.", c));
}

/* RFC 3986, section 3.1: the bytes of "scheme" if ":" follows, else 0. */
static size_t scheme_len(struct slice ref)
{
    size_t i = 0;

    if (ref.len == 0 || !is_letter(ref.data[0]))
        return 0;
    while (i < ref.len && is_scheme_char(ref.data[i]))
        i++;
    return i < ref.len && ref.data[i] == ':' ? i : 0;
}

/* Bytes before the first of the two, or all. */
static size_t span_until(struct slice s, char a, char b)
{
    size_t i = 0;

    while (i < s.len && s.data[i] != (uint8_t)a && s.data[i] != (uint8_t)b)
        i++;
    return i;
}

/* "." or "..", each dot plain or as %2E, which is equivalent (RFC 3986, section 6.2.2.2): the
 * number of dots; else 0. */
static unsigned dots_of(struct slice segment)
{
    unsigned dots = 0;
    size_t i = 0;

    while (i < segment.len) {
        if (segment.data[i] == '.') {
            i++;
        } else if (segment.len - i >= 3 && segment.data[i] == '%' && segment.data[i + 1] == '2' &&
                   (segment.data[i + 2] | 0x20) == 'e') {
            i += 3;
        } else {
            return 0;
        }
        dots++;
    }
    return dots <= 2 ? dots : 0;
}

/* RFC 3986, section 5.2.4, on a path that begins with "/"; in place. Returns the new length. */
static size_t remove_dots(uint8_t *path, size_t len)
{
    size_t from = 0, to = 0;

    while (from < len) {
        struct slice rest = slice_make(path + from + 1, len - from - 1);
        size_t segment = span_until(rest, '/', '/');
        unsigned dots = dots_of(slice_make(rest.data, segment));
        bool last = segment == rest.len;

        if (dots == 0) {
            memmove(path + to, path + from, segment + 1);
            to += segment + 1;
        } else {
            while (dots == 2 && to > 0 && path[--to] != '/')
                ;
            if (last)
                path[to++] = '/';
        }
        from += segment + 1;
    }
    return to;
}

/* The target without dot segments in its path. */
static void tidy_target(char *target)
{
    size_t path = strcspn(target, "?");
    size_t len = strlen(target);
    size_t kept = remove_dots((uint8_t *)target, path);

    memmove(target + kept, target + path, len - path + 1);
}

/* RFC 9110, section 10.2.2 has no blanks in a Location, but servers send them: they mean %20. */
static int append_escaped(struct buf *text, struct slice part)
{
    for (size_t i = 0; i < part.len; i++) {
        bool blank = part.data[i] == ' ';

        if (buf_append(text, blank ? "%20" : (const char *)part.data + i, blank ? 3 : 1) < 0)
            return -1;
    }
    return 0;
}

/* RFC 3986, section 5.2.2 for a reference without authority: the path and query it means. */
static int relative_target(struct buf *text, const struct url *base, struct slice ref)
{
    struct slice target = slice_str(base->target);
    struct slice path = slice_make(target.data, span_until(target, '?', '?'));
    int rc = 0;

    if (ref.len == 0) { /* the same document */
        rc = buf_append_slice(text, target);
    } else if (ref.data[0] == '?') {
        rc = buf_append_slice(text, path);
    } else if (ref.data[0] != '/') {
        /* Section 5.2.3: everything up to the last "/" of the base's path. */
        while (path.len > 0 && path.data[path.len - 1] != '/')
            path.len--;
        rc = buf_append_slice(text, path);
    }
    return rc < 0 ? -1 : append_escaped(text, ref);
}

static int nomem(struct err *e)
{
    return err_nomem(e, STAGE_HANDSHAKE, "following a redirect");
}

/* ref is what has no secret in it. */
static int unfit(struct slice ref, const char *why, struct err *e)
{
    struct excerpt x;

    err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0, "the server redirects to \"%s\": %.300s",
            excerpt_of(&x, ref), why);
    return -1;
}

/* Without userinfo, for sentences. */
static struct slice shown(struct slice ref)
{
    size_t scheme = scheme_len(ref);
    struct slice rest = slice_from(ref, scheme ? scheme + 1 : 0);
    const uint8_t *at;

    if (!slice_begins(rest, "//"))
        return ref;
    rest = slice_from(rest, 2);
    at = memrchr(rest.data, '@', span_until(rest, '/', '?'));
    return at ? slice_from(rest, (size_t)(at - rest.data) + 1) : ref;
}

static int parse_text(struct url *to, struct buf *text, struct slice ref, struct err *e)
{
    struct err why;

    if (buf_append(text, "", 1) < 0)
        return nomem(e);
    if (url_parse(to, (const char *)buf_data(text), &why) == 0)
        return 0;
    if (why.code != EXIT_USAGE) {
        *e = why;
        return -1;
    }
    return unfit(shown(ref), why.text, e);
}

/* "scheme://..." or "//..." */
static int resolve_absolute(struct url *to, const struct url *base, struct slice ref,
                            struct buf *text, struct err *e)
{
    size_t scheme = scheme_len(ref);

    if (scheme == 7 && strncasecmp((const char *)ref.data, "ws+unix", 7) == 0)
        return unfit(ref, "a server can't send its clients to their own unix sockets", e);
    if (scheme > 0 && (ref.len < scheme + 3 || memcmp(ref.data + scheme, "://", 3) != 0))
        return unfit(shown(ref), "that is not the address of a WebSocket", e);
    if (scheme == 0 && buf_append_str(text, base->scheme == URL_WSS ? "wss:" : "ws:") < 0)
        return nomem(e);
    if (append_escaped(text, ref) < 0)
        return nomem(e);
    return parse_text(to, text, ref, e);
}

static int resolve_relative(struct url *to, const struct url *base, struct slice ref,
                            struct buf *text, struct err *e)
{
    struct url target = {0};
    struct url same = *base;

    /* Parsed with a placeholder host, for the same checks and escapes as for a URL that was typed.
     */
    if (buf_append_str(text, "ws://h") < 0 || relative_target(text, base, ref) < 0)
        return nomem(e);
    if (parse_text(&target, text, ref, e) < 0)
        return -1;
    same.target = target.target;
    same.user = same.password = NULL;
    if (url_copy(to, &same) < 0) {
        url_clear(&target);
        return nomem(e);
    }
    url_clear(&target);
    return 0;
}

int url_resolve(struct url *to, const struct url *base, struct slice reference, struct err *e)
{
    struct slice ref = blank_trim(reference);
    struct url found = {0};
    struct buf text;
    int rc;

    ref.len = span_until(ref, '#', '#');
    if (reference.len == 0)
        return unfit(ref, "the Location is empty", e);
    if (ref.len > URL_REFERENCE_MAX)
        return unfit(shown(ref), "that is too long for a URL", e);
    if (ref.len > 0 && memchr(ref.data, '\0', ref.len))
        return unfit(shown(ref), "a URL has no NUL byte", e);
    buf_init(&text, TEXT_MAX + strlen(base->target) + 16);
    if (scheme_len(ref) > 0 || slice_begins(ref, "//"))
        rc = resolve_absolute(&found, base, ref, &text, e);
    else
        rc = resolve_relative(&found, base, ref, &text, e);
    buf_clear(&text);
    if (rc == 0 && found.target) {
        tidy_target(found.target);
        *to = found;
    }
    return rc;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : !a && !b;
}

bool url_same_origin(const struct url *a, const struct url *b)
{
    return a->scheme == b->scheme && a->port == b->port && same_text(a->host, b->host) &&
           same_text(a->zone, b->zone) && same_text(a->socket_path, b->socket_path);
}
