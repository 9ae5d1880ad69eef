/*
 * mqtt_encode: lines of a user as MQTT packets.
 */
#include "base/blank.h"
#include "base/decimal.h"
#include "decode/mqtt_private.h"

#define KEEP_ALIVE_S 60

static int put_head(struct decode_layer *l, struct buf *out, unsigned flags)
{
    const struct mqtt *q = l->state;
    const char *key = decode_key(l, "keepalive");
    uint64_t keep_alive = KEEP_ALIVE_S;
    const uint8_t rest[2] = {(uint8_t)q->level, (uint8_t)flags};

    if (key)
        decimal_read(slice_str(key), UINT16_MAX, &keep_alive);
    if (mqtt_put_string(out, slice_str("MQTT")) != 0 || buf_append(out, rest, 2) != 0 ||
        mqtt_put_u16(out, (unsigned)keep_alive) != 0)
        return -1;
    return q->level >= 5 ? buf_append(out, "", 1) : 0; /* no properties */
}

/* Section 3.1: a clean session, and the server chooses the client's identifier. */
int mqtt_connect(struct decode_layer *l)
{
    const char *credentials = decode_spec(l)->credentials;
    size_t user = credentials ? strcspn(credentials, ":") : 0;
    bool password = credentials && credentials[user];
    struct buf out;
    int rc;

    buf_init(&out, SIZE_MAX);
    rc = put_head(l, &out, 0x02 | (credentials ? 0x80 : 0) | (password ? 0x40 : 0));
    if (rc == 0)
        rc = mqtt_put_string(&out, slice_str(""));
    if (rc == 0 && credentials)
        rc = mqtt_put_string(&out, slice_make(credentials, user));
    if (rc == 0 && password)
        rc = mqtt_put_string(&out, slice_str(credentials + user + 1));
    if (rc == 0)
        rc = mqtt_send(l, MQTT_CONNECT << 4, &out);
    buf_clear(&out);
    return rc;
}

/* Identifiers are 1 to 65535. */
static unsigned next_id(struct decode_layer *l)
{
    struct mqtt *q = l->state;

    q->next_id = q->next_id == UINT16_MAX ? 1 : q->next_id + 1;
    return q->next_id;
}

/* "qos=N" */
static bool is_qos(struct slice word, unsigned *qos)
{
    if (word.len != 5 || memcmp(word.data, "qos=", 4) != 0 || word.data[4] < '0' ||
        word.data[4] > '2')
        return false;
    *qos = (unsigned)(word.data[4] - '0');
    return true;
}

static int wrong(struct err *e, const char *usage)
{
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "the line is not of the form '%s'", usage);
}

static int put_filter(const struct mqtt *q, struct buf *out, unsigned id, struct slice filter)
{
    if (mqtt_put_u16(out, id) != 0 || (q->level >= 5 && buf_append(out, "", 1) != 0))
        return -1;
    return mqtt_put_string(out, filter);
}

static int subscribe(struct decode_layer *l, struct slice line, struct err *e)
{
    struct slice filter = decode_word(&line), word = decode_word(&line);
    unsigned qos = 0;
    uint8_t options;
    struct buf out;
    int rc;

    if (filter.len == 0 || filter.len > UINT16_MAX || line.len > 0 ||
        (word.len > 0 && !is_qos(word, &qos)))
        return wrong(e, "sub FILTER [qos=0|1|2]");
    options = (uint8_t)qos;
    buf_init(&out, SIZE_MAX);
    rc = put_filter(l->state, &out, next_id(l), filter);
    if (rc == 0)
        rc = buf_append(&out, &options, 1);
    if (rc == 0)
        rc = mqtt_send(l, MQTT_SUBSCRIBE << 4 | 2, &out);
    buf_clear(&out);
    return rc;
}

static int unsubscribe(struct decode_layer *l, struct slice line, struct err *e)
{
    struct slice filter = decode_word(&line);
    struct buf out;
    int rc;

    if (filter.len == 0 || filter.len > UINT16_MAX || line.len > 0)
        return wrong(e, "unsub FILTER");
    buf_init(&out, SIZE_MAX);
    rc = put_filter(l->state, &out, next_id(l), filter);
    if (rc == 0)
        rc = mqtt_send(l, MQTT_UNSUBSCRIBE << 4 | 2, &out);
    buf_clear(&out);
    return rc;
}

/* Take `qos=N` and `retain` off the end of a body. */
static void take_options(struct slice *body, unsigned *qos, bool *retain)
{
    for (;;) {
        size_t n = body->len;
        struct slice word;

        while (n > 0 && !is_blank(body->data[n - 1]))
            n--;
        word = slice_make(body->data + n, body->len - n);
        if (slice_is(word, "retain"))
            *retain = true;
        else if (!is_qos(word, qos))
            return;
        *body = blank_trim(slice_make(body->data, n));
    }
}

/* Section 3.3. */
static int publish(struct decode_layer *l, struct slice topic, struct slice body, unsigned qos,
                   bool retain)
{
    const struct mqtt *q = l->state;
    struct buf out;
    int rc;

    buf_init(&out, SIZE_MAX);
    rc = mqtt_put_string(&out, topic);
    if (rc == 0 && qos > 0)
        rc = mqtt_put_u16(&out, next_id(l));
    if (rc == 0 && q->level >= 5)
        rc = buf_append(&out, "", 1);
    if (rc == 0)
        rc = buf_append_slice(&out, body);
    if (rc == 0)
        rc = mqtt_send(l, MQTT_PUBLISH << 4 | qos << 1 | retain, &out);
    buf_clear(&out);
    return rc;
}

static int publish_line(struct decode_layer *l, struct slice line, bool options, struct err *e)
{
    struct slice topic = decode_word(&line);
    bool retain = false;
    unsigned qos = 0;

    if (topic.len == 0 || topic.len > UINT16_MAX)
        return wrong(e, options ? "pub TOPIC BODY [qos=0|1|2] [retain]" : "TOPIC BODY");
    if (memchr(topic.data, '#', topic.len) || memchr(topic.data, '+', topic.len))
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                       "the topic '%.*s' has a wildcard, which only subscriptions may have",
                       (int)topic.len, (const char *)topic.data);
    if (options)
        take_options(&line, &qos, &retain);
    return publish(l, topic, line, qos, retain);
}

int mqtt_encode(struct decode_layer *l, enum decode_input input, struct slice line, struct err *e)
{
    struct slice verb, rest = line;

    if (input == DECODE_PIPED)
        return publish_line(l, line, false, e);
    verb = decode_word(&rest);
    if (slice_is(verb, "sub"))
        return subscribe(l, rest, e);
    if (slice_is(verb, "unsub"))
        return unsubscribe(l, rest, e);
    if (slice_is(verb, "pub"))
        return publish_line(l, rest, true, e);
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "MQTT has no '%.*s' to type", (int)verb.len,
            (const char *)verb.data);
    err_hint(e,
             "a line is 'sub FILTER [qos=N]', 'unsub FILTER' or 'pub TOPIC BODY [qos=N] [retain]'");
    return -1;
}
