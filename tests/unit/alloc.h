/*
 * alloc: lets a test fail one allocation on purpose. Link with
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup.
 */
#ifndef TESTS_UNIT_ALLOC_H
#define TESTS_UNIT_ALLOC_H

#include <stdbool.h>
#include <stdlib.h>

/* cJSON calls the C library's functions inside its own library, where --wrap does not reach: a test
 * of what is built with it hands it these, cJSON_InitHooks(ALLOC_HOOKS). */
#define ALLOC_HOOKS (&(cJSON_Hooks){malloc, free})

/* Fail the n-th allocation from now on (1 is the next); 0 fails none. */
void alloc_fail_at(unsigned long n);

/* Stop failing; true if an allocation was failed since alloc_fail_at. */
bool alloc_struck(void);

/* Run the statement with each allocation in turn failing, until one run needs no more of them. */
#define ALLOC_EACH(statement)                         \
    do {                                              \
        for (unsigned long alloc_n = 1;; alloc_n++) { \
            alloc_fail_at(alloc_n);                   \
            statement;                                \
            if (!alloc_struck())                      \
                break;                                \
        }                                             \
    } while (0)

#endif
