#include "net/idn.h"

#include <idn2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/host_name.h"

#define NAME_MAX_ASCII 255 /* bytes (RFC 1035, section 2.3.4) */

static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return *text == '\0';
}

/* Bytes of the dot that parts labels at text: 1 for ".", 3 for one of those that UTS #46, section
 * 2.3 takes for it, 0 for another character, also at the end. */
static size_t dot_len(const char *text)
{
    static const char *const dots[] = {"\u3002", "\uff0e", "\uff61"};

    if (*text == '.')
        return 1;
    for (size_t i = 0; i < sizeof dots / sizeof dots[0]; i++) {
        if (strncmp(text, dots[i], 3) == 0)
            return 3;
    }
    return 0;
}

/* True if the transitional mapping makes something else of the label than the other one (UTS #46,
 * section 2.3, deviation characters: sharp s, final sigma and the two joiners). */
static bool deviates(const char *label)
{
    static const char *const characters[] = {"\u00df", "\u1e9e", "\u03c2", "\u200c", "\u200d"};

    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++) {
        if (strstr(label, characters[i]))
            return true;
    }
    return false;
}

/* UTS #46, section 4: without the transitional mapping "\u00df" stays itself, as in browsers. Of
 * libidn2's mappings only the other one leaves symbols in, which DNS has and browsers open; where
 * no character deviates, both map alike. */
static int label_map(const char *label, char **ascii)
{
    int rc = idn2_to_ascii_8z(label, ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);

    if (rc == IDN2_DISALLOWED && !deviates(label))
        rc = idn2_to_ascii_8z(label, ascii, IDN2_TRANSITIONAL | IDN2_NFC_INPUT);
    return rc;
}

static bool bytes_valid(const char *name)
{
    while (*name && host_byte_valid((uint8_t)*name))
        name++;
    return *name == '\0';
}

/* The label of len bytes, mapped, at the end of out. 0 or -1 with *e, e->at not set. */
static int label_put(struct buf *out, const char *label, size_t len, struct err *e)
{
    char *copy = strndup(label, len), *ascii = NULL;
    int shown = (int)(len < 200 ? len : 200), rc, result = -1;

    rc = copy ? label_map(copy, &ascii) : IDN2_MALLOC;
    if (rc == IDN2_MALLOC)
        err_nomem(e, STAGE_RESOLVE, "reading a host name");
    else if (rc != IDN2_OK)
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "\"%.*s\" can't be part of a host name: %s", shown,
                label, idn2_strerror(rc));
    else if (!bytes_valid(ascii) || !*ascii)
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                "\"%.*s\" can't be part of a host name: it means \"%.200s\"", shown, label, ascii);
    else if (out->len + strlen(ascii) > NAME_MAX_ASCII)
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                "\"%.*s\" can't be part of a host name: the name is "
                "too long",
                shown, label);
    else if (buf_append_str(out, ascii) < 0)
        err_nomem(e, STAGE_RESOLVE, "reading a host name");
    else
        result = 0;
    idn2_free(ascii);
    free(copy);
    return result;
}

/* Label by label, so that the first at fault is named and pointed at. */
static int labels_put(struct buf *out, const char *host, struct err *e)
{
    const char *label = host;

    for (;;) {
        const char *end = label;
        size_t dot;

        while (*end && dot_len(end) == 0)
            end++;
        dot = dot_len(end);
        if (end == label && dot == 0)
            return 0; /* the root's */
        if (end == label) {
            err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                    "\"%.200s\" can't be a host name: it has a dot at its front, or two in a row",
                    host);
            e->at = (long)(label - host);
            return -1;
        }
        if (label_put(out, label, (size_t)(end - label), e) < 0) {
            if (e->code == EXIT_USAGE)
                e->at = (long)(label - host);
            return -1;
        }
        if (dot == 0)
            return 0;
        if (buf_append_str(out, ".") < 0)
            return err_nomem(e, STAGE_RESOLVE, "reading a host name");
        label = end + dot;
    }
}

char *idn_to_ascii(const char *host, struct err *e)
{
    char *ascii = NULL;
    struct buf out;

    buf_init(&out, 2 * NAME_MAX_ASCII);
    if (!is_ascii(host)) {
        if (labels_put(&out, host, e) < 0) {
            buf_clear(&out);
            return NULL;
        }
    }
    ascii = is_ascii(host) ? strdup(host) : strndup((const char *)buf_data(&out), out.len);
    buf_clear(&out);
    if (!ascii)
        err_nomem(e, STAGE_RESOLVE, "reading a host name");
    return ascii;
}
