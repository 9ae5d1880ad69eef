#include "session/diagnose/backend.h"

#include <stdio.h>

/* Fields that name a server, and cookies that tie a client to one. */
static const char *const fields[] = {"Server", "X-Served-By", "X-Backend-Server", "X-Backend",
                                     "X-Instance-Id"};
static const char *const cookies[] = {
    "SERVERID",    "SRV",     "SRVNAME",       "AWSALB", "AWSALBCORS", "AWSELB", "GCLB",
    "ARRAffinity", "ROUTEID", "INGRESSCOOKIE", "route",  "JSESSIONID", "STICKY"};

/* Longer values are cut. */
#define VALUE_MAX 48

static void note_field(struct backend *b, const struct field *field)
{
    size_t have = strlen(b->text);
    int len = (int)(field->value.len < VALUE_MAX ? field->value.len : VALUE_MAX);

    snprintf(b->text + have, sizeof b->text - have, "%s%.*s: %.*s", have ? ", " : "",
             (int)field->name.len, (const char *)field->name.data, len,
             (const char *)field->value.data);
}

static uint64_t hash_of(const uint8_t *bytes, size_t n)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325);

    for (size_t i = 0; i < n; i++)
        h = (h ^ bytes[i]) * UINT64_C(0x100000001B3);
    return h;
}

static void note_cookie(struct backend *b, struct slice value)
{
    const uint8_t *equals = value.len ? memchr(value.data, '=', value.len) : NULL;
    const uint8_t *end = value.len ? memchr(value.data, ';', value.len) : NULL;
    struct slice name;

    if (!equals)
        return;
    if (!end || end < equals)
        end = slice_end(value);
    name = slice_make(value.data, (size_t)(equals - value.data));
    for (size_t i = 0; i < sizeof cookies / sizeof cookies[0]; i++) {
        if (!slice_is_nocase(name, cookies[i]))
            continue;
        snprintf(b->cookie, sizeof b->cookie, "%s", cookies[i]);
        b->cookie_hash = hash_of(equals + 1, (size_t)(end - equals) - 1);
    }
}

static bool names_a_server(struct slice name)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (slice_is_nocase(name, fields[i]))
            return true;
    }
    return false;
}

void backend_read(struct backend *b, const struct event_response *response)
{
    memset(b, 0, sizeof *b);
    for (size_t i = 0; i < response->header_count; i++) {
        const struct field *field = &response->headers[i];

        if (slice_is_nocase(field->name, "Set-Cookie"))
            note_cookie(b, field->value);
        else if (names_a_server(field->name) && strlen(b->text) + 8 < sizeof b->text)
            note_field(b, field);
    }
}

bool backend_changed(char how[2 * BACKEND_TEXT], const struct backend *before,
                     const struct backend *now)
{
    if (before->text[0] && now->text[0] && strcmp(before->text, now->text) != 0) {
        snprintf(how, 2 * BACKEND_TEXT, "%.*s, before it was %.*s", BACKEND_TEXT - 16, now->text,
                 BACKEND_TEXT - 16, before->text);
        return true;
    }
    if (before->cookie[0] && strcmp(before->cookie, now->cookie) == 0 &&
        before->cookie_hash != now->cookie_hash) {
        snprintf(how, 2 * BACKEND_TEXT, "the cookie %s has another value", now->cookie);
        return true;
    }
    return false;
}
