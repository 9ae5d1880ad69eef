/*
 * decode_spec: --as as it is typed, and what follows from it before there is a connection.
 */
#include <stdio.h>

#include "base/nearest.h"
#include "decode/decoders.h"

/* The text up to the next of two characters, which becomes a NUL. *text: what follows it; NULL:
 * nothing does. *ended_by: the character, or 0. */
static char *cut(char **text, const char *at, char *ended_by)
{
    char *word = *text;
    size_t n = strcspn(word, at);

    *ended_by = word[n];
    *text = word[n] ? word + n + 1 : NULL;
    word[n] = '\0';
    return word;
}

/* The word is the name with letters left out, but for the first and the last: "sockio", "gql". */
static bool is_short_for(const char *word, const char *name)
{
    const char *at = word;

    for (const char *c = name; *c; c++)
        at += *c == *at;
    return strlen(word) >= 3 && *at == '\0' && word[0] == name[0] &&
           at[-1] == name[strlen(name) - 1];
}

/* A word that only leaves letters out is nearer than one with wrong letters. NULL: none is near. */
static const char *nearest_name(const char *word)
{
    struct nearest n;

    nearest_begin(&n, word, strlen(word));
    for (size_t i = 0; decoders[i]; i++) {
        if (is_short_for(word, decoders[i]->name))
            return decoders[i]->name;
        nearest_offer(&n, decoders[i]->name);
    }
    return n.word;
}

static int unknown_name(struct err *e, const char *word)
{
    const char *nearest = nearest_name(word);

    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "--as does not know the protocol '%s'", word);
    if (nearest)
        err_hint(e, "did you mean '%s'?", nearest);
    else
        err_hint(e, "man wscope-as lists the protocols");
    return -1;
}

static const char *known_key(const struct decoder *d, const char *word, size_t len,
                             struct nearest *n)
{
    nearest_begin(n, word, len);
    for (size_t i = 0; d->keys && d->keys[i]; i++) {
        if (strlen(d->keys[i]) == len && memcmp(d->keys[i], word, len) == 0)
            return d->keys[i];
        nearest_offer(n, d->keys[i]);
    }
    return NULL;
}

static int parse_key(struct decode_spec *spec, const struct decoder *d, const char *pair,
                     struct err *e)
{
    size_t len = strcspn(pair, "=");
    struct nearest n;
    const char *key = known_key(d, pair, len, &n);

    if (!key) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "--as %s has no key '%.*s'", d->name, (int)len,
                pair);
        if (n.word)
            err_hint(e, "did you mean '%s='?", n.word);
        return -1;
    }
    if (pair[len] != '=' || !pair[len + 1])
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "--as %s: '%s' needs a value, as in %s=VALUE",
                       d->name, key, key);
    if (spec->key_count == DECODE_KEYS_MAX)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "--as takes at most %d keys",
                       DECODE_KEYS_MAX);
    spec->keys[spec->key_count] = (struct decode_key){d, key, pair + len + 1};
    spec->key_count++;
    return d->check ? d->check(&spec->keys[spec->key_count - 1], e) : 0;
}

static int parse_decoder(struct decode_spec *spec, const char *name, struct err *e)
{
    const struct decoder *d = decoder_named(slice_str(name));

    if (!d)
        return unknown_name(e, name);
    if (spec->count == DECODE_STACK_MAX)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "--as stacks at most %d protocols",
                       DECODE_STACK_MAX);
    spec->decoders[spec->count++] = d;
    return 0;
}

int decode_spec_parse(struct decode_spec *spec, char *text, struct err *e)
{
    char by = '+';

    spec->none = strcmp(text, "none") == 0;
    spec->count = spec->key_count = 0;
    if (spec->none || strcmp(text, "auto") == 0)
        return 0;
    while (text) {
        char before = by;
        const char *word = cut(&text, ",+", &by);
        int rc = before == '+' ? parse_decoder(spec, word, e)
                               : parse_key(spec, spec->decoders[spec->count - 1], word, e);

        if (rc != 0)
            return -1;
    }
    return 0;
}

const char *decode_spec_key(const struct decode_spec *spec, const struct decoder *decoder,
                            const char *name, unsigned n)
{
    for (unsigned i = 0; i < spec->key_count; i++) {
        if (spec->keys[i].decoder == decoder && strcmp(spec->keys[i].name, name) == 0 && n-- == 0)
            return spec->keys[i].value;
    }
    return NULL;
}

const char *decode_name_at(unsigned index)
{
    unsigned count = 0;

    while (decoders[count])
        count++;
    return index < count ? decoders[index]->name : NULL;
}

const char *decode_subprotocol_at(const struct decode_spec *spec, unsigned index)
{
    for (unsigned i = 0; i < spec->count; i++) {
        const char *const *names = spec->decoders[i]->subprotocols;

        for (; names && *names; names++) {
            if (index-- == 0)
                return *names;
        }
    }
    return NULL;
}

/* The lowest one that has such a row, which may be below a named one. */
static int change_target(const struct decoder *d, const struct decode_spec *spec,
                         struct slice target, struct buf *out)
{
    const struct decoder *below = d->below ? decoder_named(slice_str(d->below)) : NULL;

    if (d->target)
        return d->target(spec, target, out);
    return below ? change_target(below, spec, target, out) : 0;
}

int decode_target(const struct decode_spec *spec, struct slice target, struct buf *out)
{
    int rc = 0;

    for (unsigned i = 0; i < spec->count && rc == 0; i++)
        rc = change_target(spec->decoders[i], spec, target, out);
    return rc;
}

bool decode_spec_has(const struct decode_spec *spec, const char *name)
{
    for (unsigned i = 0; i < spec->count; i++) {
        if (strcmp(spec->decoders[i]->name, name) == 0)
            return true;
    }
    return false;
}

bool decode_has_command(const struct decode_spec *spec, struct slice word)
{
    const char *const *commands =
        spec->count > 0 ? spec->decoders[spec->count - 1]->commands : NULL;

    for (; commands && *commands; commands++) {
        if (slice_is(word, *commands))
            return true;
    }
    return false;
}

bool decode_negotiates(const struct decode_spec *spec)
{
    const char *negotiate = decode_spec_key(spec, &decoder_signalr, "negotiate", 0);

    return negotiate && strcmp(negotiate, "yes") == 0;
}
