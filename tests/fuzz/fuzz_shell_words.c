/* Any text as a command: it is refused with a sentence, or becomes words that, quoted again, are
 * the same words. What begins with curl also becomes options or an error, and its URL the operand.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "cli/from_curl.h"
#include "cli/options_private.h"
#include "cli/shell_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *copy(const void *bytes, size_t n)
{
    char *text = malloc(n + 1);

    assert(text);
    memcpy(text, bytes, n);
    text[n] = '\0';
    return text;
}

/* 'a'\''b' */
static void quote(struct buf *out, const char *word)
{
    assert(buf_append(out, "'", 1) == 0);
    for (; *word; word++) {
        if (*word == '\'')
            assert(buf_append(out, "'\\''", 4) == 0);
        else
            assert(buf_append(out, word, 1) == 0);
    }
    assert(buf_append(out, "' ", 2) == 0);
}

static void check_words(const char *words, long count)
{
    struct buf quoted;
    struct err e;
    const char *word = words;
    char *again, *other;

    buf_init(&quoted, 1 << 24);
    for (long i = 0; i < count; i++) {
        quote(&quoted, word);
        word += strlen(word) + 1;
    }
    again = other = copy(quoted.len ? (const char *)buf_data(&quoted) : "", quoted.len);
    assert(shell_words_split(again, &e) == count);
    word = words;
    for (long i = 0; i < count; i++) {
        assert(strcmp(word, other) == 0);
        word += strlen(word) + 1;
        other = shell_words_next(other);
    }
    free(again);
    buf_clear(&quoted);
}

static void check_curl(const char *text)
{
    struct options o = {0};
    struct options_parsing p = {.o = &o};
    struct err e;
    char *command = copy(text, strlen(text));

    err_clear(&e);
    o.memory = calloc(1, sizeof *o.memory);
    assert(o.memory);
    if (from_curl(&p, command, &e) != 0)
        assert(e.code == EXIT_USAGE && e.text[0]);
    for (size_t i = 0; i < p.use_count; i++) {
        assert(p.uses[i].layer == LAYER_CURL && p.uses[i].typed[0]);
        assert((p.uses[i].row->arg == OPTION_FLAG) == (p.uses[i].value == NULL));
    }
    options_memory_free(o.memory);
    free(command);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = copy(data, size), *words = copy(data, size);
    size_t len = strlen(text);
    struct err e;
    long count;

    err_clear(&e);
    count = shell_words_split(words, &e);
    if (count < 0) {
        assert(e.code == EXIT_USAGE && e.text[0] && e.hint[0]);
    } else {
        const char *word = words;

        for (long i = 0; i < count; i++)
            word += strlen(word) + 1;
        assert((size_t)(word - words) <= len + 1);
        check_words(words, count);
    }
    check_curl(text);
    free(text);
    free(words);
    return 0;
}
