/*
 * result_file: a file that an option names for the results.
 */
#ifndef APP_RESULT_FILE_H
#define APP_RESULT_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* Before the run, so that a wrong name is reported at once; what the file has stays until there is
 * a result. option: "--report". path: NULL gives no file, -1. 0, or -1 with *e. */
int result_file_open(const char *path, const char *option, int *fd, struct err *e);
/* 0, or -1 with *e. */
int result_file_write(int fd, const char *option, const struct buf *text, struct err *e);

#endif
