/* Any text as a config file: each line is told apart or refused, parts are trimmed and lie in the
 * text, and numbers count its lines. Two files one behind the other read as each of them alone. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static void check_part(const char *part, bool may_be_empty)
{
    size_t len = strlen(part);

    assert(may_be_empty || len > 0);
    assert(!strchr(part, '\n'));
    assert(len == 0 || (!is_blank(part[0]) && !is_blank(part[len - 1])));
}

static void check_line(const struct config_line *line)
{
    assert(line->aliases + (line->profile != NULL) + (line->key != NULL) == 1);
    if (line->aliases)
        return;
    if (line->profile) {
        check_part(line->profile, false);
        assert(!line->value && !strchr(line->profile, ']'));
        return;
    }
    check_part(line->key, false);
    assert(line->key[0] != '#' && line->key[0] != '[' && !strchr(line->key, '='));
    if (line->value)
        check_part(line->value, true);
}

static size_t count_lines(const char *text)
{
    size_t count = 1;

    for (; (text = strchr(text, '\n')) != NULL; text++)
        count++;
    return count;
}

/* A digest of all that was read, line numbers counted on from `first`. */
static uint64_t read_all(char *text, size_t first, uint64_t seen)
{
    size_t lines = count_lines(text), last = 0;
    struct config_reader r;
    struct config_line line;
    struct err e;
    int got;

    config_open(&r, text);
    do {
        err_clear(&e);
        got = config_next(&r, &line, &e);
        assert(got == 0 || r.number > last);
        assert(r.number <= lines);
        last = r.number;
        if (got < 0)
            assert(e.code == EXIT_USAGE && e.text[0] && e.hint[0]);
        if (got > 0)
            check_line(&line);
        if (got != 0)
            seen = (seen ^ (uint64_t)(got + 2) ^ (first + r.number) << 8) * 0x100000001b3u;
        for (const char *at = got > 0 ? (line.key       ? line.key
                                         : line.profile ? line.profile
                                                        : "")
                                      : "";
             *at; at++)
            seen = (seen ^ (uint8_t)*at) * 0x100000001b3u;
        for (const char *at = got > 0 && line.value ? line.value : ""; *at; at++)
            seen = (seen ^ (uint8_t)*at) * 0x100000001b3u;
    } while (got != 0);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *whole = malloc(size + 1), *parts = malloc(size + 1);
    char *split;
    uint64_t seen, again;

    assert(whole && parts);
    memcpy(whole, data, size);
    whole[size] = '\0';
    memcpy(parts, whole, size + 1);
    seen = read_all(whole, 0, 7);
    split = memchr(parts, '\n', strlen(parts));
    /* A byte order mark means something at the beginning of a file only. */
    if (split && strncmp(split + 1, "\xEF\xBB\xBF", 3) != 0) {
        *split = '\0';
        again = read_all(parts, 0, 7);
        assert(read_all(split + 1, 1, again) == seen);
    }
    free(whole);
    free(parts);
    return 0;
}
