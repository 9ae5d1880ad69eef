/* text_line: the lines of a text, one after the other. */
#ifndef BASE_TEXT_LINE_H
#define BASE_TEXT_LINE_H

#include <string.h>

/* The next line, ended in place with a NUL instead of LF or CR LF; NULL: there are no more. *rest:
 * what follows it. */
static inline char *text_line(char **rest)
{
    char *line = *rest;
    size_t len = strcspn(line, "\n");

    if (!*line)
        return NULL;
    *rest = line + len + (line[len] == '\n');
    if (len > 0 && line[len - 1] == '\r')
        len--;
    line[len] = '\0';
    return line;
}

#endif
