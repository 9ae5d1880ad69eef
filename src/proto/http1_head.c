#include "proto/http1.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/blank.h"
#include "proto/excerpt.h"
#include "proto/http1_guess.h"
#include "proto/list.h"

static bool is_tchar(uint8_t c)
{
    if (is_letter_or_digit(c))
        return true;
    return c && strchr("!#$%&'*+-.^_`|~", c);
}

bool http1_is_token(struct slice text)
{
    size_t i = 0;

    while (i < text.len && is_tchar(text.data[i]))
        i++;
    return text.len > 0 && i == text.len;
}

bool http1_is_field_value(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((text.data[i] < ' ' && text.data[i] != '\t') || text.data[i] == 0x7f)
            return false;
    return true;
}

/* The bytes received are not a head: report what they look like. */
static int not_http(enum http1_kind kind, struct slice bytes, struct err *e)
{
    const struct http1_guess *guess = http1_guess(kind, bytes.data, bytes.len);
    struct excerpt x;

    excerpt_of(&x, bytes);
    if (guess) {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the HTTP head begins with \"%s\", which is %s", x.text, guess->what);
        err_hint(e, "%s", guess->hint);
    } else {
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                "the HTTP head begins with \"%s\", which is not HTTP: %s was expected", x.text,
                kind == HTTP1_RESPONSE ? "a status line like \"HTTP/1.1 101 ...\""
                                       : "a request line like \"GET / HTTP/1.1\"");
        err_hint(e, kind == HTTP1_RESPONSE
                        ? "check the host and the port: another service may be listening there"
                        : "check what the client speaks");
    }
    return -1;
}

/* Can bytes that begin like this still become a start line? Checked with each piece, so that a peer
 * that sends something else and then waits is detected at once. */
static int start_check(enum http1_kind kind, struct slice bytes, struct err *e)
{
    static const char version[] = "HTTP/1.";
    size_t i = 0;

    if (kind == HTTP1_RESPONSE) {
        size_t len = bytes.len < sizeof version - 1 ? bytes.len : sizeof version - 1;

        return len == 0 || memcmp(bytes.data, version, len) == 0 ? 0 : not_http(kind, bytes, e);
    }
    while (i < bytes.len && is_tchar(bytes.data[i]))
        i++;
    if (i == bytes.len || (i > 0 && bytes.data[i] == ' '))
        return 0;
    /* Half of an empty line before the request, see lead_in. */
    if (bytes.len == 1 && bytes.data[0] == '\r')
        return 0;
    return not_http(kind, bytes, e);
}

/* RFC 9112, section 4: HTTP-version SP 3DIGIT SP [reason]. The second SP is so often missing if
 * there is no reason that this is accepted. start_check has seen the "HTTP/1.". */
static int status_line_parse(struct http1_head *h, struct slice line, struct err *e)
{
    const uint8_t *c = line.data;
    struct excerpt x;

    if (line.len < 12 || c[7] < '0' || c[7] > '9' || c[8] != ' ' || c[9] < '1' || c[9] > '9' ||
        c[10] < '0' || c[10] > '9' || c[11] < '0' || c[11] > '9' ||
        (line.len > 12 && c[12] != ' ')) {
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "the status line \"%s\" is not \"HTTP/1.1\", a code of three digits and a "
                       "reason (RFC 9112, section 4)",
                       excerpt_of(&x, line));
    }
    h->minor = c[7] == '0' ? 0 : 1;
    h->status = (c[9] - '0') * 100 + (c[10] - '0') * 10 + (c[11] - '0');
    h->reason = line.len > 13 ? slice_make(c + 13, line.len - 13) : slice_make(NULL, 0);
    return 0;
}

/* RFC 9112, section 3.2: no blanks in the target, and nothing that a terminal would obey. */
static bool is_target(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= ' ' || text.data[i] == 0x7f)
            return false;
    return text.len > 0;
}

/* RFC 9112, section 3: method SP request-target SP HTTP-version. */
static int request_line_parse(struct http1_head *h, struct slice line, struct err *e)
{
    const uint8_t *end = slice_end(line);
    const uint8_t *first = line.len ? memchr(line.data, ' ', line.len) : NULL;
    const uint8_t *last = line.len ? memrchr(line.data, ' ', line.len) : NULL;
    struct slice method, target, version;
    struct excerpt x;

    if (!first || first == last) {
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "the request line \"%s\" is not a method, a target and \"HTTP/1.1\" (RFC "
                       "9112, section 3)",
                       excerpt_of(&x, line));
    }
    method = slice_make(line.data, (size_t)(first - line.data));
    target = slice_make(first + 1, (size_t)(last - first - 1));
    version = slice_make(last + 1, (size_t)(end - last - 1));
    if (!http1_is_token(method) || !is_target(target)) {
        return err_set(
            e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
            "the request line \"%s\" has a malformed method or target (RFC 9112, section "
            "3)",
            excerpt_of(&x, line));
    }
    if (version.len != 8 || !slice_begins(version, "HTTP/1.") || version.data[7] < '0' ||
        version.data[7] > '9') {
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "the request's version is \"%s\", expected HTTP/1.1 (RFC 9112, section 2.3)",
                       excerpt_of(&x, version));
    }
    h->method = method;
    h->target = target;
    h->minor = version.data[7] == '0' ? 0 : 1;
    return 0;
}

static int start_line_parse(struct http1_head *h, struct slice line, struct err *e)
{
    return h->kind == HTTP1_RESPONSE ? status_line_parse(h, line, e)
                                     : request_line_parse(h, line, e);
}

/* RFC 9112, section 5: field-name ":" OWS field-value OWS. */
static int field_parse(struct field *f, struct slice line, struct err *e)
{
    const uint8_t *colon = memchr(line.data, ':', line.len);
    const char *wrong = NULL;
    struct slice name;
    struct excerpt x;

    name = slice_make(line.data, colon ? (size_t)(colon - line.data) : 0);
    if (is_blank(line.data[0]))
        wrong = "begins with a blank and continues no field (RFC 9112, section 5.2)";
    else if (!colon)
        wrong = "has no colon (RFC 9112, section 5)";
    else if (name.len > 0 && is_blank(name.data[name.len - 1]))
        wrong = "has a blank before its colon (RFC 9112, section 5.1)";
    else if (!http1_is_token(name))
        wrong = "has a name that is not a token (RFC 9110, section 5.1)";
    if (wrong) {
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0, "the field line \"%s\" %s",
                       excerpt_of(&x, line), wrong);
    }
    f->name = name;
    f->value = blank_trim(slice_from(line, name.len + 1));
    return 0;
}

/* Does the line at pos continue a field? RFC 9112, section 5.2: in a response, a recipient that is
 * not a proxy accepts it. The start line cannot be continued. */
static bool is_fold(enum http1_kind kind, struct slice bytes, size_t start, size_t pos)
{
    const uint8_t *line = bytes.data + pos;

    return kind == HTTP1_RESPONSE && pos > start && is_blank(*line) &&
           memchr(bytes.data + start, '\n', pos - start) != line - 1;
}

/* The line at pos and where the next one begins. 1, 0 if its end has not come, -1 with *e. */
static int line_read(enum http1_kind kind, struct slice bytes, size_t pos, struct slice *line,
                     size_t *next, struct err *e)
{
    const uint8_t *from, *end;
    size_t len;
    struct excerpt x;

    if (pos >= bytes.len)
        return 0;
    from = bytes.data + pos;
    end = memchr(from, '\n', bytes.len - pos);
    if (!end)
        return 0;
    len = (size_t)(end - from);
    *next = pos + len + 1;
    if (len > 0 && from[len - 1] == '\r') {
        len--;
    } else if (kind == HTTP1_REQUEST) {
        /* RFC 9112, section 2.2 lets a recipient be lenient; a server that parts lines where a
         * proxy before it did not is how requests are smuggled. */
        return err_set(
            e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
            "the line \"%s\" of the request ends with LF alone, not with CR LF (RFC 9112, "
            "section 2.2)",
            excerpt_of(&x, slice_make(from, len)));
    }
    *line = slice_make(from, len);
    /* RFC 9112, section 2.2 (bare CR); RFC 9110, section 5.5 (NUL). */
    if (len > 0 && (memchr(from, '\r', len) || memchr(from, '\0', len))) {
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "the line \"%s\" of the HTTP head holds a %s (RFC 9110, section 5.5)",
                       excerpt_of(&x, *line),
                       memchr(from, '\0', len) ? "NUL byte" : "CR without LF");
    }
    return 1;
}

/* RFC 9112, section 2.2: a server ignores an empty line before the request line. */
static size_t lead_in(enum http1_kind kind, struct slice bytes)
{
    return kind == HTTP1_REQUEST && slice_begins(bytes, "\r\n") ? 2 : 0;
}

/* Memory for the fields and, if any is folded, for their values. -1 with *e. */
static int head_room(struct http1_head *h, struct slice bytes, size_t start, size_t max_fields,
                     struct err *e)
{
    const uint8_t *at = bytes.data + start, *end = bytes.data + bytes.len;
    size_t lines = 0, text = 0, fields;

    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        if (++at < end && is_blank(*at))
            text = bytes.len;
        else
            lines++;
    }
    fields = lines > 2 ? lines - 2 : 0; /* neither the empty line nor what follows it */
    if (fields > max_fields) {
        h->too_large = true;
        err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0, "the HTTP head has more than %zu fields",
                max_fields);
        if (h->kind == HTTP1_RESPONSE)
            err_hint(e, "--max-headers N allows more");
        return -1;
    }
    h->fields = malloc(fields * sizeof *h->fields + text + 1);
    h->unfolded = h->fields ? (uint8_t *)(h->fields + fields) : NULL;
    return h->fields ? 0 : err_nomem(e, STAGE_HANDSHAKE, "reading an HTTP head");
}

/* One more line of the last field's value, which is moved to the end of the memory first. */
static void unfold(struct http1_head *h, struct slice line, bool *moved)
{
    struct slice *value = &h->fields[h->field_count - 1].value;

    line = blank_trim(line);
    if (line.len == 0)
        return;
    if (!*moved && value->len > 0)
        memcpy(h->unfolded, value->data, value->len);
    if (!*moved) {
        value->data = h->unfolded;
        h->unfolded += value->len;
    }
    *moved = true;
    if (value->len > 0) {
        *h->unfolded++ = ' ';
        value->len++;
    }
    memcpy(h->unfolded, line.data, line.len);
    h->unfolded += line.len;
    value->len += line.len;
}

/* Every line of the complete head is known to be well-formed: take it apart. */
static long head_fill(struct http1_head *h, enum http1_kind kind, size_t max_fields,
                      struct slice bytes, size_t start, struct err *e)
{
    struct slice line;
    size_t pos = start, next;
    bool moved = false;

    *h = (struct http1_head){.kind = kind};
    if (head_room(h, bytes, start, max_fields, e) < 0)
        return -1;
    while (line_read(kind, bytes, pos, &line, &next, e) > 0) {
        if (pos == start) {
            if (start_line_parse(h, line, e) < 0)
                goto fail;
        } else if (line.len > 0 && is_fold(kind, bytes, start, pos)) {
            unfold(h, line, &moved);
        } else if (line.len > 0) {
            if (field_parse(&h->fields[h->field_count++], line, e) < 0)
                goto fail;
            moved = false;
        }
        pos = next;
    }
    h->raw = slice_from(bytes, start);
    return (long)bytes.len;

fail:
    http1_head_clear(h);
    return -1;
}

/* *scanned is where the first unfinished line begins: the lines before it have been checked. */
long http1_head_read_within(struct http1_head *h, enum http1_kind kind, size_t max_fields,
                            const uint8_t *bytes, size_t n, size_t *scanned, struct err *e)
{
    struct slice seen = slice_make(bytes, n < HTTP1_HEAD_MAX ? n : HTTP1_HEAD_MAX);
    struct slice line = {NULL, 0};
    size_t start = lead_in(kind, seen);
    size_t pos = *scanned > start ? *scanned : start, next;
    struct field scratch;
    int got;

    if (pos == start && seen.len > start && start_check(kind, slice_from(seen, start), e) < 0)
        return -1;
    *h = (struct http1_head){.kind = kind};
    while ((got = line_read(kind, seen, pos, &line, &next, e)) > 0) {
        if (pos == start)
            got = start_line_parse(h, line, e);
        else if (line.len == 0)
            return head_fill(h, kind, max_fields ? max_fields : HTTP1_FIELDS_MAX,
                             slice_make(bytes, next), start, e);
        else if (!is_fold(kind, seen, start, pos))
            got = field_parse(&scratch, line, e);
        if (got < 0)
            return -1;
        pos = next;
    }
    if (got < 0)
        return -1;
    if (n >= HTTP1_HEAD_MAX) {
        h->too_large = true;
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "the HTTP head is longer than %d KiB and has no end yet",
                       HTTP1_HEAD_MAX / 1024);
    }
    *scanned = pos;
    return 0;
}

long http1_head_read(struct http1_head *h, enum http1_kind kind, const uint8_t *bytes, size_t n,
                     size_t *scanned, struct err *e)
{
    return http1_head_read_within(h, kind, HTTP1_FIELDS_MAX, bytes, n, scanned, e);
}

void http1_head_clear(struct http1_head *h)
{
    free(h->fields);
    *h = (struct http1_head){0};
}

const struct slice *http1_field(const struct http1_head *h, const char *name)
{
    for (size_t i = 0; i < h->field_count; i++)
        if (slice_is_nocase(h->fields[i].name, name))
            return &h->fields[i].value;
    return NULL;
}

size_t http1_field_count(const struct http1_head *h, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < h->field_count; i++)
        count += slice_is_nocase(h->fields[i].name, name);
    return count;
}

bool http1_has_token(const struct http1_head *h, const char *name, const char *token)
{
    for (size_t i = 0; i < h->field_count; i++) {
        struct slice list = h->fields[i].value, item;

        if (!slice_is_nocase(h->fields[i].name, name))
            continue;
        while (list_next(&list, &item))
            if (slice_is_nocase(item, token))
                return true;
    }
    return false;
}

bool http1_persists(const struct http1_head *h)
{
    if (http1_has_token(h, "Connection", "close"))
        return false;
    return h->minor > 0 || http1_has_token(h, "Connection", "keep-alive");
}

bool http1_expects_continue(const struct http1_head *h)
{
    return h->minor > 0 && http1_has_token(h, "Expect", "100-continue");
}
