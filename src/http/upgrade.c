#include "http/upgrade.h"

#include <string.h>

#include "net/crypto.h"

#define REASON_MAX 80 /* bytes shown of a reason phrase */

void upgrade_clear(struct upgrade *u)
{
    handshake_result_clear(&u->agreed);
}

int upgrade_write(struct upgrade *u, const struct handshake_config *identity, struct rng *rng,
                  struct buf *out, struct err *e)
{
    return handshake_request(&u->sent, identity, rng, crypto_sha1, out, e);
}

int upgrade_check(struct upgrade *u, const struct handshake_config *identity,
                  const struct http1_head *head, struct err *e)
{
    return handshake_check(&u->sent, identity, head, u->lenient, &u->agreed, e);
}

bool upgrade_breaks(struct upgrade *u, enum handshake_rule rule,
                    const struct handshake_config *identity, const struct http1_head *head,
                    struct event *ev, struct err *why)
{
    char *section;

    if (!u->lenient || handshake_rule_check(rule, &u->sent, identity, head, why) == 0)
        return false;
    /* The sentence names the RFC and section at its end. */
    section = strstr(why->text, " (RFC ");
    if (!section)
        return false; /* memory was out, not the rule broken */
    *section = '\0';
    section += 2;
    section[strcspn(section, ")")] = '\0';
    *ev = (struct event){
        .kind = EVENT_VIOLATION,
        .dir = DIR_IN,
        .violation = {.rule = section, .message = why->text},
    };
    u->broken_rules++;
    return true;
}

void upgrade_refused(const struct http1_head *head, struct err *e)
{
    size_t len = head->reason.len < REASON_MAX ? head->reason.len : REASON_MAX;

    err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
            "the server answered %d%s%.*s instead of 101 Switching Protocols", head->status,
            len > 0 ? " " : "", (int)len, len > 0 ? (const char *)head->reason.data : "");
}
