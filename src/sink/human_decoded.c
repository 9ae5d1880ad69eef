/*
 * human_decoded: what a message is called by the protocol above it, on one line: type, name, ids,
 * data, the other fields, and how long an answer took.
 */
#include "base/codec.h"
#include "base/json_scan.h"
#include "sink/human.h"
#include "sink/pretty.h"

/* What of malformed or binary data is shown below the line. */
#define DUMP 256

/* At the default level the rare and the routine are left out. */
static bool is_shown(const struct human *h, const struct event_decoded *d)
{
    if (d->role == DECODED_CARRIER)
        return h->config.level >= 2;
    if (d->role == DECODED_HEARTBEAT)
        return h->config.level >= 1 || h->config.pings;
    return true;
}

static void put_word(struct human *h, const char *between, struct slice word)
{
    if (word.len == 0)
        return;
    human_put(h, between);
    human_safe(h, word);
}

/* An id is a JSON token; quotes around a string add nothing here. */
static struct slice bare(struct slice id)
{
    return id.len >= 2 && id.data[0] == '"' ? slice_inner(id) : id;
}

/* An event's name is enough; all else begins with its type. */
static void put_head(struct human *h, const struct event_decoded *d)
{
    bool named = d->role == DECODED_EVENT && d->name.len > 0;

    if (!named)
        human_put(h, d->type);
    put_word(h, named ? "" : " ", d->name);
    put_word(h, " ", bare(d->re.len ? d->re : d->id));
}

static void put_json(struct human *h, struct slice text)
{
    struct pretty how = {
        .columns = human_room(h),
        .indent = h->pad + 2,
        .flags = (h->config.color ? PRETTY_COLOR : 0) | (h->config.utf8 ? 0 : PRETTY_ASCII),
    };

    if (!h->config.pretty || pretty_json(&h->text, text, &how) <= 0)
        human_safe(h, text);
}

/* The elements of a JSON array, with blanks between them. */
static void put_arguments(struct human *h, struct slice array)
{
    struct json_scan scan;
    struct slice token;
    enum json_token kind;

    json_scan_init(&scan, array);
    json_scan_next(&scan, &token);
    while ((kind = json_scan_next(&scan, &token)) > JSON_END && kind != JSON_ARRAY_CLOSE) {
        if (kind == JSON_COMMA || json_scan_skip(&scan, kind) != 0)
            continue;
        human_put(h, " ");
        put_json(h, slice_make(token.data, (size_t)(array.data + scan.pos - token.data)));
    }
}

static void put_bytes(struct human *h, struct slice bytes)
{
    human_put(h, " binary, ");
    human_size(h, bytes.len);
    if (h->config.binary == BINARY_HEX || h->config.binary == BINARY_BASE64) {
        human_put(h, "  ");
        if ((h->config.binary == BINARY_HEX ? hex_encode(&h->text, bytes)
                                            : base64_encode(&h->text, bytes)) < 0)
            h->failed = true;
    }
}

static void put_data(struct human *h, const struct event_decoded *d)
{
    struct slice data = d->form == DECODED_BYTES ? d->data : human_elided(h, d->data);

    switch (d->form) {
    case DECODED_ARGUMENTS:
        put_arguments(h, data);
        break;
    case DECODED_JSON:
        human_put(h, " ");
        put_json(h, data);
        break;
    case DECODED_TEXT:
        put_word(h, " ", data);
        break;
    case DECODED_BYTES:
        put_bytes(h, data);
        break;
    default:
        break;
    }
}

static void put_fields(struct human *h, const struct event_decoded *d)
{
    human_style(h, STYLE_DIM);
    for (size_t i = 0; i < d->field_count; i++) {
        const struct field *f = &d->fields[i];

        human_dot(h);
        if (slice_is(f->name, "nsp")) { /* its slash shows what it is */
            human_safe(h, f->value);
            continue;
        }
        human_safe(h, f->name);
        put_word(h, " ", f->value);
    }
    human_style(h, STYLE_PLAIN);
}

void human_decoded(struct human *h, const struct event *ev)
{
    const struct event_decoded *d = &ev->decoded;

    if (!is_shown(h, d))
        return;
    human_begin_dir(h, ev);
    if (d->role == DECODED_BAD) {
        human_style(h, STYLE_YELLOW);
        human_put(h, "? ");
        human_safe_str(h, d->error);
        human_style(h, STYLE_PLAIN);
        return;
    }
    if (d->role == DECODED_ERROR)
        human_style(h, STYLE_RED);
    else if (d->role != DECODED_EVENT)
        human_style(h, STYLE_DIM);
    put_head(h, d);
    human_style(h, STYLE_PLAIN);
    put_data(h, d);
    put_fields(h, d);
    if (d->has_us) {
        human_put(h, " after ");
        human_latency(h, d->us);
    }
    if (d->form == DECODED_BYTES && h->config.binary != BINARY_HEX &&
        h->config.binary != BINARY_BASE64)
        human_dump(h, d->data, 0, 2, DUMP, 0);
}
