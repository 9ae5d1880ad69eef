#include "fanout/nonce.h"

#include "base/ascii.h"

#define DIGITS (NONCE_LEN - NONCE_MARK)

static void put_hex(char *text, uint64_t value, int digits)
{
    for (int i = digits; i-- > 0; value >>= 4)
        text[i] = "0123456789abcdef"[value & 15];
}

void nonces_init(struct nonces *n, uint64_t random)
{
    memcpy(n->mark, "fan", 3);
    put_hex(n->mark + 3, random, NONCE_MARK - 3);
    n->mark[NONCE_MARK] = '\0';
}

void nonce_make(const struct nonces *n, uint32_t number, char text[NONCE_TEXT])
{
    memcpy(text, n->mark, NONCE_MARK);
    put_hex(text + NONCE_MARK, number, DIGITS);
    text[NONCE_LEN] = '\0';
}

static bool read_number(const uint8_t *digits, uint32_t *number)
{
    *number = 0;
    for (int i = 0; i < DIGITS; i++) {
        int value = hex_value(digits[i]);

        if (value < 0)
            return false;
        *number = *number << 4 | (uint32_t)value;
    }
    return true;
}

static bool contains(const uint32_t *list, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == number)
            return true;
    return false;
}

size_t nonces_find(const struct nonces *n, struct slice text, uint32_t found[NONCE_FOUND])
{
    size_t count = 0;

    if (text.len > NONCE_SEARCHED)
        text.len = NONCE_SEARCHED;
    while (text.len >= NONCE_LEN && count < NONCE_FOUND) {
        const uint8_t *at = memmem(text.data, text.len, n->mark, NONCE_MARK);
        size_t before = at ? (size_t)(at - text.data) : 0;
        uint32_t number;

        if (!at || text.len - before < NONCE_LEN)
            break;
        if (read_number(at + NONCE_MARK, &number) && !contains(found, count, number))
            found[count++] = number;
        text = slice_make(at + NONCE_MARK, text.len - before - NONCE_MARK);
    }
    return count;
}
