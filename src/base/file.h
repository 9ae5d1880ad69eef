/*
 * file: writing as a whole what the system takes in pieces.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/slice.h"

/* Write all of it to a blocking descriptor. 0, or -1 with errno. */
int file_write(int fd, struct slice bytes);

/* Make the folders above a file, for their owner alone; those that exist stay as they are. path is
 * as before afterwards. */
void file_make_folders(char *path);

#endif
