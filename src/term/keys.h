/*
 * keys: what a terminal sends, cut into whole characters, whole escape sequences and whole pastes,
 * so that the line editor never waits inside one. Sequences unknown to the editor are dropped.
 * Pure: bytes in, keys out.
 */
#ifndef TERM_KEYS_H
#define TERM_KEYS_H

#include "base/buf.h"

#define KEYS_PASTE_MAX (16u * 1024 * 1024) /* of one paste; what is beyond is dropped */

enum key { KEY_NONE, KEY_TEXT, KEY_PASTE };

struct keys {
    struct buf in;
    struct buf paste;
    size_t used;    /* bytes of `in` after the last key */
    bool pasting;   /* between ESC[200~ and ESC[201~ */
    bool pasted;    /* the last key was a paste; it is freed in the next call */
    bool paste_cut; /* it was longer than KEYS_PASTE_MAX */
    bool released;  /* the bytes held are a key as they are */
};

void keys_init(struct keys *k);
void keys_clear(struct keys *k);

/* More bytes came. 0, or -1 (memory; they are lost). */
int keys_feed(struct keys *k, const uint8_t *bytes, size_t n);

/* The next key. KEY_TEXT: one character in UTF-8, or an escape sequence of keys_bindings, or ESC
 * and a character. KEY_PASTE: all of a bracketed paste, line ends as \n. KEY_NONE: more bytes are
 * needed. *bytes is borrowed until the next call. */
enum key keys_next(struct keys *k, struct slice *bytes);

/* An escape sequence is begun and not whole: if nothing follows soon, it was the key ESC. */
bool keys_held(const struct keys *k);
/* Take what is held as it is. */
void keys_release(struct keys *k);

/* The sequences that pass, and what the editor does on them. */
struct key_binding {
    const char *sequence; /* with its ESC */
    const char *action;   /* editline's name for it */
};
const struct key_binding *keys_bindings(size_t *count);

#endif
