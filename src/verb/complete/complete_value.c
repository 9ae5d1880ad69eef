/* The values of options and operands, by kind. */
#include <stdio.h>
#include <string.h>

#include "decode/decoder.h"
#include "event/event.h"
#include "verb/complete/complete_private.h"

extern char **environ;

static void offer_paths(struct completing *c, const char *what)
{
    buf_printf(c->out, "%s\t%.*s\n", what, (int)c->kept, c->word);
}

static void files(struct completing *c)
{
    offer_paths(c, "files");
}

static void folders(struct completing *c)
{
    offer_paths(c, "folders");
}

static void file_or_text(struct completing *c)
{
    if (c->word[c->kept] != '@') {
        complete_offer(c, "@", false, "a file");
        return;
    }
    c->kept++;
    files(c);
}

static void secret(struct completing *c)
{
    static const char prefix[] = "env:";

    if (strncmp(c->word + c->kept, prefix, strlen(prefix)) != 0) {
        file_or_text(c);
        complete_offer(c, prefix, false, "a variable of the environment");
        return;
    }
    c->kept += strlen(prefix);
    for (char **variable = environ; *variable; variable++) {
        size_t len = strcspn(*variable, "=");
        char name[128];

        if (len >= sizeof name)
            continue;
        memcpy(name, *variable, len);
        name[len] = '\0';
        complete_offer(c, name, true, NULL);
    }
}

static void ws_url(struct completing *c)
{
    complete_from_history(c, "WS-URL");
    complete_offer(c, "ws://", false, NULL);
    complete_offer(c, "wss://", false, NULL);
}

static void http_url(struct completing *c)
{
    complete_from_history(c, "URL");
    complete_offer(c, "http://", false, NULL);
    complete_offer(c, "https://", false, NULL);
}

static void address(struct completing *c)
{
    complete_from_history(c, "ADDRESS");
}

static void command(struct completing *c)
{
    const struct verbs *verbs = c->line->verbs;

    for (size_t i = 1; i < verbs->count; i++)
        complete_offer(c, verbs->rows[i]->name, true, verbs->rows[i]->about);
}

/* One more after the commas that are there. */
static void events(struct completing *c)
{
    const char *comma = strrchr(c->word + c->kept, ',');

    if (comma)
        c->kept = (size_t)(comma + 1 - c->word);
    for (int kind = 0; kind < EVENT_NAMED_COUNT; kind++)
        complete_offer(c, event_name((enum event_kind)kind), false, NULL);
}

static void offer_profile(void *ctx, const char *name)
{
    complete_offer(ctx, name, true, NULL);
}

static void profiles(struct completing *c)
{
    options_profiles(offer_profile, c);
}

static void protocol_keys(struct completing *c, struct slice protocol)
{
    const struct decoder *decoder = decoder_named(protocol);
    char text[64];

    for (size_t i = 0; decoder && decoder->keys && decoder->keys[i]; i++) {
        snprintf(text, sizeof text, "%s=", decoder->keys[i]);
        complete_offer(c, text, false, NULL);
    }
}

/* NAME[,KEY=VALUE]...[+NAME]... */
static void protocols(struct completing *c)
{
    const char *begun = c->word + c->kept, *plus = strrchr(begun, '+');
    const char *name = plus ? plus + 1 : begun, *comma = strchr(name, ',');
    const char *known;

    c->kept = (size_t)(name - c->word);
    if (comma) {
        c->kept = (size_t)(strrchr(name, ',') + 1 - c->word);
        protocol_keys(c, slice_make(name, (size_t)(comma - name)));
        return;
    }
    for (unsigned i = 0; (known = decode_name_at(i)) != NULL; i++)
        complete_offer(c, known, false, NULL);
    if (plus)
        return;
    complete_offer(c, "auto", true, NULL);
    complete_offer(c, "none", true, NULL);
}

static const struct {
    const char *name;
    void (*offer)(struct completing *c);
} kinds[] = {
    {"FILE", files},           {"DIR", folders},      {"@FILE", file_or_text},
    {"SECRET", secret},        {"WS-URL", ws_url},    {"URL", http_url},
    {"ADDRESS", address},      {"COMMAND", command},  {"EVENT...", events},
    {"FAULT", complete_fault}, {"PROFILE", profiles}, {"PROTOCOL", protocols},
    {"RULE", complete_rule},
};

/* A word that ends in a colon is the beginning of a value. */
static void one_value(struct completing *c, const char *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, kind) == 0) {
            kinds[i].offer(c);
            return;
        }
    }
    complete_offer(c, kind, kind[strlen(kind) - 1] != ':', NULL);
}

void complete_value(struct completing *c, const char *kind)
{
    for (const char *at = kind; at && *at;) {
        size_t len = strcspn(at, "|");
        char word[64];

        if (len < sizeof word) {
            memcpy(word, at, len);
            word[len] = '\0';
            one_value(c, word);
        }
        at += len + (at[len] == '|');
    }
}
