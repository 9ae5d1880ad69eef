#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "proto/excerpt.h"
#include "proto/wsconn_private.h"

#define SECTION(number) "RFC 6455, section " number
#define DEFLATE_SECTION "RFC 7692, section "
#define BOUNDS          SECTION("10.4")

/* Note a violation for wsconn_read to report. False if it was reported before, which only happens
 * in lenient mode: the frame is then treated as if it kept the rule. */
static __attribute__((format(printf, 6, 7))) bool breach(struct wsconn *c, enum rule_bit bit,
                                                         uint16_t code, uint64_t offset,
                                                         const char *rule, const char *format, ...)
{
    struct violation *v = &c->violation;
    va_list args;

    if (c->frame.reported & bit)
        return false;
    c->frame.reported |= bit;
    v->pending = true;
    v->fatal = bit == RULE_FATAL || (!c->config.lenient && !(bit & RULE_REPORTED));
    v->rule = rule;
    v->code = code;
    v->offset = offset;
    va_start(args, format);
    (void)vsnprintf(v->message, sizeof v->message, format, args);
    va_end(args);
    return true;
}

/* "a ping", "a text frame": what sentences call a frame. */
static const char *noun(const struct frame_header *h)
{
    switch (h->opcode) {
    case OPCODE_CONT:
        return "a continuation frame";
    case OPCODE_TEXT:
        return "a text frame";
    case OPCODE_BINARY:
        return "a binary frame";
    case OPCODE_CLOSE:
        return "a close frame";
    case OPCODE_PING:
        return "a ping";
    case OPCODE_PONG:
        return "a pong";
    default:
        return "a frame of a reserved opcode";
    }
}

static bool is_control(const struct frame_header *h)
{
    return h->opcode & 8;
}

/* RFC 6455, section 5.2: bits that no agreed extension gives a meaning to must be 0. */
static bool rsv(struct wsconn *c)
{
    const struct frame_header *h = &c->frame.header;
    uint64_t at = c->frame.offset;
    bool deflate = c->config.deflate.enabled;
    bool first = h->opcode == OPCODE_TEXT || h->opcode == OPCODE_BINARY;

    if (h->rsv == 0 || (h->rsv == 4 && deflate && first))
        return false;
    if (h->rsv == 4 && !deflate)
        return breach(c, RULE_RSV, CLOSE_PROTOCOL, at, SECTION("5.2"),
                      "received %s with RSV1 set; compression was not negotiated in the handshake",
                      noun(h));
    if (h->rsv == 4 && is_control(h))
        return breach(c, RULE_RSV, CLOSE_PROTOCOL, at, DEFLATE_SECTION "6",
                      "received %s with RSV1 set; control frames are never compressed", noun(h));
    if (h->rsv == 4)
        return breach(
            c, RULE_RSV, CLOSE_PROTOCOL, at, DEFLATE_SECTION "6",
            "received %s with RSV1 set; only the first frame of a message can have this bit",
            noun(h));
    return breach(c, RULE_RSV, CLOSE_PROTOCOL, at, SECTION("5.2"),
                  "received %s with%s%s%s set; no extension that uses %s was negotiated", noun(h),
                  h->rsv & 4 ? " RSV1" : "", h->rsv & 2 ? " RSV2" : "", h->rsv & 1 ? " RSV3" : "",
                  h->rsv & (h->rsv - 1) ? "these bits" : "this bit");
}

static bool opcode(struct wsconn *c)
{
    const struct frame_header *h = &c->frame.header;

    if (opcode_name(h->opcode))
        return false;
    return breach(
        c, RULE_OPCODE, CLOSE_PROTOCOL, c->frame.offset, SECTION("5.2"),
        "received a frame with the reserved opcode %u; data frames have opcodes 0 to 2, control "
        "frames 8 to 10",
        h->opcode);
}

static bool mask(struct wsconn *c)
{
    const struct frame_header *h = &c->frame.header;
    bool server = c->config.role == WSCONN_SERVER;

    if (h->masked == server)
        return false;
    return breach(c, RULE_MASK, CLOSE_PROTOCOL, c->frame.offset + 1, SECTION("5.1"),
                  server ? "received %s without a mask; a client must mask every frame"
                         : "received %s with a mask; a server must not mask frames",
                  noun(h));
}

static bool length(struct wsconn *c)
{
    const struct frame_header *h = &c->frame.header;
    bool wide = h->size - (h->masked ? 4 : 0) == 10;

    if (h->length >> 63)
        return breach(c, RULE_FATAL, CLOSE_PROTOCOL, c->frame.offset + 2, SECTION("5.2"),
                      "received %s with a length of %" PRIu64
                      " bytes; the top bit of a 64-bit length must be 0",
                      noun(h), h->length);
    if (h->minimal)
        return false;
    return breach(c, RULE_MINIMAL, CLOSE_PROTOCOL, c->frame.offset + 2, SECTION("5.2"),
                  "received %s with a length of %" PRIu64
                  " in the %s form; a length must be in its shortest form",
                  noun(h), h->length, wide ? "64-bit" : "16-bit");
}

static bool control(struct wsconn *c)
{
    const struct frame_header *h = &c->frame.header;

    if (!is_control(h) || !opcode_name(h->opcode))
        return false;
    if (!h->fin &&
        breach(c, RULE_CONTROL_FIN, CLOSE_PROTOCOL, c->frame.offset, SECTION("5.5"),
               "received %s without FIN; control frames must not be fragmented", noun(h)))
        return true;
    if (h->length <= FRAME_CONTROL_MAX)
        return false;
    /* One that cannot be held whole cannot be understood either. */
    return breach(c, h->length > WSCONN_WHOLE ? RULE_FATAL : RULE_CONTROL_LENGTH, CLOSE_PROTOCOL,
                  c->frame.offset + 1, SECTION("5.5"),
                  "received %s of %" PRIu64 " bytes; control frames carry at most %d", noun(h),
                  h->length, FRAME_CONTROL_MAX);
}

/* RFC 6455, section 5.4: the frames of a message follow one another. */
static bool sequence(struct wsconn *c)
{
    const struct frame_header *h = &c->frame.header;

    if (h->opcode > OPCODE_BINARY || (h->opcode == OPCODE_CONT) == c->message.open)
        return false;
    if (h->opcode == OPCODE_CONT)
        return breach(c, RULE_SEQUENCE, CLOSE_PROTOCOL, c->frame.offset, SECTION("5.4"),
                      "received a continuation frame, but no message is in progress");
    return breach(
        c, RULE_SEQUENCE, CLOSE_PROTOCOL, c->frame.offset, SECTION("5.4"),
        "received %s inside an unfinished %s message; until its last frame, only continuation and "
        "control frames are allowed",
        noun(h), opcode_name(c->message.type));
}

/* RFC 6455, section 10.4: bounds that this end sets. They hold in lenient mode too. */
static bool bounds(struct wsconn *c)
{
    const struct wsconn_config *g = &c->config;
    const struct frame_header *h = &c->frame.header;
    const struct message *m = &c->message;
    bool goes_on = m->open && h->opcode == OPCODE_CONT;
    bool compressed =
        goes_on ? m->compressed : h->opcode != OPCODE_CONT && g->deflate.enabled && (h->rsv & 4);
    uint64_t before = goes_on ? m->total : 0;

    if (g->max_frame && h->length > g->max_frame)
        return breach(c, RULE_FATAL, CLOSE_TOO_BIG, c->frame.offset + 1, BOUNDS,
                      "received %s of %" PRIu64 " bytes; at most %" PRIu64
                      " are accepted in a frame",
                      noun(h), h->length, g->max_frame);
    if (h->opcode > OPCODE_BINARY)
        return false;
    /* The size of a compressed frame is known only while it is inflated. */
    if (g->max_message && !compressed &&
        (before > g->max_message || h->length > g->max_message - before))
        return breach(c, RULE_FATAL, CLOSE_TOO_BIG, c->frame.offset + 1, BOUNDS,
                      "received a message of at least %" PRIu64 " bytes; at most %" PRIu64
                      " are accepted",
                      before + h->length, g->max_message);
    if (g->max_fragments && goes_on && m->fragments >= g->max_fragments)
        return breach(c, RULE_FATAL, CLOSE_TOO_BIG, c->frame.offset, BOUNDS,
                      "received a message in more than %" PRIu64 " fragments; at most %" PRIu64
                      " are accepted",
                      g->max_fragments, g->max_fragments);
    return false;
}

bool wsconn_rules_header(struct wsconn *c)
{
    return rsv(c) || opcode(c) || mask(c) || length(c) || control(c) || sequence(c) || bounds(c);
}

/* The reason of a Close, for the message that refuses it: unchanged if it is valid (the sinks make
 * it safe), else as an excerpt. */
static void quote_reason(char *text, size_t size, struct slice reason)
{
    struct excerpt x;

    text[0] = '\0';
    if (reason.len == 0)
        return;
    if (reason.len <= FRAME_CONTROL_MAX && utf8_valid(reason.data, reason.len))
        snprintf(text, size, " and the reason \"%.*s\"", (int)reason.len,
                 (const char *)reason.data);
    else
        snprintf(text, size, " and the reason \"%s\"", excerpt_of(&x, reason));
}

bool wsconn_rules_close(struct wsconn *c, const uint8_t *body, size_t n)
{
    uint64_t at = c->frame.offset + c->frame.header.size;
    char reason[EXCERPT_CHARS + 32];
    struct utf8 u = {0};
    unsigned code;
    size_t fine;

    if (n == 0 || (c->frame.reported & RULE_CLOSE_BODY))
        return false;
    if (n == 1)
        return breach(
            c, RULE_CLOSE_BODY, CLOSE_PROTOCOL, at, SECTION("5.5.1"),
            "received a close frame with a body of 1 byte; a body begins with a 2-byte code");
    code = (unsigned)(body[0] << 8 | body[1]);
    quote_reason(reason, sizeof reason, slice_make(body + 2, n - 2));
    if (code == CLOSE_NO_STATUS || code == CLOSE_ABNORMAL || code == 1015)
        return breach(c, RULE_CLOSE_BODY, CLOSE_PROTOCOL, at, SECTION("7.4.1"),
                      "received a close frame with the code %u%s; this code must never be sent",
                      code, reason);
    if (!close_code_valid(code))
        return breach(
            c, RULE_CLOSE_BODY, CLOSE_PROTOCOL, at, SECTION("7.4.2"),
            "received a close frame with the code %u%s; valid codes are 1000 to 1003, 1007 to "
            "1014 and 3000 to 4999",
            code, reason);
    fine = 2 + utf8_check(&u, body + 2, n - 2);
    if (fine < n)
        return breach(
            c, RULE_CLOSE_BODY, CLOSE_BAD_DATA, at + fine, SECTION("8.1"),
            "received a close frame with the code %u%s; the reason is not UTF-8: byte 0x%02X at "
            "its offset %zu is invalid",
            code, reason, body[fine], fine - 2);
    if (!utf8_complete(&u))
        return breach(
            c, RULE_CLOSE_BODY, CLOSE_BAD_DATA, at + n, SECTION("8.1"),
            "received a close frame with the code %u%s; the reason is not UTF-8: it ends in the "
            "middle of a character",
            code, reason);
    return false;
}

bool wsconn_rules_text(struct wsconn *c, uint8_t byte, uint64_t at, uint64_t position)
{
    c->message.unchecked = true;
    return breach(c, RULE_UTF8, CLOSE_BAD_DATA, at, SECTION("8.1"),
                  "received a text message that is not UTF-8: byte 0x%02X at offset %" PRIu64
                  " of the message is invalid",
                  byte, position);
}

bool wsconn_rules_text_end(struct wsconn *c)
{
    const struct frame_header *h = &c->frame.header;

    if (message_complete(&c->message))
        return false;
    c->message.unchecked = true;
    return breach(
        c, RULE_UTF8, CLOSE_BAD_DATA, c->frame.offset + h->size + h->length, SECTION("8.1"),
        "received a text message that is not UTF-8: it ends in the middle of a character");
}

bool wsconn_rules_inflated_bound(struct wsconn *c)
{
    uint64_t max = c->config.max_message;

    if (max == 0 || c->message.total <= max)
        return false;
    return breach(c, RULE_FATAL, CLOSE_TOO_BIG, c->frame.offset, BOUNDS,
                  "received a compressed message of more than %" PRIu64
                  " bytes after inflation; at most %" PRIu64 " are accepted",
                  max, max);
}

void wsconn_rules_empty(struct wsconn *c)
{
    (void)breach(
        c, RULE_EMPTY, CLOSE_BAD_DATA, c->frame.offset, DEFLATE_SECTION "7.2.3.6",
        "received a compressed message without data; an empty one is sent as the byte 0x00");
}

void wsconn_rules_window(struct wsconn *c)
{
    const struct deflate_params *p = &c->config.deflate;
    bool server = c->config.role == WSCONN_SERVER;
    unsigned bits = server ? p->client_max_window_bits : p->server_max_window_bits;

    (void)breach(
        c, RULE_WINDOW, CLOSE_BAD_DATA, c->frame.offset,
        server ? DEFLATE_SECTION "7.1.2.2" : DEFLATE_SECTION "7.1.2.1",
        "received a compressed message that refers back more than %u bytes; %s_max_window_bits=%u "
        "was negotiated",
        1u << bits, server ? "client" : "server", bits);
}

bool wsconn_rules_inflate_failed(struct wsconn *c)
{
    return breach(c, RULE_FATAL, CLOSE_BAD_DATA, c->frame.offset, DEFLATE_SECTION "7.2.2",
                  "received a compressed message that cannot be inflated: %s",
                  inflater_error(c->inflater));
}
