/*
 * private_file: files that may hold secrets, which only their owner may read.
 */
#ifndef BASE_PRIVATE_FILE_H
#define BASE_PRIVATE_FILE_H

/* Open a file with the flags of open(2); it is closed on exec. With O_CREAT a new file has mode
 * 0600, and an existing regular file of ours that others may read or write gets it. Returns the
 * descriptor, or -1 with errno. */
int private_file_open(const char *path, int flags);

#endif
