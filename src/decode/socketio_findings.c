/*
 * socketio_findings: what is reported about a connection of Socket.IO.
 */
#include "decode/engineio.h"
#include "decode/socketio_private.h"

/* Without a CONNECT for this long, or until the server ends the connection, none is sent at all. */
#define UNCONNECTED_US 10000000

/* What the server waits for. */
static int owed_acks(const struct socketio *s, struct buf *out)
{
    const struct request *first = NULL;
    const char *comma;
    unsigned count = 0;
    size_t skip;

    for (size_t i = 0; i < s->requests.count; i++) {
        if (s->requests.waiting[i].dir != DIR_IN)
            continue;
        first = first ? first : &s->requests.waiting[i];
        count++;
    }
    if (!first)
        return 0;
    comma = memchr(first->id, ',', first->id_len); /* after the namespace */
    skip = comma ? (size_t)(comma + 1 - first->id) : 0;
    return notes_finding(
        out,
        "the server waits for the ack of %u event%s, first %.*s (id %.*s): /ack %.*s "
        "or --auto-ack sends one",
        count, count == 1 ? "" : "s", (int)first->name_len, first->name, (int)first->id_len,
        first->id, (int)(first->id_len - skip), first->id + skip);
}

/* CONNECTs without an answer. */
static int unanswered(const struct socketio *s, struct buf *out)
{
    for (unsigned i = 0; i < s->space_count; i++) {
        const struct socketio_space *space = &s->spaces[i];

        if (space->state == SPACE_ASKED && space->asked_us &&
            notes_finding(
                out,
                "the server did not answer the CONNECT (packet 40) of %s: it may use another "
                "parser (parser=), or a middleware that calls no next()",
                space->past.nsp) != 0)
            return -1;
    }
    return 0;
}

int socketio_findings(struct decode_layer *l, struct buf *out)
{
    uint64_t opened = engineio_opened_us(l - 1);
    const char *unconnected = "no CONNECT packet (packet 40) was sent: the server closes such a "
                              "connection after connectTimeout, 45 s by default";
    const struct socketio *s = l->state;

    if (opened && (decode_close_code(l) || decode_now(l) >= opened + UNCONNECTED_US) &&
        engineio_version(l - 1) != 3 && s->space_count == 0 &&
        buf_append(out, unconnected, strlen(unconnected) + 1) != 0)
        return -1;
    if (requests_findings(&s->requests, DIR_OUT, out) != 0 || owed_acks(s, out) != 0 ||
        unanswered(s, out) != 0)
        return -1;
    return notes_findings(&s->notes, out);
}
