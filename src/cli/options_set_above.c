/* The protocol above the messages, and what it needs of the user. */
#include "base/json_scan.h"
#include "cli/options_private.h"

int options_set_as(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct decode_spec *spec = &p->o->connect.decode;
    char *text = options_copy(p->o->memory, use->value, strlen(use->value));

    return text ? decode_spec_parse(spec, text, e) : options_nomem(e);
}

int options_set_eol(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    static const struct {
        const char *name, *byte;
    } bytes[] = {{"nl", "\n"}, {"nul", ""}, {"rs", "\x1e"}, {"none", NULL}};

    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
        if (strcmp(use->value, bytes[i].name) == 0) {
            p->o->pipe.eol = bytes[i].byte;
            return 0;
        }
    }
    return usage_error(e, "%s takes nl, nul, rs or none, not \"%s\"", use->typed,
                       options_quote(use->value).text);
}

static int check_json(const struct option_use *use, const char *text, struct err *e)
{
    return json_valid(slice_str(text))
               ? 0
               : usage_error(e, "%s takes JSON such as {\"token\":\"abc\"}", use->typed);
}

int options_set_json(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    if (check_json(use, use->value, e) != 0)
        return -1;
    *(const char **)options_place(p, use) = use->value;
    return 0;
}

int options_set_credentials(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    const char *text = options_secret(p, use, e);

    if (!text || (strcmp(use->row->name, "login") != 0 && check_json(use, text, e) != 0))
        return -1;
    p->o->connect.decode.credentials = text;
    return 0;
}

/* With a name, messages have the forms of that protocol. */
static int check_forms(const struct options_parsing *p, struct err *e)
{
    static const char *const others[] = {"--hex",  "--base64", "--whole", "--chunk", "--binary",
                                         "--echo", "--eol",    "--poll",  "--sse",   "--fallback"};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (options_given(p, others[i]))
            return usage_error(
                e, "--as and %s exclude each other: the protocol decides what messages are",
                others[i]);
    }
    return 0;
}

int options_check_above(const struct options_parsing *p, struct err *e)
{
    static const struct {
        const char *option, *protocols[3];
    } needs[] = {
        {"--auth", {"socket.io"}},    {"--init", {"graphql"}},       {"--login", {"stomp", "mqtt"}},
        {"--variables", {"graphql"}}, {"--auto-ack", {"socket.io"}},
    };
    const struct decode_spec *spec = &p->o->connect.decode;

    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        bool met = false;

        if (!options_given(p, needs[i].option))
            continue;
        for (size_t n = 0; needs[i].protocols[n]; n++)
            met = met || decode_spec_has(spec, needs[i].protocols[n]);
        if (!met)
            return usage_error(e, "%s needs --as %s", needs[i].option, needs[i].protocols[0]);
    }
    return spec->count > 0 ? check_forms(p, e) : 0;
}
