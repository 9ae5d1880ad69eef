/*
 * A rule, a NUL, and a payload: a rule that is read prints to one that is read and prints the same;
 * what it makes of a payload is within bounds, a text stays UTF-8, and `set` leaves JSON.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/json_scan.h"
#include "base/utf8.h"
#include "relay/rule.h"

#define OUT_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_twice(const struct rule *r)
{
    struct buf once, again;
    struct rule copy;
    struct err e;

    buf_init(&once, OUT_MAX);
    buf_init(&again, OUT_MAX);
    assert(rule_print(r, &once) == 0);
    if (once.len <= RULE_TEXT_MAX) {
        assert(rule_parse(buf_slice(&once), &copy, &e) == 0);
        assert(rule_print(&copy, &again) == 0);
        assert(slice_equal(buf_slice(&once), buf_slice(&again)));
        assert(copy.dir == r->dir && copy.on == r->on && copy.action == r->action);
        rule_clear(&copy);
    }
    buf_clear(&once);
    buf_clear(&again);
}

static void apply(const struct rule *r, struct slice payload)
{
    static const enum opcode opcodes[] = {OPCODE_TEXT, OPCODE_BINARY, OPCODE_PING};
    struct rule_subject s = {.dir = RULE_UP, .payload = payload, .number = 1};
    struct buf out;

    buf_init(&out, OUT_MAX);
    for (int i = 0; i < 3; i++) {
        s.opcode = opcodes[i];
        (void)rule_matches(r, &s);
        if (rule_rewrite(r, s.opcode, payload, &out) != 1) {
            assert(out.len == 0);
            continue;
        }
        if (s.opcode == OPCODE_TEXT && utf8_valid(payload.data, payload.len))
            assert(utf8_valid(buf_data(&out), out.len));
        if (r->action == RULE_SET)
            assert(json_valid(payload));
        buf_reset(&out);
    }
    buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, '\0', size) : NULL;
    size_t n = zero ? (size_t)(zero - data) : size, rest = zero ? size - n - 1 : 0;
    uint8_t *payload;
    struct rule r;
    struct err e;

    if (rule_parse(slice_make(data, n), &r, &e) < 0) {
        assert(e.code == EXIT_USAGE && e.at >= 0 && (size_t)e.at <= n && e.text[0]);
        return 0;
    }
    print_twice(&r);
    payload = malloc(rest ? rest : 1);
    assert(payload);
    if (rest)
        memcpy(payload, data + n + 1, rest);
    apply(&r, slice_make(payload, rest));
    free(payload);
    rule_clear(&r);
    return 0;
}
