#include "proto/http1.h"

#include "base/ascii.h"
#include "base/decimal.h"
#include "proto/excerpt.h"
#include "proto/list.h"

#define SIZE_LINE_MAX 4096 /* bytes of a chunk's size line, extensions included */
#define TRAILER_MAX   HTTP1_HEAD_MAX

/* RFC 9112, section 7.1: where in a chunked body the next byte is. */
enum chunk_state {
    CHUNK_SIZE_FIRST, /* the size's first digit */
    CHUNK_SIZE,       /* more digits */
    CHUNK_BLANK,      /* blanks before an extension */
    CHUNK_EXTENSION,  /* skipped (section 7.1.1) */
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILER,       /* a trailer's first byte or the last CR */
    CHUNK_TRAILER_NAME,  /* up to its colon */
    CHUNK_TRAILER_VALUE, /* skipped (section 7.1.2) */
    CHUNK_TRAILER_LF,
    CHUNK_END_LF
};

/* RFC 9112, section 6.3: several fields, or a list, of one and the same number are that number;
 * anything else is an error. 1 if there is a length, 0 if not, -1 with *e. */
static int length_read(const struct http1_head *h, uint64_t *length, struct err *e)
{
    bool found = false;

    for (size_t i = 0; i < h->field_count; i++) {
        struct slice value = h->fields[i].value, list = value, item = value;
        struct excerpt x;
        uint64_t number;

        if (!slice_is_nocase(h->fields[i].name, "Content-Length"))
            continue;
        list_next(&list, &item);
        do {
            if (!decimal_read(item, UINT64_MAX, &number)) {
                return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                               "the Content-Length \"%s\" is not a length (RFC 9110, section 8.6)",
                               excerpt_of(&x, value));
            }
            if (found && number != *length) {
                return err_set(
                    e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                    "the Content-Length \"%s\" contradicts another of the same head (RFC "
                    "9112, section 6.3)",
                    excerpt_of(&x, value));
            }
            *length = number;
            found = true;
        } while (list_next(&list, &item));
    }
    return found;
}

/* RFC 9112, section 6.1: a body in the one transfer coding that is understood. */
static int chunked_check(const struct http1_head *h, struct err *e)
{
    const struct slice *coding = http1_field(h, "Transfer-Encoding");
    struct excerpt x;

    /* Two framings are how a second response or request is smuggled past a proxy (RFC 9112,
     * sections 6.1 and 11.2). */
    if (http1_field(h, "Content-Length")) {
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "the HTTP head has both Transfer-Encoding and Content-Length (RFC 9112, "
                       "section 6.3)");
    }
    if (h->minor == 0) {
        return err_set(
            e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
            "the HTTP head has a Transfer-Encoding but is HTTP/1.0 (RFC 9112, section 6.1)");
    }
    if (http1_field_count(h, "Transfer-Encoding") != 1 || !slice_is_nocase(*coding, "chunked")) {
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "the Transfer-Encoding is \"%s\", only \"chunked\", once, is supported "
                       "(RFC 9112, section 6.1)",
                       excerpt_of(&x, *coding));
    }
    return 0;
}

static bool has_no_body(const struct http1_head *h, bool head_only)
{
    if (h->kind == HTTP1_REQUEST)
        return !http1_field(h, "Transfer-Encoding") && !http1_field(h, "Content-Length");
    /* RFC 9112, section 6.3, items 1 and 2. */
    return head_only || h->status < 200 || h->status == 204 || h->status == 304;
}

int http1_body_init(struct http1_body *b, const struct http1_head *h, bool head_only, struct err *e)
{
    struct http1_body body = {.kind = HTTP1_BODY_EOF};
    int length;

    if (has_no_body(h, head_only)) {
        body.kind = HTTP1_BODY_NONE;
        body.done = true;
    } else if (http1_field(h, "Transfer-Encoding")) {
        if (chunked_check(h, e) < 0)
            return -1;
        body.kind = HTTP1_BODY_CHUNKED;
        body.state = CHUNK_SIZE_FIRST;
    } else {
        length = length_read(h, &body.left, e);
        if (length < 0)
            return -1;
        if (length > 0) {
            body.kind = HTTP1_BODY_LENGTH;
            body.done = body.left == 0;
        }
    }
    *b = body;
    return 0;
}

static bool is_line_text(uint8_t c)
{
    return c != '\r' && c != '\n' && c != '\0';
}

static int chunk_size_byte(struct http1_body *b, uint8_t c, struct err *e)
{
    int digit = hex_value(c);

    if (digit >= 0) {
        if (b->left > UINT64_MAX >> 4) {
            return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                           "a chunk's size does not fit in 64 bits (RFC 9112, section 7.1)");
        }
        b->left = b->left << 4 | (unsigned)digit;
        b->state = CHUNK_SIZE;
        return 0;
    }
    if (b->state == CHUNK_SIZE_FIRST)
        return 1;
    if (c == '\r')
        b->state = CHUNK_SIZE_LF;
    else if (c == ';')
        b->state = CHUNK_EXTENSION;
    else if (c == ' ' || c == '\t')
        b->state = CHUNK_BLANK;
    else
        return 1;
    return 0;
}

/* The end of a line of the trailer section; RFC 9112, section 7.1.2. */
static int trailer_byte(struct http1_body *b, uint8_t c)
{
    switch ((enum chunk_state)b->state) {
    case CHUNK_TRAILER:
        if (c == '\r') {
            b->state = CHUNK_END_LF;
            return 0;
        }
        b->state = CHUNK_TRAILER_NAME;
        return http1_is_token(slice_make(&c, 1)) ? 0 : 1;
    case CHUNK_TRAILER_NAME:
        if (c == ':')
            b->state = CHUNK_TRAILER_VALUE;
        else if (!http1_is_token(slice_make(&c, 1)))
            return 1;
        return 0;
    case CHUNK_TRAILER_VALUE:
        if (c == '\r')
            b->state = CHUNK_TRAILER_LF;
        else if (!is_line_text(c))
            return 1;
        return 0;
    case CHUNK_TRAILER_LF:
        b->state = CHUNK_TRAILER;
        return c == '\n' ? 0 : 1;
    default:
        b->done = true;
        return c == '\n' ? 0 : 1;
    }
}

/* One byte of framing. 0, 1 if it is not allowed there, -1 with *e. */
static int framing_byte(struct http1_body *b, uint8_t c, struct err *e)
{
    switch ((enum chunk_state)b->state) {
    case CHUNK_SIZE_FIRST:
    case CHUNK_SIZE:
        return chunk_size_byte(b, c, e);
    case CHUNK_BLANK:
        if (c == ';')
            b->state = CHUNK_EXTENSION;
        else if (c == '\r')
            b->state = CHUNK_SIZE_LF;
        else if (c != ' ' && c != '\t')
            return 1;
        return 0;
    case CHUNK_EXTENSION:
        if (c == '\r')
            b->state = CHUNK_SIZE_LF;
        else if (!is_line_text(c))
            return 1;
        return 0;
    case CHUNK_SIZE_LF:
        b->state = b->left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
        b->line = 0;
        return c == '\n' ? 0 : 1;
    case CHUNK_DATA_CR:
        b->state = CHUNK_DATA_LF;
        return c == '\r' ? 0 : 1;
    case CHUNK_DATA_LF:
        b->state = CHUNK_SIZE_FIRST;
        b->line = 0;
        return c == '\n' ? 0 : 1;
    default:
        return trailer_byte(b, c);
    }
}

/* What was expected, for the message about a byte that is not allowed in its place. */
static const char *state_expects(uint8_t state)
{
    switch ((enum chunk_state)state) {
    case CHUNK_SIZE_FIRST:
        return "a chunk's size in hexadecimal digits";
    case CHUNK_SIZE:
    case CHUNK_BLANK:
    case CHUNK_EXTENSION:
        return "the rest of a chunk's size line";
    case CHUNK_DATA_CR:
    case CHUNK_DATA_LF:
        return "CR LF after a chunk's data";
    case CHUNK_SIZE_LF:
    case CHUNK_TRAILER_LF:
    case CHUNK_END_LF:
        return "LF after CR";
    default:
        return "a trailer field or an empty line";
    }
}

static long chunked_read(struct http1_body *b, struct slice bytes, struct slice *piece,
                         struct err *e)
{
    size_t used = 0;

    while (used < bytes.len && !b->done) {
        struct slice rest = slice_from(bytes, used);
        uint8_t was = b->state;
        struct excerpt x;
        int rc;

        if (b->state == CHUNK_DATA) {
            size_t len = b->left < rest.len ? (size_t)b->left : rest.len;

            *piece = slice_make(rest.data, len);
            b->left -= len;
            if (b->left == 0)
                b->state = CHUNK_DATA_CR;
            used += len;
            break;
        }
        rc = framing_byte(b, rest.data[0], e);
        if (rc < 0)
            return -1;
        if (rc > 0) {
            return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                           "the chunked body goes on with \"%s\" where %s should be (RFC 9112, "
                           "section 7.1)",
                           excerpt_of(&x, rest), state_expects(was));
        }
        used++;
        if (++b->line > (b->state < CHUNK_DATA ? SIZE_LINE_MAX : TRAILER_MAX)) {
            return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                           "the %s of a chunked body is longer than %d bytes",
                           b->state < CHUNK_DATA ? "size line of a chunk" : "trailer section",
                           b->state < CHUNK_DATA ? SIZE_LINE_MAX : TRAILER_MAX);
        }
    }
    return (long)used;
}

long http1_body_read(struct http1_body *b, const uint8_t *bytes, size_t n, struct slice *piece,
                     struct err *e)
{
    *piece = slice_make(NULL, 0);
    if (b->done || n == 0)
        return 0;
    if (b->kind == HTTP1_BODY_CHUNKED)
        return chunked_read(b, slice_make(bytes, n), piece, e);
    if (b->kind == HTTP1_BODY_LENGTH) {
        if (n > b->left)
            n = (size_t)b->left;
        b->left -= n;
        b->done = b->left == 0;
    }
    *piece = slice_make(bytes, n);
    return (long)n;
}
