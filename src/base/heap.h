/*
 * heap: freed memory that the C library keeps.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

/* Return freed memory to the system. glibc does so by itself only at the end of the heap, so one
 * block in use retains everything freed below it. Costs a walk through the heap: call it after much
 * was freed, not after each block. Does nothing where the C library has no function for it. */
void heap_trim(void);

#endif
