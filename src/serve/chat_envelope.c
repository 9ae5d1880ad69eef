#include "serve/chat_envelope.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/decimal.h"

#define MAGIC      "wscope-chat"
#define NUMBER_MAX (UINT64_C(1) << 53)
#define LINE_MAX   128

static const char *const kinds[] = {"text", "binary", "last"};

#define KINDS (sizeof kinds / sizeof kinds[0])

int chat_envelope_write(struct buf *out, const struct chat_envelope *x)
{
    size_t before = out->len;

    if (buf_printf(out, MAGIC " %s %" PRIu64 " %" PRId64 " %s %s\n", x->instance, x->number,
                   x->time_us, kinds[x->kind], x->node[0] ? x->node : "-") == 0 &&
        buf_append_slice(out, x->payload) == 0)
        return 0;
    out->len = before;
    return -1;
}

/* The next word of a line, up to a blank or its end; false: there is none. */
static bool take_word(struct slice *line, struct slice *word)
{
    const uint8_t *blank = line->len > 0 ? memchr(line->data, ' ', line->len) : NULL;

    *word = *line;
    if (blank)
        word->len = (size_t)(blank - line->data);
    *line = slice_make(blank ? blank + 1 : NULL, blank ? line->len - word->len - 1 : 0);
    return word->len > 0;
}

static bool read_instance(struct slice word, char instance[CHAT_INSTANCE])
{
    if (word.len != CHAT_INSTANCE - 1)
        return false;
    memcpy(instance, word.data, word.len);
    instance[word.len] = '\0';
    return strspn(instance, "0123456789abcdef") == word.len;
}

static bool read_node(struct slice word, char node[PAGES_NODE_MAX + 1])
{
    if (word.len > PAGES_NODE_MAX)
        return false;
    memcpy(node, word.data, word.len);
    node[word.len] = '\0';
    if (strcmp(node, "-") == 0)
        node[0] = '\0';
    return node[0] == '\0' || pages_node_valid(node);
}

static bool read_time(struct slice word, int64_t *us)
{
    uint64_t number;

    if (!decimal_read(word, INT64_MAX, &number))
        return false;
    *us = (int64_t)number;
    return true;
}

static bool read_kind(struct slice word, enum chat_kind *kind)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (slice_is(word, kinds[i])) {
            *kind = (enum chat_kind)i;
            return true;
        }
    }
    return false;
}

bool chat_envelope_read(struct slice bytes, struct chat_envelope *x)
{
    size_t most = bytes.len < LINE_MAX ? bytes.len : LINE_MAX;
    const uint8_t *end = most > 0 ? memchr(bytes.data, '\n', most) : NULL;
    struct slice line, word;

    *x = (struct chat_envelope){0};
    if (!end)
        return false;
    line = slice_make(bytes.data, (size_t)(end - bytes.data));
    x->payload = slice_make(end + 1, bytes.len - line.len - 1);
    return take_word(&line, &word) && slice_is(word, MAGIC) && take_word(&line, &word) &&
           read_instance(word, x->instance) && take_word(&line, &word) &&
           decimal_read(word, NUMBER_MAX, &x->number) && take_word(&line, &word) &&
           read_time(word, &x->time_us) && take_word(&line, &word) && read_kind(word, &x->kind) &&
           take_word(&line, &word) && read_node(word, x->node) && slice_end(word) == end;
}
