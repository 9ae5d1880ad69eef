/* What a regular expression may cost before it is given to the C library, which has no bounds: a+
 * is made a copy of a and a*, a{9} nine copies, each group is a recursion, and a back-reference may
 * take time without end. */
#include "relay/rule_private.h"

/* Characters, sets and groups, once repetitions are written out. */
#define SIZE_MOST 1000u
#define DEPTH     32

struct walk {
    struct slice text;
    size_t at;
    uint64_t sum, last;      /* of the group so far, and of what a repetition would repeat */
    uint64_t outside[DEPTH]; /* sums of the groups around it */
    size_t depth;
};

static void add(struct walk *w, uint64_t size)
{
    w->last = size;
    w->sum += size;
}

static void repeat(struct walk *w, uint64_t times)
{
    if (times > 1)
        w->sum += w->last * (times - 1);
    w->last *= times ? times : 1;
}

/* The larger number of a repetition in braces. */
static uint64_t bound(struct walk *w)
{
    uint64_t most = 0;

    for (; w->at + 1 < w->text.len; w->at++) {
        uint8_t c = w->text.data[w->at + 1];

        if (c == ',')
            most = 0;
        else if (c >= '0' && c <= '9')
            most = most > SIZE_MOST ? most : most * 10 + (uint64_t)(c - '0');
        else
            break;
    }
    return most;
}

/* To the end of a set in brackets: a ] first in it is a member. */
static void skip_set(struct walk *w)
{
    size_t at = w->at + 1;

    if (at < w->text.len && w->text.data[at] == '^')
        at++;
    if (at < w->text.len && w->text.data[at] == ']')
        at++;
    while (at < w->text.len && w->text.data[at] != ']')
        at++;
    if (at < w->text.len)
        w->at = at;
}

static void close_group(struct walk *w)
{
    uint64_t inside = w->sum;

    if (w->depth == 0) { /* a character */
        add(w, 1);
        return;
    }
    w->sum = w->outside[--w->depth];
    add(w, inside + 1);
}

/* False: groups are nested too deep. */
static bool step(struct walk *w)
{
    switch (w->text.data[w->at]) {
    case '\\':
        w->at++;
        add(w, 1);
        return true;
    case '[':
        skip_set(w);
        add(w, 1);
        return true;
    case '(':
        if (w->depth == DEPTH)
            return false;
        w->outside[w->depth++] = w->sum;
        w->sum = w->last = 0;
        return true;
    case ')':
        close_group(w);
        return true;
    case '+':
        repeat(w, 2);
        return true;
    case '{':
        repeat(w, bound(w));
        return true;
    case '*':
    case '?':
        w->sum++;
        w->last++;
        return true;
    default:
        add(w, 1);
        return true;
    }
}

int rule_check_cost(struct rule_reader *r, struct slice text, size_t at)
{
    struct walk w = {.text = text};

    for (; w.at < text.len; w.at++) {
        size_t from = w.at;

        if (!step(&w))
            return rule_complain(r, at + from, "groups are nested more than %d deep", DEPTH);
        if (text.data[from] == '\\' && w.at < text.len && text.data[w.at] >= '1' &&
            text.data[w.at] <= '9')
            return rule_complain(r, at + from,
                                 "\\%c in a regular expression may take without end to match: a "
                                 "rule may not have back-references",
                                 text.data[w.at]);
        if (w.sum > SIZE_MOST)
            return rule_complain(r, at + from,
                                 "the regular expression is too large: its repetitions written "
                                 "out, it has more than %u characters",
                                 SIZE_MOST);
    }
    return 0;
}
