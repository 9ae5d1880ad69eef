#include "base/secret.h"

#include "base/ascii.h"

enum place { IN_QUERY = 1, IN_FIELD = 2, IN_TEXT = 4, EVERYWHERE = 7 };

/* How a word must appear in a text to match. In a name it matches anywhere: "clientsecret". */
enum shape { ANY, START, WHOLE };

static const struct word {
    const char *text;
    enum place places;
    enum shape shape;
} words[] = {
    {"token", EVERYWHERE, ANY},      {"secret", EVERYWHERE, ANY},
    {"credential", EVERYWHERE, ANY}, {"bearer", EVERYWHERE, ANY},
    {"passw", EVERYWHERE, ANY},      {"pass", EVERYWHERE, START},
    {"auth", EVERYWHERE, START},     {"apikey", EVERYWHERE, ANY},
    {"key", EVERYWHERE, WHOLE},      {"signature", EVERYWHERE, ANY},
    {"sig", EVERYWHERE, WHOLE},      {"pwd", EVERYWHERE, START},
    {"jwt", EVERYWHERE, START},      {"cookie", IN_FIELD | IN_TEXT, ANY},
    {"login", IN_TEXT, START},       {"identify", IN_TEXT, START},
};

#define WORD_COUNT (sizeof words / sizeof words[0])

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* The character at *i, percent-decoded if requested and in lower case; *i moves after it. */
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

static bool contains_a_word(struct slice name, bool percent, enum place place)
{
    for (size_t w = 0; w < WORD_COUNT; w++) {
        if ((words[w].places & place) && contains(name, percent, words[w].text))
            return true;
    }
    return false;
}

bool secret_query_name(struct slice name)
{
    return contains_a_word(name, true, IN_QUERY);
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
    return contains_a_word(name, false, IN_FIELD);
}

/* --- texts --------------------------------------------------------------------------------------
 */

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

/* The characters of a name: "x-api_key", "%74oken". */
static bool is_of_name(uint8_t c)
{
    return is_letter_or_digit(c) || c == '_' || c == '-' || c == '%';
}

/* In "myPass" a word begins at the P. */
static bool word_begins(struct slice text, size_t i)
{
    return i == 0 || !is_letter(text.data[i - 1]) ||
           (is_upper(text.data[i]) && !is_upper(text.data[i - 1]));
}

static bool word_at(struct slice text, size_t i, const struct word *word)
{
    size_t end = i + strlen(word->text);

    if (!starts_with(text, false, i, word->text))
        return false;
    if (word->shape != ANY && !word_begins(text, i))
        return false;
    return word->shape != WHOLE || end == text.len || !is_letter(text.data[end]) ||
           word_begins(text, end);
}

static bool has_word(struct slice text)
{
    for (size_t w = 0; w < WORD_COUNT; w++) {
        for (size_t i = 0; i < text.len; i++) {
            if (word_at(text, i, &words[w]))
                return true;
        }
    }
    return false;
}

/* Is what ends at `end` followed by its value: `NAME=`, `NAME: `, `"NAME" :`? */
static bool is_assigned(struct slice text, size_t end)
{
    while (end < text.len && memchr("\"'\\", text.data[end], 3))
        end++;
    while (end < text.len && (text.data[end] == ' ' || text.data[end] == '\t'))
        end++;
    return end < text.len && (text.data[end] == ':' || text.data[end] == '=');
}

static bool has_secret_name(struct slice text)
{
    for (size_t i = 0, end; i < text.len; i = end + 1) {
        for (end = i; end < text.len && is_of_name(text.data[end]);)
            end++;
        if (end > i && is_assigned(text, end) &&
            contains_a_word(slice_make(text.data + i, end - i), true, IN_TEXT))
            return true;
    }
    return false;
}

/* The characters of tokens: base64, base64url, hexadecimal. */
static bool is_of_token(uint8_t c)
{
    return is_letter_or_digit(c) || memchr("_-.+/=~", c, 7) != NULL;
}

/* A JSON Web Token, a token of a well-known service, or what looks random: capitals, small letters
 * and digits in one long word. A text that consists of one word need not have capitals. */
static bool is_token(struct slice word, bool alone)
{
    static const char *const prefixes[] = {"eyJ",    "ghp_",  "gho_",  "ghs_", "github_pat_",
                                           "glpat-", "xoxb-", "xoxp-", "sk-",  "sk_live_",
                                           "AKIA",   "AIza",  "ya29.", "npm_"};
    size_t uppers = 0, lowers = 0, digits = 0;

    if (word.len < 16)
        return false;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (strncmp((const char *)word.data, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    for (size_t i = 0; i < word.len; i++) {
        uppers += is_upper(word.data[i]);
        lowers += is_letter(word.data[i]) && !is_upper(word.data[i]);
        digits += is_digit(word.data[i]);
    }
    return word.len >= 20 && digits >= 2 &&
           ((uppers >= 2 && lowers >= 2) || (alone && uppers + lowers >= 2));
}

static bool has_token(struct slice text)
{
    for (size_t i = 0, end; i < text.len; i = end + 1) {
        for (end = i; end < text.len && is_of_token(text.data[end]);)
            end++;
        if (is_token(slice_make(text.data + i, end - i), end - i == text.len))
            return true;
    }
    return false;
}

bool secret_in_text(struct slice text)
{
    return has_word(text) || has_secret_name(text) || has_token(text);
}
