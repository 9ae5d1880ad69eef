/*
 * stomp_encode: lines of a user as STOMP frames.
 */
#include "base/blank.h"
#include "base/utf8.h"
#include "decode/stomp_private.h"

int stomp_send(struct decode_layer *l, struct slice head, struct slice body)
{
    uint8_t *text = arena_alloc(decode_arena(l), head.len + body.len + 1);
    struct decode_message m = {OPCODE_TEXT, slice_make(text, head.len + body.len + 1)};

    if (!text)
        return -1;
    memcpy(text, head.data, head.len);
    if (body.len)
        memcpy(text + head.len, body.data, body.len);
    if (!utf8_valid(m.data.data, m.data.len))
        m.opcode = OPCODE_BINARY;
    return decode_send(l, m);
}

/* A header value in the form of the version, in the arena. NULL: memory. */
static const char *escaped(struct decode_layer *l, struct slice value)
{
    const struct stomp *s = l->state;
    char *text = arena_alloc(decode_arena(l), value.len * 2 + 1);
    size_t n = 0;

    for (size_t i = 0; text && i < value.len; i++) {
        char c = (char)value.data[i];

        if (s->version > 10 && (c == ':' || c == '\\')) {
            text[n++] = '\\';
            c = c == ':' ? 'c' : '\\';
        }
        text[n++] = c;
    }
    return text;
}

/* Further headers of a line: k=v words up to its end, appended to head. 0, or -1 with *e. */
static int add_words(struct decode_layer *l, struct slice *head, struct slice line, struct err *e)
{
    while (line.len > 0) {
        struct slice word = decode_word(&line);
        const uint8_t *equals = memchr(word.data, '=', word.len);
        size_t key = equals ? (size_t)(equals - word.data) : 0;
        const char *value;

        if (key == 0)
            return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                           "'%.*s' is not a header of the form KEY=VALUE", (int)word.len,
                           (const char *)word.data);
        value = escaped(l, slice_make(equals + 1, word.len - key - 1));
        if (!value)
            return -1;
        *head = decode_print(l, "%.*s%.*s:%s\n", (int)head->len, (const char *)head->data, (int)key,
                             (const char *)word.data, value);
        if (head->len == 0)
            return -1;
    }
    return 0;
}

static int send_words(struct decode_layer *l, struct slice head, struct slice line, struct err *e)
{
    if (head.len == 0 || add_words(l, &head, line, e) != 0)
        return -1;
    head = decode_print(l, "%.*s\n", (int)head.len, (const char *)head.data);
    return head.len ? stomp_send(l, head, slice_str("")) : -1;
}

static int needs(struct err *e, const char *usage)
{
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "the line is not of the form '%s'", usage);
}

static bool names_header(struct slice line, const char *name)
{
    size_t n = strlen(name);

    while (line.len > 0) {
        struct slice word = decode_word(&line);

        if (word.len > n && memcmp(word.data, name, n) == 0 && word.data[n] == '=')
            return true;
    }
    return false;
}

/* It asks for a receipt, which confirms it. */
static int subscribe(struct decode_layer *l, struct slice line, struct err *e)
{
    struct stomp *s = l->state;
    struct slice dest = decode_word(&line), head;
    const char *value = escaped(l, dest);
    unsigned long long id;

    if (dest.len == 0)
        return needs(e, "sub DEST [KEY=VALUE]...");
    if (!value)
        return -1;
    id = ++s->next_id;
    head = decode_print(l, "SUBSCRIBE\n");
    if (head.len && !names_header(line, "id"))
        head = decode_print(l, "SUBSCRIBE\nid:%llu\n", id);
    head = decode_print(l, "%.*sdestination:%s\n", (int)head.len, (const char *)head.data, value);
    if (!names_header(line, "ack"))
        head = decode_print(l, "%.*sack:auto\n", (int)head.len, (const char *)head.data);
    if (!names_header(line, "receipt"))
        head =
            decode_print(l, "%.*sreceipt:sub-%llu\n", (int)head.len, (const char *)head.data, id);
    return send_words(l, head, line, e);
}

static int send_body(struct decode_layer *l, struct slice dest, struct slice body)
{
    const char *value = escaped(l, dest);
    struct slice head = slice_str("");

    if (value)
        head = decode_print(l, "SEND\ndestination:%s\ncontent-length:%zu\n\n", value, body.len);
    return head.len ? stomp_send(l, head, body) : -1;
}

/* 1.2 acknowledges by the header `ack` of the message, older versions by its message-id. */
static int acknowledge(struct decode_layer *l, const char *command, struct slice line,
                       struct err *e)
{
    const struct stomp *s = l->state;
    struct slice id = decode_word(&line), head;
    const char *value = escaped(l, id);
    const char *subscription = escaped(l, slice_make(s->subscription, s->subscription_len));

    if (id.len == 0)
        return needs(e, *command == 'A' ? "ack ID [KEY=VALUE]..." : "nack ID [KEY=VALUE]...");
    if (!value || !subscription)
        return -1;
    if (s->version >= 12)
        head = decode_print(l, "%s\nid:%s\n", command, value);
    else if (names_header(line, "subscription") || s->subscription_len == 0)
        head = decode_print(l, "%s\nmessage-id:%s\n", command, value);
    else
        head =
            decode_print(l, "%s\nsubscription:%s\nmessage-id:%s\n", command, subscription, value);
    return send_words(l, head, line, e);
}

/* A command with one header and further ones. */
static int one_header(struct decode_layer *l, const char *command, const char *header,
                      struct slice line, struct err *e)
{
    struct slice word = decode_word(&line);
    const char *value = escaped(l, word);

    if (word.len == 0)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s needs the %s", command, header);
    return value ? send_words(l, decode_print(l, "%s\n%s:%s\n", command, header, value), line, e)
                 : -1;
}

static int typed(struct decode_layer *l, struct slice line, struct err *e)
{
    struct slice verb = decode_word(&line);

    if (slice_is(verb, "sub"))
        return subscribe(l, line, e);
    if (slice_is(verb, "unsub"))
        return one_header(l, "UNSUBSCRIBE", "id", line, e);
    if (slice_is(verb, "send")) {
        struct slice dest = decode_word(&line);

        return dest.len ? send_body(l, dest, line) : needs(e, "send DEST BODY");
    }
    if (slice_is(verb, "ack"))
        return acknowledge(l, "ACK", line, e);
    if (slice_is(verb, "nack"))
        return acknowledge(l, "NACK", line, e);
    if (slice_is(verb, "begin"))
        return one_header(l, "BEGIN", "transaction", line, e);
    if (slice_is(verb, "commit"))
        return one_header(l, "COMMIT", "transaction", line, e);
    if (slice_is(verb, "abort"))
        return one_header(l, "ABORT", "transaction", line, e);
    if (slice_is(verb, "disconnect"))
        return send_words(l, decode_print(l, "DISCONNECT\n"), line, e);
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "STOMP has no '%.*s' to type", (int)verb.len,
            (const char *)verb.data);
    err_hint(e,
             "a line is 'sub DEST', 'unsub ID', 'send DEST BODY', 'ack ID', 'nack ID', 'begin TX', "
             "'commit TX', 'abort TX' or 'disconnect'");
    return -1;
}

int stomp_encode(struct decode_layer *l, enum decode_input input, struct slice line, struct err *e)
{
    const char *dest = decode_key(l, "dest");

    if (input == DECODE_TYPED)
        return typed(l, line, e);
    if (!dest)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "a pipe needs to know where to send: --as stomp,dest=DEST");
    return send_body(l, slice_str(dest), line);
}
