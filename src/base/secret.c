#include "base/secret.h"

static const char *const words[] = {"token", "key", "secret", "sig", "auth", "pass"};

#define WORD_COUNT (sizeof words / sizeof words[0])

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character at *i, percent-decoded if asked for and in lower case; *i moves behind it. */
static uint8_t next_char(struct slice name, bool percent, size_t *i)
{
    uint8_t c = name.data[(*i)++];

    if (percent && c == '%' && name.len - *i >= 2) {
        int high = hex_value(name.data[*i]), low = hex_value(name.data[*i + 1]);

        if (high >= 0 && low >= 0) {
            c = (uint8_t)(high << 4 | low);
            *i += 2;
        }
    }
    return lower(c);
}

static bool starts_with(struct slice name, bool percent, size_t i, const char *word)
{
    while (*word) {
        if (i == name.len || next_char(name, percent, &i) != (uint8_t)*word++)
            return false;
    }
    return true;
}

static bool contains(struct slice name, bool percent, const char *word)
{
    for (size_t i = 0; i < name.len; (void)next_char(name, percent, &i)) {
        if (starts_with(name, percent, i, word))
            return true;
    }
    return false;
}

static bool contains_a_word(struct slice name, bool percent)
{
    for (size_t w = 0; w < WORD_COUNT; w++) {
        if (contains(name, percent, words[w]))
            return true;
    }
    return false;
}

bool secret_query_name(struct slice name)
{
    return contains_a_word(name, true);
}

bool secret_field_name(struct slice name)
{
    static const char *const names[] = {"Authorization", "Proxy-Authorization", "Cookie",
                                        "Set-Cookie"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (slice_is_nocase(name, names[i]))
            return true;
    }
    return false;
}

bool secret_field_likely(struct slice name)
{
    return contains_a_word(name, false) || contains(name, false, "cookie");
}
