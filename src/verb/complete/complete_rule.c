#include <string.h>

#include "relay/rule.h"
#include "verb/complete/complete_private.h"

static void words(struct completing *c, const char *(*word)(size_t))
{
    for (size_t i = 0; word(i); i++)
        complete_offer(c, word(i), false, NULL);
}

/* The word under the cursor, where it is the first of a MATCH or an ACTION. */
void complete_rule(struct completing *c)
{
    const char *begin = c->word + c->kept, *arrow = strstr(begin, "->"), *at;

    begin = arrow ? arrow + strlen("->") : begin;
    begin += strspn(begin, " \t");
    if (!arrow) {
        size_t direction = strncmp(begin, "up ", 3) == 0     ? 3
                           : strncmp(begin, "down ", 5) == 0 ? 5
                                                             : 0;

        begin += direction + strspn(begin + direction, " \t");
    }
    at = strpbrk(begin, " \t");
    if (at)
        return;
    c->kept = (size_t)(begin - c->word);
    if (arrow) {
        words(c, rule_action_word);
        return;
    }
    if (c->kept == 0) {
        complete_offer(c, "up", false, NULL);
        complete_offer(c, "down", false, NULL);
    }
    words(c, rule_match_word);
}
