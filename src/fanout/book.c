/*
 * book: messages under way, and where they arrived.
 */
#include <stdlib.h>

#include "fanout/fanout_private.h"

#define NO_ROW UINT32_MAX

/* Nodes are distinguished by names only if there are at least two of them; a name that all share
 * may be that of the balancer. */
int book_begin(struct fanout *f)
{
    size_t connections = f->config.connections;
    size_t rows = PAIRS_MAX / connections;

    f->settled_naming = true;
    f->named = naming_settle(f->naming) && naming_count(f->naming) > 1;
    if (f->named) {
        f->cells = calloc((size_t)(NODES_MAX + 1) * NODES_MAX, sizeof *f->cells);
        return f->cells ? 0 : -1;
    }
    f->stride = 1;
    if (f->config.way == FANOUT_BY_CLIENT) {
        if (rows < connections)
            f->stride = (uint32_t)((connections + rows - 1) / rows);
        rows = (connections + f->stride - 1) / f->stride;
    }
    f->rows = (uint32_t)rows;
    if (f->config.way != FANOUT_BY_CLIENT && f->rows > 1024)
        f->rows = 1024;
    f->pairs = calloc((size_t)f->rows * connections, sizeof *f->pairs);
    f->samples = malloc(SAMPLES_MAX * sizeof *f->samples);
    return f->pairs && f->samples ? 0 : -1;
}

void book_free(struct fanout *f)
{
    for (size_t i = 0; i < f->flight_count; i++)
        free(f->flight[f->flight_first + i].got);
    free(f->flight);
    if (f->cells)
        for (size_t i = 0; i < (size_t)(NODES_MAX + 1) * NODES_MAX; i++)
            free(f->cells[i].delays);
    free(f->cells);
    free(f->pairs);
    free(f->samples);
}

static struct publish *flying(struct fanout *f, uint32_t number)
{
    uint32_t first = f->next_number - (uint32_t)f->flight_count;

    if (number < first || number >= f->next_number)
        return NULL;
    return &f->flight[f->flight_first + (number - first)];
}

/* One connection more, or one less, that a message waits for. */
static void wait_more(struct fanout *f, struct publish *p)
{
    f->waiting += p->missing++ == 0;
}

static void wait_less(struct fanout *f, struct publish *p)
{
    if (p->missing > 0)
        f->waiting -= --p->missing == 0;
}

static bool has(const struct publish *p, uint32_t conn)
{
    return p->got[conn / 8] >> conn % 8 & 1;
}

/* The cell for a message and a connection whose node has a name. */
static struct book_cell *cell_of(struct fanout *f, const struct publish *p, uint32_t conn)
{
    uint32_t to = f->named ? naming_node(f->naming, conn) : NODES_MAX;
    uint32_t from = p->sender == FANOUT_OUTSIDE ? OUTSIDE_ROW : p->node;

    if (to == NODES_MAX || (from == NODES_MAX && p->sender != FANOUT_OUTSIDE))
        return NULL;
    return &f->cells[(size_t)from * NODES_MAX + to];
}

static struct pair *pair_of(struct fanout *f, const struct publish *p, uint32_t conn)
{
    if (f->named || p->row == NO_ROW)
        return NULL;
    return &f->pairs[(size_t)p->row * f->config.connections + conn];
}

static void count_one(uint16_t *n)
{
    if (*n < UINT16_MAX)
        ++*n;
}

/* --- publishing ---------------------------------------------------------------------------------
 */

static void settle_first(struct fanout *f);

/* Room for one more at the end. */
static int make_room(struct fanout *f)
{
    size_t bytes = (f->config.connections + 7) / 8 + sizeof(struct publish);
    size_t room;
    struct publish *grown;

    while (f->flight_count > 0 && (f->flight_count + 1) * bytes > FLIGHT_BYTES) {
        settle_first(f);
        f->hurried++;
    }
    if (f->flight_first + f->flight_count < f->flight_room)
        return 0;
    if (f->flight_first >= f->flight_count && f->flight_first > 0) {
        memmove(f->flight, f->flight + f->flight_first, f->flight_count * sizeof *f->flight);
        f->flight_first = 0;
        return 0;
    }
    room = f->flight_room ? f->flight_room * 2 : 64;
    grown = realloc(f->flight, room * sizeof *grown);
    if (!grown)
        return -1;
    f->flight = grown;
    f->flight_room = room;
    return 0;
}

static uint32_t row_of(const struct fanout *f, uint32_t sender)
{
    if (f->named)
        return NO_ROW;
    if (sender == FANOUT_OUTSIDE)
        return f->next_number < f->rows ? f->next_number : NO_ROW;
    return sender % f->stride == 0 ? sender / f->stride : NO_ROW;
}

static struct seen_on_bus *bus_of(struct fanout *f, uint32_t sender)
{
    return sender == FANOUT_OUTSIDE ? &f->outside : &f->members[sender].bus;
}

int fanout_publish(struct fanout *f, uint32_t sender, uint64_t now_us, char text[NONCE_TEXT])
{
    struct publish p = {.at_us = now_us, .sender = sender, .node = NODES_MAX};

    if (!f->settled_naming && book_begin(f) < 0)
        return -1;
    if (make_room(f) < 0)
        return -1;
    p.got = calloc((f->config.connections + 7) / 8, 1);
    if (!p.got)
        return -1;
    p.row = row_of(f, sender);
    p.drill = f->drilling;
    if (f->named && sender != FANOUT_OUTSIDE)
        p.node = (uint8_t)naming_node(f->naming, sender);
    for (uint32_t i = 0; i < f->config.connections; i++)
        p.missing += f->members[i].open && fanout_should(f, sender, i);
    if (p.drill)
        f->drill.published++;
    else
        bus_of(f, sender)->published++;
    nonce_make(&f->nonces, f->next_number, text);
    f->waiting += p.missing > 0;
    f->flight[f->flight_first + f->flight_count++] = p;
    f->next_number++;
    return 0;
}

void fanout_unpublish(struct fanout *f)
{
    struct publish *p;

    if (f->flight_count == 0)
        return;
    p = &f->flight[f->flight_first + --f->flight_count];
    if (p->drill)
        f->drill.published--;
    else
        bus_of(f, p->sender)->published--;
    f->waiting -= p->missing > 0;
    free(p->got);
    f->next_number--;
}

/* --- receiving ----------------------------------------------------------------------------------
 */

/* Which delays are kept: each that was offered with the same probability (Vitter's algorithm R). */
static void sample(struct fanout *f, const struct publish *p, uint32_t conn, uint64_t us)
{
    uint64_t at = f->sampled++;

    if (at >= SAMPLES_MAX) {
        f->dice = f->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        at = (f->dice >> 16) % f->sampled;
        if (at >= SAMPLES_MAX)
            return;
    }
    f->samples[at] = (struct sample){p->row, conn, us};
}

static void count_cell(struct fanout_cell *c, bool own, bool late, bool expected)
{
    c->delivered++;
    c->late += late;
    c->own_delivered += own;
    c->unexpected += !expected;
}

static int count_first(struct fanout *f, const struct publish *p, uint32_t conn, uint64_t us)
{
    bool own = p->sender == conn, late = us > f->config.within_us;
    bool expected = fanout_should(f, p->sender, conn);
    struct book_cell *cell = cell_of(f, p, conn);
    struct pair *pair = pair_of(f, p, conn);

    if (p->drill) {
        f->drill.delivered++;
        f->members[conn].drill.late += late;
        return 0;
    }
    f->members[conn].received++;
    if (p->sender != FANOUT_OUTSIDE && !own)
        f->members[p->sender].heard++;
    count_cell(&f->total, own, late, expected);
    sketch_add(&f->delays, (int64_t)us);
    if (pair) {
        count_one(&pair->delivered);
        if (late)
            count_one(&pair->late);
        sample(f, p, conn, us);
    }
    if (!cell)
        return 0;
    count_cell(&cell->figures, own, late, expected);
    if (!cell->delays) {
        cell->delays = malloc(sizeof *cell->delays);
        if (!cell->delays)
            return -1;
        sketch_init(cell->delays);
    }
    sketch_add(cell->delays, (int64_t)us);
    return 0;
}

static void count_again(struct fanout *f, const struct publish *p, uint32_t conn)
{
    struct book_cell *cell = cell_of(f, p, conn);
    struct pair *pair = pair_of(f, p, conn);

    if (p->drill) {
        f->members[conn].drill.twice++;
        return;
    }
    f->total.duplicated++;
    if (cell)
        cell->figures.duplicated++;
    if (pair)
        count_one(&pair->duplicated);
}

int book_deliver(struct fanout *f, uint32_t conn, uint32_t number, uint64_t now_us)
{
    struct publish *p = flying(f, number);

    if (!p) {
        f->stragglers += number < f->next_number;
        return 0;
    }
    if (has(p, conn)) {
        count_again(f, p, conn);
        return 0;
    }
    p->got[conn / 8] |= (uint8_t)(1u << conn % 8);
    if (f->members[conn].open && fanout_should(f, p->sender, conn))
        wait_less(f, p);
    return count_first(f, p, conn, now_us > p->at_us ? now_us - p->at_us : 0);
}

void book_open_changed(struct fanout *f, uint32_t conn, bool open)
{
    for (size_t i = 0; i < f->flight_count; i++) {
        struct publish *p = &f->flight[f->flight_first + i];

        if (has(p, conn) || !fanout_should(f, p->sender, conn))
            continue;
        if (open)
            wait_more(f, p);
        else
            wait_less(f, p);
    }
}

/* --- the shared layer ---------------------------------------------------------------------------
 */

static uint32_t channel_bit(struct fanout *f, struct slice channel)
{
    char name[NODE_NAME];
    uint32_t i = 0;

    naming_shorten(name, sizeof name, channel);
    while (i < f->channel_count && strcmp(f->channels[i], name) != 0)
        i++;
    if (i == FANOUT_CHANNELS_MAX)
        return 0;
    if (i == f->channel_count)
        memcpy(f->channels[f->channel_count++], name, sizeof name);
    return 1u << i;
}

void fanout_bus(struct fanout *f, struct slice channel, struct slice payload, uint64_t now_us)
{
    uint32_t found[NONCE_FOUND];
    size_t count = nonces_find(&f->nonces, payload, found);

    (void)now_us;
    for (size_t i = 0; i < count; i++) {
        struct publish *p = flying(f, found[i]);
        struct seen_on_bus *bus;

        if (!p || p->drill)
            continue;
        bus = bus_of(f, p->sender);
        bus->channels |= channel_bit(f, channel);
        bus->seen += p->bus_seen == 0;
        bus->twice += p->bus_seen == 1;
        if (p->bus_seen < UINT8_MAX)
            p->bus_seen++;
        f->bus_seen++;
    }
}

/* --- settling -----------------------------------------------------------------------------------
 */

/* It was open from before the message on, and until the message should have arrived. */
static bool was_there(const struct fanout *f, const struct publish *p, const struct member *m)
{
    if (m->up_us > p->at_us || !m->opened)
        return false;
    return m->open || m->lost_us > p->at_us + f->config.within_us;
}

static void count_lost(struct fanout *f, const struct publish *p, uint32_t conn)
{
    struct member *m = &f->members[conn];
    struct book_cell *cell;
    struct pair *pair;

    if (p->drill) {
        m->drill.lost += m->drill.took_part;
        return;
    }
    if (!was_there(f, p, m))
        return;
    m->lost++;
    if (p->sender != FANOUT_OUTSIDE && p->sender != conn)
        f->members[p->sender].unheard++;
    f->total.lost++;
    f->total.own_lost += p->sender == conn;
    cell = cell_of(f, p, conn);
    pair = pair_of(f, p, conn);
    if (cell) {
        cell->figures.lost++;
        cell->figures.own_lost += p->sender == conn;
    }
    if (pair)
        count_one(&pair->lost);
}

void reach_count(struct reach *r, uint64_t some, uint64_t none)
{
    uint32_t reached = 0, missed = 0, one_reached = 0, one_missed = 0;

    for (uint32_t node = 0; node < NODES_MAX; node++) {
        if (some >> node & 1) {
            one_reached = node;
            reached++;
        } else if (none >> node & 1) {
            one_missed = node;
            missed++;
        }
    }
    if (reached == 0)
        r->none++;
    else if (missed == 0)
        r->all++;
    else if (reached == 1)
        r->one++;
    else if (missed == 1)
        r->but_one++;
    else
        r->other++;
    r->only[one_reached] += reached == 1 && missed > 0;
    r->without[one_missed] += missed == 1 && reached > 0;
}

/* Which nodes a message from outside reached. */
static void count_reach(struct fanout *f, const struct publish *p)
{
    uint64_t some = 0, none = 0;

    for (uint32_t i = 0; i < f->config.connections; i++) {
        uint32_t node = naming_node(f->naming, i);

        if (node < NODES_MAX && was_there(f, p, &f->members[i]))
            *(has(p, i) ? &some : &none) |= UINT64_C(1) << node;
    }
    reach_count(&f->reach, some, none);
}

static void settle_first(struct fanout *f)
{
    struct publish *p = &f->flight[f->flight_first];

    for (uint32_t i = 0; i < f->config.connections; i++)
        if (!has(p, i) && f->members[i].opened && fanout_should(f, p->sender, i))
            count_lost(f, p, i);
    if (f->named && p->sender == FANOUT_OUTSIDE && !p->drill)
        count_reach(f, p);
    f->waiting -= p->missing > 0;
    free(p->got);
    f->flight_first = --f->flight_count ? f->flight_first + 1 : 0;
}

uint64_t fanout_settle(struct fanout *f, uint64_t now_us)
{
    while (f->flight_count > 0) {
        const struct publish *p = &f->flight[f->flight_first];

        if (p->drill && f->drilling)
            return UINT64_MAX;
        if (now_us < p->at_us + f->config.grace_us)
            return p->at_us + f->config.grace_us;
        settle_first(f);
    }
    return UINT64_MAX;
}

uint32_t fanout_waiting(const struct fanout *f)
{
    return f->waiting;
}

uint64_t fanout_published(const struct fanout *f)
{
    return f->next_number;
}

uint64_t fanout_delivered(const struct fanout *f)
{
    return f->total.delivered;
}
