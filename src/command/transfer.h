/*
 * transfer: a file on its way as one message, read while the session takes more, so that memory
 * stays bounded whatever its size.
 */
#ifndef COMMAND_TRANSFER_H
#define COMMAND_TRANSFER_H

#include <stdio.h>

#include "base/err.h"
#include "base/utf8.h"
#include "session/session.h"

enum transfer_phase {
    TRANSFER_IDLE,
    TRANSFER_CHECKING, /* is it UTF-8? */
    TRANSFER_SENDING
};

enum transfer_type { TRANSFER_AUTO, TRANSFER_TEXT, TRANSFER_BINARY };

struct transfer {
    enum transfer_phase phase;
    enum transfer_type type;
    FILE *file;
    char name[256]; /* for sentences */
    uint64_t size;  /* when it was opened */
    uint64_t done;  /* bytes, in this phase */
    bool first;     /* nothing of the message was sent */
    struct utf8 utf8;
};

enum transfer_step {
    TRANSFER_DONE,
    TRANSFER_WAITS,  /* for the session to take more */
    TRANSFER_GOES_ON /* call again soon */
};

void transfer_init(struct transfer *t);
/* Stop; what was sent of the message stays unfinished. */
void transfer_clear(struct transfer *t);

/* Open a regular file. TRANSFER_AUTO: text if all of it is UTF-8. -1 with *e. */
int transfer_begin(struct transfer *t, const char *path, enum transfer_type type, struct err *e);
/* Go on for a while. A negative number with *e: failed, and over. */
int transfer_step(struct transfer *t, struct session *session, struct err *e);

#endif
