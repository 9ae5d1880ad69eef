/*
 * words: a command line that is put together, for connection_new.
 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed it is empty. */
struct words {
    char **items; /* owned, each too */
    size_t count;
    bool failed; /* memory ran out */
};

/* Add a word, which is owned from now on; NULL: there was no memory for it. */
void words_put(struct words *w, char *word);
/* "--name=value" or "--name"; "-nVALUE" if the name is a letter. Caller frees; NULL: memory. */
char *words_option(const char *name, const char *value);
/* The words may be secrets: they are wiped. */
void words_clear(struct words *w);

/* Overwrite a text, and free it. NULL is fine. */
void words_wipe(char *text);

#endif
