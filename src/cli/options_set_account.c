/* Setters of what is accounted for: JSON Pointers, and how to resume. */
#include "cli/options_private.h"

static int refuse_at(struct options_parsing *p, const struct option_use *use, const char *where,
                     struct err *e)
{
    e->at = where - use->value;
    return options_point_into(p, use);
}

/* The first byte that keeps it from being a JSON Pointer (RFC 6901, section 3). */
static const char *pointer_fault(const char *pointer)
{
    if (*pointer != '\0' && *pointer != '/')
        return pointer;
    for (; *pointer; pointer++) {
        if (*pointer == '~' && pointer[1] != '0' && pointer[1] != '1')
            return pointer;
    }
    return NULL;
}

int options_set_pointer(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    const char *fault = pointer_fault(use->value);

    if (!fault) {
        *(const char **)options_place(p, use) = use->value;
        return 0;
    }
    usage_error(e, "%s takes a JSON Pointer, and \"%s\" is none: %s", use->typed,
                options_quote(use->value).text,
                *fault == '~' ? "\"~\" is written \"~0\", and \"/\" inside a name \"~1\""
                              : "it begins with \"/\"");
    if (*fault != '~')
        err_hint(e, "\"/id\" is the member \"id\" of the message, \"/data/0/seq\" is nested");
    return refuse_at(p, use, fault, e);
}

/* POINTER, or POINTER:POINTER: the first and the last number of a message. */
int options_set_seq(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct account_options *account = &p->connect->account;
    char *colon = strstr(use->value, ":/");
    struct option_use part = *use;
    int r;

    account->seq_from = NULL;
    if (!colon)
        return options_set_pointer(p, use, e);
    if (!options_in(p, OPTIONS_MESSAGES))
        return usage_error(e, "%s takes one JSON Pointer here, not a range", use->typed);
    part.value = options_copy(p->o->memory, use->value, (size_t)(colon - use->value));
    if (!part.value)
        return options_nomem(e);
    r = options_set_pointer(p, &part, e);
    account->seq_from = account->seq;
    part.value = colon + 1;
    return r != 0 ? r : options_set_pointer(p, &part, e);
}

int options_set_resume_query(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    const char *at = use->value;

    if (*at == '\0')
        return usage_error(e, "%s takes %s, not an empty text", use->typed, use->row->metavar);
    if (*at == '?' || *at == '&') {
        usage_error(e, "%s takes the query without its \"%c\": that is added where it is needed",
                    use->typed, *at);
        return refuse_at(p, use, at, e);
    }
    for (; *at; at++) {
        if (*at > ' ' && *at < 0x7F && *at != '#')
            continue;
        usage_error(e, "%s: this byte is not allowed in a URL's query: percent-encode it",
                    use->typed);
        return refuse_at(p, use, at, e);
    }
    p->o->connect.account.resume_query = use->value;
    return 0;
}

int options_set_catchup(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct account_options *o = &p->o->connect.account;
    struct url url;

    if (options_http_parse(p, use, use->value, &url, e) < 0)
        return -1;
    if (o->catchup_text)
        url_clear(&o->catchup);
    o->catchup = url;
    o->catchup_text = use->value;
    return 0;
}
