/*
 * fault_table: the kinds of faults and the arguments of each, shared by the parser and the printer.
 */
#ifndef FAULT_FAULT_TABLE_H
#define FAULT_FAULT_TABLE_H

#include "fault/fault.h"

/* What may follow a kind's colon, in order. */
enum fault_arg {
    FAULT_ARG_NONE,
    FAULT_ARG_TIME,
    FAULT_ARG_BYTES,
    FAULT_ARG_CHANCE,
    FAULT_ARG_CODE,
    FAULT_ARG_ADDRESS,
    FAULT_ARG_REASON,
    FAULT_ARG_SILENT
};

struct fault_kind_row {
    const char *name;
    enum fault_family family;
    bool instant;
    enum fault_arg first;
    bool first_needed;
    enum fault_arg second;
    bool sided; /* side= means something */
};

extern const struct fault_kind_row fault_kinds[FAULT_KIND_COUNT];
/* What follows "leg="; NULL for FAULT_LEG_ANY. */
extern const char *const fault_leg_names[FAULT_LEG_REDIS + 1];
/* "open", "message:" ...; NULL for those that are only a time, or nothing. */
extern const char *const fault_trigger_names[FAULT_RANDOM + 1];

#endif
