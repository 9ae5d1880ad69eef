/*
 * tracing: WSCOPE_TRACE=1 prints what base/trace is given on standard error.
 */
#ifndef APP_TRACING_H
#define APP_TRACING_H

#include <stdint.h>

/* Trace from now on, if the environment asks for it: WSCOPE_TRACE is set, and neither empty nor 0.
 * Times count from start_us. */
void tracing_begin(uint64_t start_us);

#endif
