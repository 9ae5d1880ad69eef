#include "net/dial_fault.h"

#include <errno.h>

#include "base/clock.h"

bool dial_fault_names(struct dial *d, uint64_t *wait_us, struct err *e)
{
    struct fault_conn *fault = d->target->fault;
    const struct fault_spec *slow;

    if (!fault || d->slowed)
        return false;
    d->slowed = true;
    if (fault_conn_dial(fault, FAULT_DNS_FAIL, clock_mono_us())) {
        err_set(e, EXIT_RESOLVE, STAGE_RESOLVE, 0,
                "the name \"%s\" was not resolved: simulated by the fault dns-fail", d->route.host);
        return true;
    }
    slow = fault_conn_dial(fault, FAULT_DNS_SLOW, clock_mono_us());
    if (slow)
        *wait_us = slow->us;
    return false;
}

bool dial_fault_refuses(struct dial *d, struct err *e)
{
    static const enum fault_kind kinds[] = {FAULT_REFUSE, FAULT_OFFLINE};
    struct fault_conn *fault = d->target->fault;

    for (size_t i = 0; fault && i < sizeof kinds / sizeof *kinds; i++) {
        if (!fault_conn_dial(fault, kinds[i], clock_mono_us()))
            continue;
        err_set(e, EXIT_CONNECT, STAGE_CONNECT, ECONNREFUSED,
                "can't connect to %s: connection refused, simulated by the fault %s",
                d->target->socket_path ? d->target->socket_path : d->route.host,
                fault_kind_name(kinds[i]));
        return true;
    }
    return false;
}

const char *dial_source(const struct dial *d)
{
    const char *moved = d->target->fault ? fault_conn_source(d->target->fault) : NULL;

    return moved ? moved : d->config->interface;
}
