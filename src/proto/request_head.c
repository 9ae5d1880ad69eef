#include "proto/request_head.h"

#include <stdlib.h>

#include "proto/excerpt.h"

int request_head_init(struct request_head *r, size_t room)
{
    r->count = 0;
    r->room = room;
    r->fields = calloc(room ? room : 1, sizeof *r->fields);
    return r->fields ? 0 : -1;
}

void request_head_clear(struct request_head *r)
{
    free(r->fields);
    *r = (struct request_head){0};
}

void request_head_add(struct request_head *r, const char *name, const char *value)
{
    if (value && r->count < r->room)
        r->fields[r->count++] = (struct request_field){name, value};
}

void request_head_change(struct request_head *r, const struct handshake_header *h)
{
    size_t i = 0;

    while (i < r->count && strcasecmp(r->fields[i].name, h->name) != 0)
        i++;
    if (!h->remove) {
        if (i == r->count)
            request_head_add(r, h->name, h->value);
        else
            r->fields[i] = (struct request_field){h->name, h->value};
    } else if (i < r->count) {
        r->count--;
        memmove(r->fields + i, r->fields + i + 1, (r->count - i) * sizeof *r->fields);
    }
}

/* The caller should have refused these values with a better position; this makes sure that none of
 * them begins another field or request. */
static int line_safe(const struct request_field *f, struct err *e)
{
    struct excerpt x;

    if (!http1_is_token(slice_str(f->name))) {
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "\"%s\" is not a header's name (RFC 9110, section 5.6.2)",
                       excerpt_of(&x, slice_str(f->name)));
    }
    if (f->value[strcspn(f->value, "\r\n")]) {
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "the value of %s holds a line break: it would begin another header",
                       excerpt_of(&x, slice_str(f->name)));
    }
    return 0;
}

/* RFC 3986, section 2: these are not allowed in a URL. They are left unchanged until here, since a
 * template such as {last} has some of them. */
static int put_target(struct buf *out, const char *target)
{
    static const char foreign[] = "<>\"\\^`{|}";
    int rc = 0;

    while (*target && rc == 0) {
        size_t plain = strcspn(target, foreign);

        rc = buf_append(out, target, plain);
        target += plain;
        if (*target && rc == 0)
            rc = buf_printf(out, "%%%02X", (unsigned)(uint8_t)*target++);
    }
    return rc;
}

static int start_line(const char *method, const char *target, struct buf *out, struct err *e)
{
    struct excerpt x;

    if (!http1_is_token(slice_str(method))) {
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "\"%s\" is not a method (RFC 9110, section 9.1)",
                       excerpt_of(&x, slice_str(method)));
    }
    for (const char *c = target; *c; c++) {
        if ((uint8_t)*c <= ' ' || (uint8_t)*c == 0x7f) {
            return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                           "the request's path holds the byte 0x%02x, which is not allowed there",
                           (unsigned)(uint8_t)*c);
        }
    }
    if (buf_append_str(out, method) < 0 || buf_append_str(out, " ") < 0 ||
        put_target(out, target) < 0 || buf_append_str(out, " HTTP/1.1\r\n") < 0)
        return err_nomem(e, STAGE_HANDSHAKE, "writing the request");
    return 0;
}

static int field_lines(const struct request_head *r, struct buf *out, struct err *e)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct request_field *f = &r->fields[i];

        if (line_safe(f, e) < 0)
            return -1;
        if (buf_append_str(out, f->name) < 0 || buf_append_str(out, f->value[0] ? ": " : ":") < 0 ||
            buf_append_str(out, f->value) < 0 || buf_append_str(out, "\r\n") < 0)
            return err_nomem(e, STAGE_HANDSHAKE, "writing the request");
    }
    return buf_append_str(out, "\r\n") < 0 ? err_nomem(e, STAGE_HANDSHAKE, "writing the request")
                                           : 0;
}

int request_head_write(const struct request_head *r, const char *method, const char *target,
                       struct buf *out, struct err *e)
{
    size_t before = out->len;

    if (start_line(method, target, out, e) == 0 && field_lines(r, out, e) == 0)
        return 0;
    out->len = before;
    return -1;
}
