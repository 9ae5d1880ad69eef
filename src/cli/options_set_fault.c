/* Setters of faults. */
#include "cli/options_private.h"

#include "base/decimal.h"
#include "fault/faults.h"

static enum fault_use use_of(const struct options_parsing *p)
{
    if (options_in(p, OPTIONS_RELAY))
        return FAULT_USE_PROXY;
    return options_in(p, OPTIONS_LISTEN) ? FAULT_USE_SERVER : FAULT_USE_CLIENT;
}

int options_set_fault(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct fault_options *o = &p->o->fault;
    struct slice text = slice_str(use->value);
    struct fault_spec spec;
    size_t pos = 0;
    int r;

    while ((r = fault_parse_next(&spec, text, &pos, use_of(p), e)) == 1) {
        struct fault_spec *list;

        if (o->count == FAULTS_MAX)
            return usage_error(e, "%s: at most %d faults can be armed", use->typed, FAULTS_MAX);
        list = options_list_room(p->o->memory, o->specs, o->count, sizeof *list);
        if (!list)
            return options_nomem(e);
        list[o->count++] = spec;
        o->specs = list;
    }
    if (r == 0 && o->count == 0)
        return usage_error(e, "%s takes a fault, such as rst@every:30s", use->typed);
    return r < 0 ? options_point_into(p, use) : 0;
}

int options_set_seed(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    if (!decimal_read(slice_str(use->value), UINT64_MAX, &p->o->fault.seed))
        return usage_error(e, "%s takes a whole number from 0 to 2^64-1, not \"%s\"", use->typed,
                           options_quote(use->value).text);
    p->o->fault.seed_given = true;
    return 0;
}
