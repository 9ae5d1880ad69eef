/*
 * lookup_threads: can the threads be started in which libuv looks up names? It aborts where they
 * cannot, so this is asked before the first lookup.
 */
#ifndef NET_LOOKUP_THREADS_H
#define NET_LOOKUP_THREADS_H

/* Asks once; where only some of the threads can be started, libuv is to start that many. 0, or -1
 * and errno: not one can. */
int lookup_threads_check(void);

#endif
