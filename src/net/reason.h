/*
 * reason: an errno in the words that sentences about failures use.
 */
#ifndef NET_REASON_H
#define NET_REASON_H

#define REASON_SIZE 96

/* "connection refused", in lower case, written to buf, which is returned. */
const char *reason_text(int errnum, char buf[REASON_SIZE]);

#endif
