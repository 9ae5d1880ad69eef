#include "fanout/naming.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/json_scan.h"

/* Of a first message that is longer, nothing is read. */
#define MESSAGE_MAX 65536

/* What the servers and balancers that are in wide use set, or their users do. */
static const struct naming_source known[] = {
    {NAMING_COOKIE, "SERVERID"},   /* HAProxy's manual */
    {NAMING_COOKIE, "SRV"},        /* the same */
    {NAMING_COOKIE, "route"},      /* nginx */
    {NAMING_COOKIE, "ROUTEID"},    /* Apache's manual */
    {NAMING_COOKIE, "JSESSIONID"}, /* what follows the last dot: Tomcat's jvmRoute */
    {NAMING_COOKIE, "ARRAffinity"},
    {NAMING_COOKIE, "GCLB"},
    {NAMING_COOKIE, "__cflb"},
    {NAMING_COOKIE, "BIGipServer*"},
    {NAMING_COOKIE, "heroku-session-affinity"},
    {NAMING_COOKIE, "lb"},
    {NAMING_COOKIE, "node"},
    {NAMING_COOKIE, "backend"},
    {NAMING_HEADER, "x-node"},
    {NAMING_HEADER, "x-node-id"},
    {NAMING_HEADER, "x-node-name"},
    {NAMING_HEADER, "x-server"},
    {NAMING_HEADER, "x-server-id"},
    {NAMING_HEADER, "x-server-name"},
    {NAMING_HEADER, "x-instance"},
    {NAMING_HEADER, "x-instance-id"},
    {NAMING_HEADER, "x-pod"},
    {NAMING_HEADER, "x-pod-name"},
    {NAMING_HEADER, "x-container-id"},
    {NAMING_HEADER, "x-replica"},
    {NAMING_HEADER, "x-worker"},
    {NAMING_HEADER, "x-hostname"},
    {NAMING_HEADER, "x-host"},
    {NAMING_HEADER, "x-backend"},
    {NAMING_HEADER, "x-backend-server"},
    {NAMING_HEADER, "x-upstream"},
    {NAMING_HEADER, "x-upstream-addr"},
    {NAMING_HEADER, "x-served-by"},
    {NAMING_JSON, "/node"},
    {NAMING_JSON, "/nodeId"},
    {NAMING_JSON, "/node_id"},
    {NAMING_JSON, "/server"},
    {NAMING_JSON, "/serverId"},
    {NAMING_JSON, "/server_id"},
    {NAMING_JSON, "/instance"},
    {NAMING_JSON, "/instanceId"},
    {NAMING_JSON, "/instance_id"},
    {NAMING_JSON, "/pod"},
    {NAMING_JSON, "/replica"},
    {NAMING_JSON, "/worker"},
    {NAMING_JSON, "/hostname"},
    {NAMING_JSON, "/host"},
    {NAMING_JSON, "/backend"},
};

#define KNOWN_COUNT (sizeof known / sizeof *known)

/* Where the members of a first message are looked for: at its top, and below. */
static const char *const places[] = {"", "/data", "/1", "/payload"};

const struct naming_source *naming_known(size_t i)
{
    return i < KNOWN_COUNT ? &known[i] : NULL;
}

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

void naming_shorten(char *text, size_t size, struct slice name)
{
    static const char dots[] = "...";
    size_t head = (size - sizeof dots) / 2, tail = size - sizeof dots - head;

    if (name.len < size) {
        if (name.len > 0)
            memcpy(text, name.data, name.len);
        text[name.len] = '\0';
        return;
    }
    while (head > 0 && is_continuation(name.data[head]))
        head--;
    while (tail > 0 && is_continuation(name.data[name.len - tail]))
        tail--;
    memcpy(text, name.data, head);
    memcpy(text + head, dots, sizeof dots - 1);
    memcpy(text + head + sizeof dots - 1, name.data + name.len - tail, tail);
    text[head + sizeof dots - 1 + tail] = '\0';
}

int naming_parse(struct naming_source *source, const char *text, struct err *e)
{
    static const struct {
        const char *prefix;
        enum naming_kind kind;
    } kinds[] = {{"json:", NAMING_JSON}, {"header:", NAMING_HEADER}, {"cookie:", NAMING_COOKIE}};

    for (size_t i = 0; i < 3; i++) {
        size_t len = strlen(kinds[i].prefix);

        if (strncmp(text, kinds[i].prefix, len) != 0)
            continue;
        if (kinds[i].kind == NAMING_JSON && !json_pointer_valid(text + len))
            return err_at(e, len, "not a JSON Pointer (RFC 6901): it begins with \"/\"");
        if (kinds[i].kind != NAMING_JSON && text[len] == '\0')
            return err_at(e, len, "a name is missing after the colon");
        *source = (struct naming_source){kinds[i].kind, text + len};
        return 0;
    }
    return err_at(e, 0, "--node takes json:POINTER, header:NAME or cookie:NAME");
}

void naming_print(char text[NAMING_TEXT], const struct naming_source *source)
{
    switch (source->kind) {
    case NAMING_COOKIE:
        snprintf(text, NAMING_TEXT, "cookie %s", source->name);
        break;
    case NAMING_HEADER:
        snprintf(text, NAMING_TEXT, "header %s", source->name);
        break;
    case NAMING_JSON:
        snprintf(text, NAMING_TEXT, "%s of the first message",
                 source->name[0] ? source->name : "all");
        break;
    }
}

/* --- what a source showed -----------------------------------------------------------------------
 */

struct candidate {
    const struct naming_source *source;
    char (*names)[NODE_NAME]; /* NODES_MAX of them, once there is one */
    uint32_t count;
    bool overflowed; /* there were more names than that */
    uint8_t *of;     /* of each connection: its name's index and one; 0: none */
};

struct naming {
    uint32_t connections;
    bool *opened; /* of each connection */
    uint32_t open_count;
    struct naming_source given;
    bool is_given;
    size_t candidate_count;
    struct candidate *used;
    struct candidate candidates[];
};

#define OTHER (NODES_MAX + 1) /* what `of` has for names beyond the maximum */

struct naming *naming_new(uint32_t connections, const struct naming_source *source)
{
    size_t count = source ? 1 : KNOWN_COUNT;
    struct naming *n = calloc(1, sizeof *n + count * sizeof *n->candidates);

    if (!n)
        return NULL;
    n->connections = connections;
    n->candidate_count = count;
    n->is_given = source != NULL;
    if (source)
        n->given = *source;
    n->opened = calloc(connections, sizeof *n->opened);
    for (size_t i = 0; i < count; i++) {
        n->candidates[i].source = source ? &n->given : &known[i];
        n->candidates[i].of = calloc(connections, 1);
        if (!n->candidates[i].of || !n->opened) {
            naming_free(n);
            return NULL;
        }
    }
    if (source)
        n->used = &n->candidates[0];
    return n;
}

void naming_free(struct naming *n)
{
    if (!n)
        return;
    for (size_t i = 0; i < n->candidate_count; i++) {
        free(n->candidates[i].names);
        free(n->candidates[i].of);
    }
    free(n->opened);
    free(n);
}

/* Up to a NUL, without blanks around it. */
static struct slice trimmed(struct slice value)
{
    const uint8_t *nul = value.len ? memchr(value.data, '\0', value.len) : NULL;

    if (nul)
        value.len = (size_t)(nul - value.data);
    while (value.len > 0 && value.data[0] == ' ')
        value = slice_from(value, 1);
    while (value.len > 0 && value.data[value.len - 1] == ' ')
        value.len--;
    return value;
}

/* 0 or -1 (memory). */
static int show(struct candidate *c, uint32_t conn, struct slice value)
{
    char name[NODE_NAME];
    uint32_t i;

    value = trimmed(value);
    if (value.len == 0)
        return 0;
    naming_shorten(name, sizeof name, value);
    if (!c->names) {
        c->names = calloc(NODES_MAX, sizeof *c->names);
        if (!c->names)
            return -1;
    }
    for (i = 0; i < c->count && strcmp(c->names[i], name) != 0;)
        i++;
    if (i == NODES_MAX) {
        c->overflowed = true;
        c->of[conn] = OTHER;
        return 0;
    }
    if (i == c->count)
        memcpy(c->names[c->count++], name, sizeof name);
    c->of[conn] = (uint8_t)(i + 1);
    return 0;
}

/* --- where it is looked for ---------------------------------------------------------------------
 */

static bool name_fits(struct slice name, const char *wanted)
{
    size_t len = strlen(wanted);

    if (len > 0 && wanted[len - 1] == '*')
        return name.len >= len - 1 && memcmp(name.data, wanted, len - 1) == 0;
    return slice_is(name, wanted);
}

static struct slice after_last_dot(struct slice text)
{
    for (size_t i = text.len; i-- > 0;)
        if (text.data[i] == '.')
            return slice_make(text.data + i + 1, text.len - i - 1);
    return slice_make(NULL, 0);
}

/* The value of a cookie that a Set-Cookie field sets (RFC 6265, section 5.2); of a session's, what
 * a server adds to name itself. */
static struct slice cookie_value(struct slice field, const char *wanted)
{
    const uint8_t *equals = field.len ? memchr(field.data, '=', field.len) : NULL;
    const uint8_t *semicolon;
    struct slice value = {NULL, 0};

    if (!equals || !name_fits(slice_make(field.data, (size_t)(equals - field.data)), wanted))
        return value;
    value = slice_make(equals + 1, (size_t)(slice_end(field) - equals - 1));
    semicolon = value.len ? memchr(value.data, ';', value.len) : NULL;
    if (semicolon)
        value.len = (size_t)(semicolon - value.data);
    if (strcmp(wanted, "JSESSIONID") == 0)
        value = after_last_dot(value);
    return value;
}

int naming_answer(struct naming *n, uint32_t conn, const struct field *fields, size_t count)
{
    n->open_count += !n->opened[conn];
    n->opened[conn] = true;
    for (size_t i = 0; i < n->candidate_count; i++) {
        struct candidate *c = &n->candidates[i];

        c->of[conn] = 0;
        for (size_t k = 0; k < count && c->of[conn] == 0; k++) {
            struct slice value = {NULL, 0};

            if (c->source->kind == NAMING_HEADER &&
                slice_is_nocase(fields[k].name, c->source->name))
                value = fields[k].value;
            else if (c->source->kind == NAMING_COOKIE &&
                     slice_is_nocase(fields[k].name, "set-cookie"))
                value = cookie_value(fields[k].value, c->source->name);
            if (show(c, conn, value) < 0)
                return -1;
        }
    }
    return 0;
}

/* "42[...]", "42/room,[...]": Socket.IO's event after its type and namespace. */
static struct slice without_prefix(struct slice text)
{
    size_t n = 0;

    if (text.len == 0 || !is_digit(text.data[0]))
        return text;
    while (n < text.len && n < 128 && text.data[n] != '[' && text.data[n] != '{')
        n++;
    return slice_from(text, n);
}

/* The value as a name; *room: where it is decoded. */
static struct slice json_name(struct slice value, uint8_t room[256])
{
    if (value.len == 0 || value.len > 256 || value.data[0] == '{' || value.data[0] == '[' ||
        slice_is(value, "null"))
        return slice_make(NULL, 0);
    if (value.data[0] != '"')
        return value;
    return slice_make(room, json_string_decode(value, room));
}

static int show_member(struct candidate *c, uint32_t conn, struct slice text, size_t place_count)
{
    uint8_t room[256];
    char pointer[512];
    struct slice value;

    for (size_t i = 0; i < place_count && c->of[conn] == 0; i++) {
        snprintf(pointer, sizeof pointer, "%s%s", places[i], c->source->name);
        if (json_pointer_get(text, pointer, &value) == 1 &&
            show(c, conn, json_name(value, room)) < 0)
            return -1;
    }
    return 0;
}

int naming_message(struct naming *n, uint32_t conn, struct slice text)
{
    if (text.len > MESSAGE_MAX)
        return 0;
    text = without_prefix(text);
    if (!json_valid(text))
        return 0;
    for (size_t i = 0; i < n->candidate_count; i++) {
        struct candidate *c = &n->candidates[i];

        if (c->source->kind == NAMING_JSON &&
            show_member(c, conn, text, n->is_given ? 1 : sizeof places / sizeof *places) < 0)
            return -1;
    }
    return 0;
}

/* --- which it is --------------------------------------------------------------------------------
 */

/* Of the connections that were opened, how many have a name, and how many names they have. */
static void tally(const struct naming *n, const struct candidate *c, uint32_t *shown,
                  uint32_t *distinct)
{
    bool seen[OTHER + 1] = {false};

    *shown = *distinct = 0;
    for (uint32_t i = 0; i < n->connections; i++) {
        uint8_t of = c->of[i];

        if (of == 0)
            continue;
        ++*shown;
        *distinct += !seen[of];
        seen[of] = true;
    }
}

/* The names in order, so that a report is the same whoever was first. */
static void sort(const struct naming *n, struct candidate *c)
{
    uint8_t moved[OTHER + 1] = {0, [OTHER] = OTHER};
    char names[NODES_MAX][NODE_NAME];

    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t before = 0;

        for (uint32_t k = 0; k < c->count; k++)
            before += strcmp(c->names[k], c->names[i]) < 0;
        moved[i + 1] = (uint8_t)(before + 1);
        memcpy(names[before], c->names[i], NODE_NAME);
    }
    if (c->count > 0)
        memcpy(c->names, names, c->count * sizeof *names);
    for (uint32_t i = 0; i < n->connections; i++)
        c->of[i] = moved[c->of[i]];
}

/* From how many connections on nearly as many names are taken for those of sessions: cookies are
 * often that. */
static uint32_t least_of(const struct candidate *c)
{
    return c->source->kind == NAMING_COOKIE ? 4 : 16;
}

static struct candidate *choose(struct naming *n)
{
    struct candidate *one = NULL;
    uint32_t shown, distinct;

    for (size_t i = 0; i < n->candidate_count; i++) {
        struct candidate *c = &n->candidates[i];

        tally(n, c, &shown, &distinct);
        if (shown == 0 || c->overflowed || shown * 5 < n->open_count * 4)
            continue;
        if (n->open_count >= least_of(c) && distinct * 4 > n->open_count * 3)
            continue;
        if (distinct > 1)
            return c;
        one = one ? one : c;
    }
    return one;
}

bool naming_settle(struct naming *n)
{
    if (!n->is_given)
        n->used = choose(n);
    if (n->used)
        sort(n, n->used);
    return naming_used(n) != NULL;
}

const struct naming_source *naming_used(const struct naming *n)
{
    return n->used && n->used->count > 0 ? n->used->source : NULL;
}

uint32_t naming_count(const struct naming *n)
{
    return n->used ? n->used->count : 0;
}

const char *naming_name(const struct naming *n, uint32_t node)
{
    return n->used->names[node];
}

uint32_t naming_node(const struct naming *n, uint32_t conn)
{
    uint8_t of = n->used ? n->used->of[conn] : 0;

    return of == 0 || of == OTHER ? NODES_MAX : of - 1u;
}
