/* Setters of the opening handshake. */
#include "cli/options_private.h"

#include "base/codec.h"
#include "base/text_line.h"
#include "base/utf8.h"

#include "proto/http1.h"
#include <stdio.h>

/* One "Name: value". where: the option, and the line of a file; no part of the line is shown, it
 * may be a credential. */
static int add_header(struct options_parsing *p, char *line, const char *where, size_t number,
                      struct err *e)
{
    struct handshake_config *config = &p->o->connect.handshake;
    struct handshake_header *headers =
        options_list_room(p->o->memory, config->headers, config->header_count, sizeof *headers);

    if (!headers)
        return options_nomem(e);
    config->headers = headers;
    if (handshake_header_parse(&headers[config->header_count], line, e) != 0) {
        struct err cause = *e;

        /* The sentence of handshake_header_parse would show the line. */
        if (strchr(line, ':') == NULL)
            snprintf(cause.text, sizeof cause.text,
                     "it has no colon, and a header is written \"Name: value\"");

        if (number)
            usage_error(e, "%s, line %zu of the file: %s", where, number, cause.text);
        else
            usage_error(e, "%s: %s", where, cause.text);
        err_hint(e, "%s", cause.hint[0] ? cause.hint : "a header is written \"Name: value\"");
        return -1;
    }
    config->header_count++;
    return 0;
}

int options_set_header(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    char *line, *rest;
    size_t number = 0;

    if (use->value[0] != '@' || use->literal)
        return add_header(p, use->value, use->typed, 0, e);
    rest = options_read_file(p, use, use->value + 1, e);
    if (!rest)
        return -1;
    rest += utf8_mark(rest);
    while ((line = text_line(&rest)) != NULL) {
        number++;
        if (line[strspn(line, " \t")] != '\0' && add_header(p, line, use->typed, number, e) != 0)
            return -1;
    }
    return 0;
}

/* True if an earlier use in the same layer has the same value. */
static bool offered_here(const struct options_parsing *p, const struct option_use *use)
{
    for (const struct option_use *other = p->uses; other < use; other++) {
        if (other->row == use->row && other->layer == use->layer &&
            strcmp(other->value, use->value) == 0)
            return true;
    }
    return false;
}

int options_set_subprotocol(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct handshake_config *config = &p->o->connect.handshake;
    const char **names;

    if (!handshake_subprotocol_valid(use->value)) {
        usage_error(e, "%s takes a name without blanks, commas or other separators, not \"%s\"",
                    use->typed, options_quote(use->value).text);
        err_hint(e, "to offer several, give %s several times", use->typed);
        return -1;
    }
    /* RFC 6455, section 4.1, item 10: the names must all be different. */
    for (size_t i = 0; i < config->subprotocol_count; i++) {
        if (strcmp(config->subprotocols[i], use->value) != 0)
            continue;
        if (!offered_here(p, use))
            return 0; /* a weaker layer has offered it */
        return usage_error(e, "%s offers \"%s\" twice", use->typed, options_quote(use->value).text);
    }
    names = options_list_room(p->o->memory, config->subprotocols, config->subprotocol_count,
                              sizeof *names);
    if (!names)
        return options_nomem(e);
    names[config->subprotocol_count++] = use->value;
    config->subprotocols = names;
    return 0;
}

/* A field's whole value: RFC 9110, section 5.5 allows neither line breaks nor other controls. */
int options_set_field_value(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    bool agent = use->row->letter == 'A';

    if (!http1_is_field_value(slice_str(use->value)))
        return usage_error(e, "%s: \"%s\" has a control character, which no header may hold",
                           use->typed, options_quote(use->value).text);
    if (!agent && strpbrk(use->value, " \t"))
        return usage_error(e, "%s takes one origin without blanks, not \"%s\"", use->typed,
                           options_quote(use->value).text);
    if (!agent && use->value[0] == '\0')
        return usage_error(e, "%s takes an origin (\"https://example.com\"), not an empty text",
                           use->typed);
    options_outrank_header(p, use->layer, agent ? "User-Agent" : "Origin");
    *(const char **)options_place(p, use) = use->value;
    return 0;
}

int options_set_cookie(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    options_outrank_header(p, use->layer, "Cookie");
    p->o->connect.handshake.cookie = options_secret(p, use, e);
    return p->o->connect.handshake.cookie ? 0 : -1;
}

int options_set_user(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    char *user = options_secret(p, use, e);

    options_outrank_header(p, use->layer, "Authorization");
    return user ? options_basic(p, user, strcspn(user, ":"), e) : -1;
}

int options_basic(struct options_parsing *p, const char *user, size_t name_len, struct err *e)
{
    struct buf text, field;
    int status = -1;

    buf_init(&text, OPTIONS_FILE_MAX + 2);
    buf_init(&field, 2 * OPTIONS_FILE_MAX);
    /* RFC 7617, section 2: the colon is there even without a password. */
    if (buf_append_str(&text, user) != 0 || (!user[name_len] && buf_append(&text, ":", 1) != 0) ||
        buf_append_str(&field, "Basic ") != 0 || base64_encode(&field, buf_slice(&text)) != 0)
        goto out;
    p->o->connect.handshake.authorization = options_copy(p->o->memory, buf_data(&field), field.len);
    status = p->o->connect.handshake.authorization ? 0 : -1;
out:
    if (status != 0)
        options_nomem(e);
    if (text.len)
        explicit_bzero(buf_data(&text), text.len);
    if (field.len)
        explicit_bzero(buf_data(&field), field.len);
    buf_clear(&text);
    buf_clear(&field);
    return status;
}

int options_set_bearer(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    static const char scheme[] = "Bearer ";
    const char *token = options_secret(p, use, e);
    char *field;

    if (!token)
        return -1;
    options_outrank_header(p, use->layer, "Authorization");
    field = options_alloc(p->o->memory, sizeof scheme + strlen(token));
    if (!field)
        return options_nomem(e);
    memcpy(field, scheme, sizeof scheme - 1);
    memcpy(field + sizeof scheme - 1, token, strlen(token));
    p->o->connect.handshake.authorization = field;
    return 0;
}

int options_set_compress(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct deflate_params *params = &p->o->connect.handshake.deflate;
    struct err cause;

    if (!use->value) {
        deflate_params_default(params);
        return 0;
    }
    if (deflate_params_parse(params, use->value, e) == 0) {
        params->enabled = true;
        return 0;
    }
    cause = *e;
    usage_error(e, "%s: %s", use->typed, cause.text);
    err_hint(e, "%s", cause.hint);
    e->at = cause.at;
    return options_point_into(p, use);
}

int options_set_no_compress(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    (void)use;
    (void)e;
    p->o->connect.handshake.deflate.enabled = false;
    return 0;
}
