#include <stdlib.h>

#include "base/codec.h"
#include "base/decimal.h"
#include "base/nearest.h"
#include "script/expect/expect.h"
#include "script/expect/parse.h"

/* The position of the parser in the arguments, which end at `end`: `within` is cut off. */
struct reading {
    const char *text;
    size_t pos, end;
    const char *here;
};

struct what_row {
    const char *name;
    enum expect_what what;
    int (*parse)(struct expect *x, struct reading *r, struct err *e);
    bool next; /* "next" may precede it */
};

static void skip_blanks(struct reading *r)
{
    while (r->pos < r->end && (r->text[r->pos] == ' ' || r->text[r->pos] == '\t'))
        r->pos++;
}

static struct slice next_word(struct reading *r)
{
    size_t from;

    skip_blanks(r);
    from = r->pos;
    while (r->pos < r->end && r->text[r->pos] != ' ' && r->text[r->pos] != '\t')
        r->pos++;
    return slice_make(r->text + from, r->pos - from);
}

static struct slice rest_of(struct reading *r)
{
    skip_blanks(r);
    return slice_make(r->text + r->pos, r->end - r->pos);
}

static int nomem(struct err *e)
{
    return err_nomem(e, STAGE_USAGE, "reading an expectation");
}

/* --- what may be expected -----------------------------------------------------------------------
 */

/* What is left, or the here-text, is the text or its regular expression; nothing: any. */
static int read_pattern(struct pattern *p, struct reading *r, struct err *e)
{
    struct slice text = rest_of(r);
    bool here = r->here && text.len == 0;

    if (here)
        text = slice_str(r->here);
    else if (r->here)
        return err_at(e, r->pos, "the text is given here and in the lines below: use only one");
    if (text.len == 0 && !here)
        return 0;
    if (pattern_parse(p, text, here, e) == 0)
        return 0;
    if (e->at >= 0)
        e->at = (long)r->pos;
    return -1;
}

static int what_pattern(struct expect *x, struct reading *r, struct err *e)
{
    return read_pattern(&x->pattern, r, e);
}

static int what_json(struct expect *x, struct reading *r, struct err *e)
{
    struct slice text = rest_of(r);
    size_t at = r->pos;

    if (expect_json_parse(x, text, at, e) < 0)
        return -1;
    if (!r->here)
        return 0;
    if (expect_json_parse(x, slice_str(r->here), 0, e) == 0)
        return 0;
    e->at = -1; /* it is an offset in the here-text */
    return -1;
}

static int what_binary(struct expect *x, struct reading *r, struct err *e)
{
    struct slice text = rest_of(r);

    return text.len ? expect_bytes_parse(x, text, r->pos, e) : 0;
}

static int read_number(struct expect *x, struct slice text, size_t at, uint64_t max,
                       const char *why, struct err *e)
{
    char digits[24] = "";

    if (text.len < sizeof digits)
        memcpy(digits, text.data, text.len);
    if (!decimal_read(slice_str(digits), max, &x->number))
        return err_at(e, at, why);
    x->has_number = true;
    return 0;
}

static int nothing_more(struct reading *r, struct err *e)
{
    struct slice word = next_word(r);

    if (word.len == 0)
        return 0;
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "nothing may follow this, but \"%.*s\" does",
            (int)(word.len < 40 ? word.len : 40), (const char *)word.data);
    e->at = (long)(r->pos - word.len);
    return -1;
}

static int what_open(struct expect *x, struct reading *r, struct err *e)
{
    struct slice word = next_word(r);

    if (word.len == 0)
        return 0;
    if (!slice_is(word, "subprotocol"))
        return err_at(e, r->pos - word.len,
                      "\"open\" may be followed by: subprotocol NAME, or subprotocol none");
    word = next_word(r);
    if (word.len == 0)
        return err_at(e, r->pos,
                      "the name of the subprotocol is missing; none means that none is "
                      "chosen");
    x->name = slice_is(word, "none") ? strdup("") : strndup((const char *)word.data, word.len);
    return x->name ? nothing_more(r, e) : nomem(e);
}

static int what_close(struct expect *x, struct reading *r, struct err *e)
{
    struct slice word = next_word(r);

    if (word.len == 0)
        return 0;
    if (read_number(
            x, word, r->pos - word.len, 65535,
            "a close code is a number: 1000 ... 4999; 1005: the Close has none; 1006: there "
            "was no Close",
            e) < 0)
        return -1;
    return read_pattern(&x->pattern, r, e);
}

/* "json ..." about the data of what was decoded, or nothing. */
static int what_answer(struct expect *x, struct reading *r, struct err *e)
{
    struct slice word = next_word(r);

    if (word.len == 0)
        return 0;
    if (!slice_is(word, "json"))
        return err_at(e, r->pos - word.len, "only \"json\" and conditions may follow this");
    return what_json(x, r, e);
}

static int what_event(struct expect *x, struct reading *r, struct err *e)
{
    struct slice text = rest_of(r);
    size_t n = expect_name_parse(x, text, r->pos, e);

    r->pos += n;
    return n > 0 ? what_answer(x, r, e) : -1;
}

static int what_error(struct expect *x, struct reading *r, struct err *e)
{
    struct slice word = next_word(r);

    if (word.len == 0)
        return 0;
    if (slice_is(word, "json"))
        return what_json(x, r, e);
    for (int stage = STAGE_USAGE; stage <= STAGE_IO; stage++) {
        if (slice_is(word, stage_name((enum stage)stage))) {
            x->stage = stage;
            return nothing_more(r, e);
        }
    }
    return err_at(
        e, r->pos - word.len,
        "a stage is one of resolve, connect, proxy, tls, handshake, protocol, io; \"json\" "
        "begins conditions");
}

static int what_status(struct expect *x, struct reading *r, struct err *e)
{
    struct slice word = next_word(r);

    if (read_number(x, word, r->pos - word.len, 999,
                    "an HTTP status is expected here: a number, such as 403", e) < 0)
        return -1;
    return nothing_more(r, e);
}

static int what_header(struct expect *x, struct reading *r, struct err *e)
{
    struct slice word = next_word(r);

    if (word.len > 0 && word.data[word.len - 1] == ':')
        word.len--;
    if (word.len == 0)
        return err_at(e, r->pos, "the name of a header field is missing here");
    x->name = strndup((const char *)word.data, word.len);
    return x->name ? read_pattern(&x->pattern, r, e) : nomem(e);
}

static int what_nothing(struct expect *x, struct reading *r, struct err *e)
{
    (void)x;
    return nothing_more(r, e);
}

static int what_gap(struct expect *x, struct reading *r, struct err *e)
{
    struct slice word = next_word(r);

    if (word.len > 0 &&
        read_number(x, word, r->pos - word.len, UINT64_MAX,
                    "a number is expected here: how many are missing, such as 3", e) < 0)
        return -1;
    return nothing_more(r, e);
}

static int read_seconds(struct slice word, size_t at, uint64_t *us, struct err *e)
{
    if (duration_parse(word, us) < 0 || *us == 0)
        return err_at(e, at, "a number of seconds is expected here, such as 0.5");
    return 0;
}

static int what_none(struct expect *x, struct reading *r, struct err *e)
{
    struct slice word = next_word(r);

    if (word.len == 0) {
        if (!x->within_us)
            x->within_us = EXPECT_NONE_US;
        return 0;
    }
    if (x->within_us)
        return err_at(e, r->pos - word.len, "\"none\" takes \"for SEC\" or \"within SEC\"");
    if (!slice_is(word, "for"))
        return err_at(e, r->pos - word.len, "\"none\" may be followed by: for SEC");
    word = next_word(r);
    if (read_seconds(word, r->pos - word.len, &x->within_us, e) < 0)
        return -1;
    return nothing_more(r, e);
}

/* --- all ----------------------------------------------------------------------------------------
 */

static int what_frame(struct expect *x, struct reading *r, struct err *e)
{
    struct slice text = rest_of(r);

    return expect_frame_parse(x, text, r->pos, e);
}

static int what_report(struct expect *x, struct reading *r, struct err *e)
{
    struct slice list = rest_of(r);

    if (list.len == 0)
        return err_at(e, r->pos, "what the report is to show is missing, such as back<3s,lost=0");
    x->name = strndup((const char *)list.data, list.len);
    return x->name ? 0 : nomem(e);
}

static const struct what_row rows[] = {
    {"text", EXPECT_TEXT, what_pattern, true},
    {"json", EXPECT_JSON, what_json, true},
    {"binary", EXPECT_BINARY, what_binary, true},
    {"ping", EXPECT_PING, what_pattern, true},
    {"pong", EXPECT_PONG, what_pattern, true},
    {"frame", EXPECT_FRAME, what_frame, true},
    {"open", EXPECT_OPEN, what_open, true},
    {"close", EXPECT_CLOSE, what_close, true},
    {"error", EXPECT_ERROR, what_error, true},
    {"event", EXPECT_EVENT, what_event, true},
    {"ack", EXPECT_ACK, what_answer, true},
    {"result", EXPECT_RESULT, what_answer, true},
    {"reconnect", EXPECT_RECONNECT, what_nothing, false},
    {"gap", EXPECT_GAP, what_gap, true},
    {"status", EXPECT_STATUS, what_status, false},
    {"header", EXPECT_HEADER, what_header, false},
    {"no-gap", EXPECT_NO_GAP, what_nothing, false},
    {"none", EXPECT_NONE, what_none, false},
    {"back", EXPECT_BACK, what_nothing, false},
    {"report", EXPECT_REPORT, what_report, false},
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

static const char *nearest_row(struct slice word)
{
    struct nearest near;

    nearest_begin(&near, (const char *)word.data, word.len);
    for (size_t i = 0; i < ROW_COUNT; i++)
        nearest_offer(&near, rows[i].name);
    return near.word;
}

static int unknown(struct slice word, size_t at, struct err *e)
{
    const char *nearest = nearest_row(word);

    if (word.len == 0)
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "what is expected?");
    else
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "nothing called \"%.*s\" can be expected%s%s%s",
                (int)(word.len < 40 ? word.len : 40), (const char *)word.data,
                nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
    err_hint(e, "text, json, binary, event, ack, result, ping, pong, frame, open, close, error, "
                "status, header, reconnect, gap, no-gap and none can");
    e->at = (long)at;
    return -1;
}

static int wrong_within(size_t at, struct err *e, const char *text)
{
    err_at(e, at, text);
    err_hint(e, "write a text that ends in \"within\" in the lines below: expect text <<END");
    return -1;
}

/* "within SEC" at the end. */
static int take_within(struct expect *x, struct reading *r, struct err *e)
{
    size_t end = r->end, from, name_end, name;
    struct slice number;
    uint64_t us;

    while (end > 0 && strchr(" \t", r->text[end - 1]))
        end--;
    r->end = end;
    for (from = end; from > 0 && !strchr(" \t", r->text[from - 1]); from--)
        ;
    for (name_end = from; name_end > 0 && strchr(" \t", r->text[name_end - 1]); name_end--)
        ;
    for (name = name_end; name > 0 && !strchr(" \t", r->text[name - 1]); name--)
        ;
    number = slice_make(r->text + from, end - from);
    if (!slice_is(slice_make(r->text + name, name_end - name), "within")) {
        if (slice_is(number, "within"))
            return wrong_within(end, e, "the number of seconds after \"within\" is missing");
        return 0;
    }
    if (duration_parse(number, &us) < 0 || us == 0)
        return wrong_within(from, e,
                            "a number of seconds is expected after \"within\", such as "
                            "0.5");
    x->within_us = us;
    for (end = name; end > 0 && strchr(" \t", r->text[end - 1]); end--)
        ;
    r->end = end;
    return 0;
}

int expect_parse(struct expect *x, const char *args, const char *here, struct err *e)
{
    struct reading r = {.text = args, .end = strlen(args), .here = here};
    struct slice word;
    size_t next_at = 0;

    err_clear(e);
    *x = (struct expect){.stage = -1};
    buf_init(&x->bytes, EXPECT_BINARY_MAX);
    if (take_within(x, &r, e) < 0)
        return -1;
    word = next_word(&r);
    if (slice_is(word, "next")) {
        x->next = true;
        next_at = r.pos - word.len;
        word = next_word(&r);
    }
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (!slice_is(word, rows[i].name))
            continue;
        x->what = rows[i].what;
        if (x->next && !rows[i].next)
            return err_at(e, next_at,
                          "\"next\" applies to what comes in order: messages, "
                          "pings, pongs, frames, open, close, error and gap");
        if (rows[i].parse(x, &r, e) < 0)
            return -1;
        if (here && x->what != EXPECT_JSON && x->condition_count == 0 && !x->pattern.given)
            return err_at(e, 0,
                          "a text in the lines below is possible with text, json, ping, pong, "
                          "close "
                          "or header");
        return 0;
    }
    return unknown(word, r.pos - word.len, e);
}

void expect_clear(struct expect *x)
{
    pattern_clear(&x->pattern);
    free(x->name);
    for (size_t i = 0; i < x->condition_count; i++) {
        free(x->conditions[i].pointer);
        free(x->conditions[i].value);
        pattern_clear(&x->conditions[i].pattern);
    }
    free(x->conditions);
    buf_clear(&x->bytes);
    *x = (struct expect){.stage = -1};
}
