/* Setters of faults. */
#include "cli/options_private.h"

#include "base/decimal.h"
#include "fault/faults.h"

/* A server resolves no name and calls nobody. */
static bool is_client_side(enum fault_kind kind)
{
    return kind == FAULT_DNS_FAIL || kind == FAULT_DNS_SLOW || kind == FAULT_REBIND;
}

int options_set_fault(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct fault_options *o = &p->o->fault;
    struct slice text = slice_str(use->value);
    struct fault_spec spec;
    size_t pos = 0, from = 0;
    int r;

    while ((r = fault_parse_next(&spec, text, &pos, e)) == 1) {
        struct fault_spec *list;

        if (o->count == FAULTS_MAX)
            return usage_error(e, "%s: at most %d faults can be armed", use->typed, FAULTS_MAX);
        if (spec.kind == FAULT_CLOSE && !options_in(p, OPTIONS_LISTEN)) {
            usage_error(e, "%s: close:CODE is a fault of wscope serve", use->typed);
            err_hint(e, "on this side of the connection it is /close CODE, or fin and rst");
            e->at = (long)from;
            r = -1;
            break;
        }
        if (options_in(p, OPTIONS_LISTEN) && is_client_side(spec.kind)) {
            usage_error(e, "%s: %s is a fault of a client, not of wscope serve", use->typed,
                        fault_kind_name(spec.kind));
            return -1;
        }
        list = options_list_room(p->o->memory, o->specs, o->count, sizeof *list);
        if (!list)
            return options_nomem(e);
        list[o->count++] = spec;
        o->specs = list;
        from = pos + strspn(use->value + pos, "; \t");
    }
    if (r == 0 && o->count == 0)
        return usage_error(e, "%s takes a fault, as rst@every:30s", use->typed);
    if (r < 0) {
        p->o->memory->point = use->value;
        p->o->memory->point_url = false;
    }
    return r;
}

int options_set_seed(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    if (!decimal_read(slice_str(use->value), UINT64_MAX, &p->o->fault.seed))
        return usage_error(e, "%s takes a whole number from 0 to 2^64-1, not \"%s\"", use->typed,
                           options_quote(use->value).text);
    p->o->fault.seed_given = true;
    return 0;
}
