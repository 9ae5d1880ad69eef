#include "net/idn.h"

#include <idn2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

static int label_to_ascii(const char *label, size_t len, char **ascii)
{
    char *copy = strndup(label, len);
    int rc;

    *ascii = NULL;
    if (!copy)
        return IDN2_MALLOC;
    rc = idn2_to_ascii_8z(copy, ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    free(copy);
    return rc;
}

/* Some label is at fault: find the first, to name it and to point at it. */
static void blame(const char *host, int rc, struct err *e)
{
    const char *label = host;

    while (*label) {
        const char *end = label;
        char *ascii;
        int label_rc;

        while (*end && dot_len(end) == 0)
            end++;
        label_rc = end > label ? label_to_ascii(label, (size_t)(end - label), &ascii) : IDN2_OK;
        if (end > label)
            idn2_free(ascii);
        if (label_rc != IDN2_OK) {
            err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "\"%.*s\" can't be part of a host name: %s",
                    (int)(end - label < 200 ? end - label : 200), label, idn2_strerror(label_rc));
            e->at = (long)(label - host);
            return;
        }
        label = end + dot_len(end);
    }
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "\"%.200s\" can't be a host name: %s", host,
            idn2_strerror(rc));
    e->at = 0;
}

char *idn_to_ascii(const char *host, struct err *e)
{
    char *ascii = NULL, *copy;
    int rc;

    if (is_ascii(host)) {
        copy = strdup(host);
        if (!copy)
            err_nomem(e, STAGE_RESOLVE, "reading a host name");
        return copy;
    }
    /* UTS #46, section 4: without the transitional mapping "\u00df" stays itself, as in browsers.
     */
    rc = idn2_to_ascii_8z(host, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    if (rc == IDN2_MALLOC) {
        err_nomem(e, STAGE_RESOLVE, "reading a host name");
        return NULL;
    }
    if (rc != IDN2_OK) {
        blame(host, rc, e);
        return NULL;
    }
    /* idn2_free is free, but only by way of its own library's allocator. */
    copy = strdup(ascii);
    idn2_free(ascii);
    if (!copy)
        err_nomem(e, STAGE_RESOLVE, "reading a host name");
    return copy;
}
