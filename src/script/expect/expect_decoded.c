/* What the protocol above the messages makes of them: events, acks, results, errors. */
#include <stdio.h>

#include "base/json_compare.h"
#include "base/json_scan.h"
#include "script/expect/expect.h"

size_t expect_name_parse(struct expect *x, struct slice text, size_t at, struct err *e)
{
    size_t n = 0, len;

    if (text.len > 0 && text.data[0] == '"') {
        n = json_value_length(text);
        if (n == 0 || (n < text.len && !strchr(" \t", text.data[n]))) {
            err_at(e, at, "the quotes around this name are not closed, or text follows them");
            return 0;
        }
        x->name = json_string_text(slice_make(text.data, n), &len);
    } else {
        while (n < text.len && !strchr(" \t", text.data[n]))
            n++;
        if (n == 0) {
            err_at(e, at, "the name of an event is missing here");
            return 0;
        }
        x->name = strndup((const char *)text.data, n);
    }
    if (!x->name)
        err_nomem(e, STAGE_USAGE, "reading an expectation");
    return x->name ? n : 0;
}

static bool fits_role(enum expect_what what, enum decoded_role role)
{
    switch (what) {
    case EXPECT_EVENT:
        return role == DECODED_EVENT || role == DECODED_REQUEST;
    case EXPECT_ACK:
        return role == DECODED_ACK;
    case EXPECT_RESULT:
        return role == DECODED_RESULT;
    default:
        return role == DECODED_ERROR;
    }
}

bool expect_decoded_fits(const struct expect *x, const struct came *c, char why[EXPECT_WHY])
{
    if (!fits_role(x->what, c->role)) {
        snprintf(why, EXPECT_WHY, "it is %s %s", strchr("ae", came_name(c)[0]) ? "an" : "a",
                 came_name(c));
        return false;
    }
    if (x->what == EXPECT_EVENT && strcmp(x->name, c->name) != 0) {
        snprintf(why, EXPECT_WHY, "the event is %.100s, not %.100s",
                 c->name_len > 0 ? c->name : "without a name", x->name);
        return false;
    }
    return x->condition_count == 0 || expect_json_fits(x, c, why);
}
