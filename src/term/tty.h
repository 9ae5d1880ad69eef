/*
 * tty: the terminal is given back as it was found, however the program ends.
 */
#ifndef TERM_TTY_H
#define TERM_TTY_H

#include <stdbool.h>

/* Remember the settings of the terminal fd, and set it back when a signal that ends the program
 * comes: those of crashes, SIGHUP and SIGQUIT. The signal then takes its course. One at a time. */
void tty_guard(int fd);
/* As it was found for now, before the program stops for a while. */
void tty_lend(void);
/* The end of that: handlers are as they were. In the background the terminal stays as it is. */
void tty_release(void);
/* Another job has the terminal fd. Who sets it now, sets it under a shell that is reading a line.
 */
bool tty_in_background(int fd);
/* Bracketed paste is on, and would have to be turned off. */
void tty_pasting(int on);

/* The terminal's size; 80 by 24 if unknown. */
void tty_size(int fd, int *columns, int *lines);

#endif
