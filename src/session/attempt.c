#include "session/attempt.h"

#include <stdlib.h>
#include <string.h>

#include "base/text_line.h"
#include "base/utf8.h"

void attempt_begin(struct attempt *a, const struct channel_ws_config *base, uint64_t now_us)
{
    attempt_clear(a);
    a->base = base;
    a->ws = *base;
    a->ws.began_us = now_us;
}

void attempt_clear(struct attempt *a)
{
    free(a->headers);
    withheld_clear(&a->withheld);
    if (a->lines)
        explicit_bzero(a->lines, strlen(a->lines));
    free(a->lines);
    memset(a, 0, sizeof *a);
}

/* One line. The sentence of handshake_header_parse might show it, and it may be a token. */
static int take_line(struct attempt *a, char *line, size_t number, struct err *e)
{
    bool colon = strchr(line, ':') != NULL;
    struct err unused;

    if (a->header_count == a->base->handshake.header_count + ATTEMPT_HEADERS_MAX)
        return err_set(e, EXIT_OTHER, STAGE_HANDSHAKE, 0,
                       "--header-cmd printed more than %d headers", ATTEMPT_HEADERS_MAX);
    if (handshake_header_parse(&a->headers[a->header_count], line, &unused) == 0) {
        a->header_count++;
        return 0;
    }
    err_set(e, EXIT_OTHER, STAGE_HANDSHAKE, 0, "line %zu of what --header-cmd printed %s", number,
            colon ? "has no header's name before its colon, or control characters (RFC 9110, "
                    "section 5)"
                  : "is not a header: it has no colon");
    err_hint(e, "each line it prints is a header, written \"Name: value\"");
    return -1;
}

static int take_lines(struct attempt *a, char *text, struct err *e)
{
    char *rest = text + utf8_mark(text), *line;
    size_t number = 0;

    while ((line = text_line(&rest)) != NULL) {
        number++;
        if (line[strspn(line, " \t")] != '\0' && take_line(a, line, number, e) < 0)
            return -1;
    }
    return 0;
}

int attempt_headers(struct attempt *a, char *text, struct err *e)
{
    const struct handshake_config *base = &a->base->handshake;

    a->lines = text;
    a->headers = calloc(base->header_count + ATTEMPT_HEADERS_MAX, sizeof *a->headers);
    if (!a->headers)
        return err_nomem(e, STAGE_HANDSHAKE, "reading what --header-cmd printed");
    if (base->header_count)
        memcpy(a->headers, base->headers, base->header_count * sizeof *a->headers);
    a->header_count = base->header_count;
    if (take_lines(a, text, e) < 0)
        return -1;
    a->ws.handshake.headers = a->headers;
    a->ws.handshake.header_count = a->header_count;
    a->ws.handshake.printed_count = a->header_count - base->header_count;
    return 0;
}

int attempt_withhold(struct attempt *a, const struct url *home)
{
    if (withhold(&a->withheld, &a->ws.handshake, home) < 0)
        return -1;
    if (a->withheld.elsewhere && tls_forget_identity(&a->ws.dial.tls))
        withheld_add(&a->withheld, "the client certificate");
    return 0;
}
