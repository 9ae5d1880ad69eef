/*
 * frame: the wire form of one frame (RFC 6455, section 5.2): header decoding and encoding, masking.
 * Knows nothing of messages, roles or negotiated extensions.
 */
#ifndef PROTO_FRAME_H
#define PROTO_FRAME_H

#include "event/event.h"

#define FRAME_HEADER_MAX  14
#define FRAME_CONTROL_MAX 125

struct frame_header {
    uint8_t opcode; /* 0 to 15 */
    bool fin;
    uint8_t rsv; /* RSV1 = 4, RSV2 = 2, RSV3 = 1 */
    bool masked;
    uint8_t key[4];
    uint64_t length; /* payload bytes as announced */
    bool minimal;    /* the shortest possible length form was used */
    uint8_t size;    /* bytes of the header itself */
};

/* Decode the header at the front of n bytes: its size (2 to 14), or 0 if more bytes are needed.
 * Never fails: the caller checks for invalid values (top bit of a 64-bit length, non-minimal length
 * ...). */
size_t frame_decode(struct frame_header *h, const uint8_t *bytes, size_t n);

/* The bytes of the frame at the front of n bytes if all of it is there, header and payload; else 0.
 */
static inline size_t frame_whole(const uint8_t *bytes, size_t n)
{
    struct frame_header h;
    size_t size;

    if (n < 2)
        return 0;
    size = bytes[1] & 0x7F;
    if (size < 126) {
        size += bytes[1] & 0x80 ? 6 : 2;
        return size <= n ? size : 0;
    }
    size = frame_decode(&h, bytes, n);
    return size > 0 && h.length <= n - size ? size + (size_t)h.length : 0;
}

enum frame_mask {
    FRAME_MASK_ROLE, /* a client masks with a fresh key, a server does not */
    FRAME_MASK_OFF,
    FRAME_MASK_FRESH,
    FRAME_MASK_KEY /* with the key given */
};

/* What to put on the wire, as malformed as asked. */
struct frame_spec {
    uint8_t opcode;
    bool fin;
    uint8_t rsv;
    enum frame_mask mask;
    uint8_t key[4];
    bool length_given; /* announce `length` instead of the payload's true one */
    uint64_t length;
};

/* Write a header (h->size, h->minimal are ignored: the shortest form is used). Returns its size. */
size_t frame_encode(uint8_t out[FRAME_HEADER_MAX], const struct frame_header *h);

/* to = from XOR key, beginning at byte `offset` of the payload (RFC 6455, section 5.3). to and from
 * may be the same address, else must not overlap. Fast: whole words at a time. */
void frame_mask(uint8_t *to, const uint8_t *from, size_t n, const uint8_t key[4], uint64_t offset);

/* True if a received close code may be sent (RFC 6455, section 7.4; IANA registry): 1000-1003,
 * 1007-1014, 3000-4999. */
bool close_code_valid(unsigned code);

#endif
