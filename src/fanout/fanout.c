#include "fanout/fanout.h"

#include <stdlib.h>

#include "base/decimal.h"
#include "fanout/fanout_private.h"

/* Messages of a connection that may name its node: a server may greet with more than one. */
#define GREETINGS 8

int fanout_expect_parse(const char *text, enum fanout_expect *expect, uint32_t *islands,
                        struct err *e)
{
    static const struct {
        const char *word;
        enum fanout_expect expect;
    } words[] = {{"all", FANOUT_ALL},
                 {"others", FANOUT_OTHERS},
                 {"sender", FANOUT_SENDER},
                 {"none", FANOUT_NONE}};
    uint64_t number;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i].word) == 0) {
            *expect = words[i].expect;
            return 0;
        }
    }
    if (strncmp(text, "islands:", 8) != 0)
        return err_at(e, 0, "--expect takes all, others, sender, none or islands:K");
    if (!decimal_read(slice_str(text + 8), NODES_MAX, &number) || number == 0)
        return err_at(e, 8, "the number of islands must be from 1 to 64");
    *expect = FANOUT_ISLANDS;
    *islands = (uint32_t)number;
    return 0;
}

struct fanout *fanout_new(const struct fanout_config *config)
{
    struct fanout *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->config = *config;
    f->dice = config->random | 1;
    nonces_init(&f->nonces, config->random);
    sketch_init(&f->delays);
    f->naming = naming_new(config->connections, config->node);
    f->members = calloc(config->connections, sizeof *f->members);
    if (!f->naming || !f->members) {
        fanout_free(f);
        return NULL;
    }
    for (uint32_t i = 0; i < config->connections; i++)
        f->members[i].drill.before = f->members[i].drill.after = NODES_MAX;
    return f;
}

void fanout_free(struct fanout *f)
{
    if (!f)
        return;
    book_free(f);
    naming_free(f->naming);
    free(f->members);
    free(f);
}

bool fanout_should(const struct fanout *f, uint32_t sender, uint32_t conn)
{
    switch (f->config.expect) {
    case FANOUT_OTHERS:
        return conn != sender;
    case FANOUT_SENDER:
        return conn == sender;
    case FANOUT_NONE:
        return false;
    case FANOUT_ALL:
    case FANOUT_ISLANDS:
        break;
    }
    return true;
}

/* --- connections --------------------------------------------------------------------------------
 */

int fanout_opened(struct fanout *f, uint32_t conn, const struct field *fields, size_t count,
                  uint64_t now_us)
{
    struct member *m = &f->members[conn];

    if (m->open)
        return 0;
    m->open = m->opened = true;
    m->greetings = 0;
    m->up_us = now_us;
    f->open++;
    book_open_changed(f, conn, true);
    drill_opened(f, conn, now_us);
    return naming_answer(f->naming, conn, fields, count);
}

void fanout_refused(struct fanout *f, uint32_t conn, int status, struct slice body)
{
    static const char unknown[] = "Session ID unknown";

    (void)conn;
    if (status == 400 && body.len && memmem(body.data, body.len, unknown, sizeof unknown - 1)) {
        f->refused_unknown++;
        return;
    }
    f->refused_other++;
    f->refused_status = status;
}

void fanout_closed(struct fanout *f, uint32_t conn, uint16_t code, bool clean, uint64_t now_us)
{
    struct member *m = &f->members[conn];

    if (!m->open)
        return;
    m->open = false;
    m->lost_us = now_us;
    f->open--;
    if (!f->drilling && !m->ended) {
        m->ended = true;
        if (f->ended++ == 0)
            f->ended_code = code;
    }
    book_open_changed(f, conn, false);
    drill_closed(f, conn, code, clean, now_us);
}

int fanout_message(struct fanout *f, uint32_t conn, struct slice text, uint64_t now_us)
{
    struct member *m = &f->members[conn];
    uint32_t found[NONCE_FOUND];
    size_t count = nonces_find(&f->nonces, text, found);

    for (size_t i = 0; i < count; i++)
        if (book_deliver(f, conn, found[i], now_us) < 0)
            return -1;
    /* A published message may name its sender's node. */
    if (count > 0 || m->greetings == GREETINGS)
        return 0;
    m->greetings++;
    return naming_message(f->naming, conn, text);
}

const char *fanout_node(struct fanout *f, uint32_t conn)
{
    uint32_t node;

    if (!f->settled_naming)
        naming_settle(f->naming);
    node = naming_node(f->naming, conn);
    return node < NODES_MAX ? naming_name(f->naming, node) : NULL;
}

void fanout_sticky(struct fanout *f, const struct sticky *facts)
{
    f->sticky = *facts;
    f->sticky_given = true;
}

void fanout_bus_lost(struct fanout *f)
{
    f->bus_lost = true;
}
