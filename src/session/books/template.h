/*
 * template: a text with {last}, {epoch} and {id} in it, which are replaced: the text that --resume
 * sends and that --resume-query and --catchup request. Other braces are literal. Pure.
 */
#ifndef SESSION_BOOKS_TEMPLATE_H
#define SESSION_BOOKS_TEMPLATE_H

#include "base/buf.h"

struct template_values {
    struct slice last, epoch, id; /* empty if there is none yet */
};

enum template_form {
    TEMPLATE_MESSAGE, /* in a text that begins with '{' or '[' a value's quotes, backslashes and
                         controls are escaped as inside a JSON string (RFC 8259, section 7) */
    TEMPLATE_URL      /* values are percent-encoded (RFC 3986, section 2.1), all but unreserved */
};

/* Append the text, filled in. 0, or -1: memory, or the buffer's maximum; what fitted is there. */
int template_fill(struct buf *out, const char *text, enum template_form form,
                  const struct template_values *values);

#endif
