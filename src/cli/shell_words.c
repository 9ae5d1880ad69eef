#include "cli/shell_words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/ascii.h"
#include "base/blank.h"

/* Reading and writing in the same text: what is written never overtakes what is read, because no
 * quoted form is shorter than its value. */
struct splitter {
    const char *text; /* where it began, to report positions */
    const char *in;
    char *out;
    struct err *e;
};

static bool is_name(char c)
{
    return is_letter_or_digit(c) || c == '_';
}

/* A message about the text at `at`, and what to try. */
static int wrong(const struct splitter *s, const char *at, const char *what, const char *hint)
{
    err_set(s->e, EXIT_USAGE, STAGE_USAGE, 0, "%s (byte %td of the command)", what,
            at - s->text + 1);
    err_hint(s->e, "%s", hint);
    return -1;
}

/* The length of a backslash with its line break at `at`, which continue a line; else 0. */
static size_t continuation(const char *at)
{
    if (at[0] != '\\')
        return 0;
    return at[1] == '\n' ? 2 : at[1] == '\r' && at[2] == '\n' ? 3 : 0;
}

/* '...': everything up to the next quote (section 2.2.2). in is after the first one. */
static int single_quoted(struct splitter *s)
{
    const char *open = s->in - 1;

    while (*s->in && *s->in != '\'')
        *s->out++ = *s->in++;
    if (!*s->in)
        return wrong(s, open, "a ' that begins a quotation is not closed",
                     "was all of the command copied?");
    s->in++;
    return 0;
}

/* True if the '$' at `at` is an expansion (section 2.6); alone it is a dollar. */
static bool expands(const char *at)
{
    return is_name(at[1]) || (at[1] != '\0' && strchr("{(@*#?-$!", at[1]) != NULL);
}

static int refuse_expansion(const struct splitter *s)
{
    return wrong(s, s->in,
                 *s->in == '`' ? "a ` asks a shell to run a command"
                               : "a $ asks a shell to put in a variable or a result",
                 "put the text itself there; nothing is expanded or run");
}

/* "...": a backslash quotes $ ` " \ and line breaks only (section 2.2.3). */
static int double_quoted(struct splitter *s)
{
    const char *open = s->in - 1;

    while (*s->in && *s->in != '"') {
        size_t skip = continuation(s->in);

        if (skip) {
            s->in += skip;
            continue;
        }
        if (*s->in == '`' || (*s->in == '$' && expands(s->in)))
            return refuse_expansion(s);
        if (*s->in == '\\' && s->in[1] && strchr("$`\"\\", s->in[1]))
            s->in++;
        *s->out++ = *s->in++;
    }
    if (!*s->in)
        return wrong(s, open, "a \" that begins a quotation is not closed",
                     "was all of the command copied?");
    s->in++;
    return 0;
}

static int digit(char c, int base)
{
    int value = hex_value(c);

    return value < base ? value : -1;
}

/* Up to `most` digits; how many there were. */
static int number(const char *at, int base, int most, uint32_t *value)
{
    int count = 0;

    for (*value = 0; count < most && digit(at[count], base) >= 0; count++)
        *value = *value * (uint32_t)base + (uint32_t)digit(at[count], base);
    return count;
}

/* UTF-8 (RFC 3629, section 3). */
static void put_code(struct splitter *s, uint32_t code)
{
    if (code < 0x80) {
        *s->out++ = (char)code;
        return;
    }
    if (code < 0x800) {
        *s->out++ = (char)(0xc0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *s->out++ = (char)(0xe0 | code >> 12);
        } else {
            *s->out++ = (char)(0xf0 | code >> 18);
            *s->out++ = (char)(0x80 | (code >> 12 & 0x3f));
        }
        *s->out++ = (char)(0x80 | (code >> 6 & 0x3f));
    }
    *s->out++ = (char)(0x80 | (code & 0x3f));
}

static int no_character(const struct splitter *s, const char *escape)
{
    return wrong(s, escape, "an escape with a backslash is not a character",
                 "NUL, half a surrogate pair and what is beyond U+10FFFF can't be sent");
}

/* \uXXXX, \UXXXXXXXX; in is at the letter. Browsers write a character beyond U+FFFF as two escapes,
 * the halves of its surrogate pair (RFC 2781, section 2.2). */
static int unicode_escape(struct splitter *s)
{
    const char *escape = s->in - 1;
    uint32_t code, low;
    int count = number(s->in + 1, 16, *s->in == 'u' ? 4 : 8, &code);

    if (count == 0) { /* as in bash: it is literal */
        *s->out++ = '\\';
        *s->out++ = *s->in++;
        return 0;
    }
    s->in += 1 + count;
    if (code >= 0xd800 && code < 0xdc00 && s->in[0] == '\\' && s->in[1] == 'u' &&
        number(s->in + 2, 16, 4, &low) == 4 && low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        s->in += 6;
    }
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return no_character(s, escape);
    put_code(s, code);
    return 0;
}

/* \xHH, \NNN and \cX, one byte; in is after the backslash. */
static int byte_escape(struct splitter *s)
{
    const char *escape = s->in - 1;
    uint32_t byte = 0;
    int count;

    if (*s->in == 'c' && s->in[1] && s->in[1] != '\'') {
        byte = (uint8_t)s->in[1] & 0x1f;
        count = 2;
    } else if (*s->in == 'x') {
        count = number(s->in + 1, 16, 2, &byte);
        count += count ? 1 : 0;
    } else {
        count = number(s->in, 8, 3, &byte);
    }
    if (count == 0) {
        *s->out++ = '\\';
        *s->out++ = *s->in++;
        return 0;
    }
    s->in += count;
    byte &= 0xff;
    if (byte == 0)
        return no_character(s, escape);
    *s->out++ = (char)byte;
    return 0;
}

/* A backslash inside $'...'; in is after it, and there is more. */
static int ansi_escape(struct splitter *s)
{
    static const char letters[] = "abeEfnrtv\\'\"?";
    static const char meanings[] = "\a\b\033\033\f\n\r\t\v\\'\"?";
    const char *known = strchr(letters, *s->in);

    if (known) {
        *s->out++ = meanings[known - letters];
        s->in++;
        return 0;
    }
    if (*s->in == 'u' || *s->in == 'U')
        return unicode_escape(s);
    if (*s->in == 'x' || *s->in == 'c' || digit(*s->in, 8) >= 0)
        return byte_escape(s);
    *s->out++ = '\\'; /* as in bash: an unknown escape is literal */
    *s->out++ = *s->in++;
    return 0;
}

/* $'...'; in is after the quote. */
static int ansi_quoted(struct splitter *s)
{
    const char *open = s->in - 2;

    while (*s->in && *s->in != '\'') {
        if (s->in[0] != '\\' || !s->in[1]) {
            *s->out++ = *s->in++;
            continue;
        }
        s->in++;
        if (ansi_escape(s) != 0)
            return -1;
    }
    if (!*s->in)
        return wrong(s, open, "a $' that begins a quotation is not closed",
                     "was all of the command copied?");
    s->in++;
    return 0;
}

/* The kind of the curly quote at `at`, of U+2018 to U+201F: ' or ", or 0 for none. */
static char curly(const char *at)
{
    uint8_t last = (uint8_t)(at[0] == '\xE2' && at[1] == '\x80' ? at[2] : 0);

    return last >= 0x98 && last <= 0x9B ? '\'' : last >= 0x9C && last <= 0x9F ? '"' : 0;
}

/* A text that went through a word processor or a chat has curly quotes for '...' and "...". The one
 * that closes is followed by a blank or by nothing: others inside are apostrophes. A backslash
 * quotes as in "...". */
static int curly_quoted(struct splitter *s)
{
    const char *open = s->in;
    char kind = curly(open);

    for (s->in += 3; *s->in;) {
        const char *after = s->in + 3;

        if (curly(s->in) == kind && (!*after || is_white(*after) || continuation(after))) {
            s->in = after;
            return 0;
        }
        if (kind == '"' && *s->in == '\\' && s->in[1] &&
            (strchr("$`\"\\", s->in[1]) || curly(s->in + 1) == kind))
            s->in++;
        if (curly(s->in) == kind) { /* not to be seen as the end once more */
            *s->out++ = *s->in++;
            *s->out++ = *s->in++;
        }
        *s->out++ = *s->in++;
    }
    return wrong(s, open, "a curly quote that begins a quotation is not closed",
                 "copy the command again, without a program that changes quotes");
}

/* cmd.exe's ^" and its ^ at the end of a line. */
static bool is_cmd_quoting(const char *at)
{
    return at[0] == '^' && (at[1] == '"' || at[1] == '\n' || at[1] == '\r');
}

static int unquoted(struct splitter *s)
{
    if (is_cmd_quoting(s->in))
        return wrong(s, s->in, "this command is quoted for cmd.exe, with ^",
                     "choose \"Copy as cURL (bash)\" in the browser");
    if (strchr(";&|<>()", *s->in))
        return wrong(s, s->in, "an unquoted ; & | < > ( or ) is for a shell",
                     "give one command alone, with its URL and values in quotes");
    if (*s->in == '`' || (*s->in == '$' && expands(s->in)))
        return refuse_expansion(s);
    if (*s->in == '\\') {
        if (!s->in[1])
            return wrong(s, s->in, "the command ends in a backslash",
                         "was all of the command copied?");
        s->in++;
    }
    *s->out++ = *s->in++;
    return 0;
}

/* The next part of a word: one quotation, or one character. */
static int part(struct splitter *s)
{
    size_t skip = continuation(s->in);

    if (skip) {
        s->in += skip;
        return 0;
    }
    if (*s->in == '\'') {
        s->in++;
        return single_quoted(s);
    }
    if (s->in[0] == '$' && s->in[1] == '\'') {
        s->in += 2;
        return ansi_quoted(s);
    }
    if (s->in[0] == '$' && curly(s->in + 1))
        return wrong(s, s->in, "the quotes of this command were changed to curly ones",
                     "copy the command again, without a program that changes quotes");
    if (curly(s->in))
        return curly_quoted(s);
    if (*s->in == '"' || (s->in[0] == '$' && s->in[1] == '"')) {
        s->in += *s->in == '$' ? 2 : 1; /* $"..." requests a translation: there is none */
        return double_quoted(s);
    }
    return unquoted(s);
}

/* Blanks, line breaks, continued lines and comments between words (section 2.3, rules 8 and 10). */
static void skip_blanks(struct splitter *s)
{
    for (;;) {
        size_t skip = continuation(s->in);

        if (is_white(*s->in))
            skip = 1;
        else if (*s->in == '#')
            skip = strcspn(s->in, "\n");
        if (skip == 0)
            return;
        s->in += skip;
    }
}

long shell_words_split(char *text, struct err *e)
{
    struct splitter s = {.text = text, .in = text, .out = text, .e = e};
    long count = 0;

    for (skip_blanks(&s); *s.in; skip_blanks(&s)) {
        while (*s.in && !is_white(*s.in)) {
            if (part(&s) != 0)
                return -1;
        }
        /* The NUL may fall on the blank that ended the word: it has to be read first. */
        if (*s.in)
            s.in++;
        *s.out++ = '\0';
        count++;
    }
    return count;
}
