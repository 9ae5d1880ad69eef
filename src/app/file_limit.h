/*
 * file_limit: how many files the process may have open, for those who have many connections.
 */
#ifndef APP_FILE_LIMIT_H
#define APP_FILE_LIMIT_H

/* Raise the soft limit as far as the hard one allows: the usual 1024 is for old programs that use
 * select. Returns how many connections that take `each` descriptors there may be beside `other`
 * files; at least 1. */
unsigned file_limit_raise(unsigned other, unsigned each);

#endif
