#include <stdlib.h>

#include "base/blank.h"
#include "base/codec.h"
#include "base/json_scan.h"
#include "base/secret.h"
#include "grade/grade_private.h"
#include "measure/key_hash.h"
#include "session/books/label.h"

/* --- requests -----------------------------------------------------------------------------------
 */

/* The path of a target, without the query. */
static struct slice grade_path(struct slice target)
{
    const uint8_t *mark = target.len ? memchr(target.data, '?', target.len) : NULL;

    return mark ? slice_make(target.data, (size_t)(mark - target.data)) : target;
}

struct slice grade_query(struct slice target)
{
    struct slice path = grade_path(target);

    if (path.len == target.len)
        return slice_make(NULL, 0);
    return slice_from(target, path.len + 1);
}

/* Split s at the first of a byte: the part before it into *first, the rest stays. */
static void split(struct slice *s, uint8_t byte, struct slice *first)
{
    const uint8_t *at = s->len ? memchr(s->data, byte, s->len) : NULL;
    size_t n = at ? (size_t)(at - s->data) : s->len;

    *first = slice_make(s->data, n);
    n += at ? 1 : 0;
    *s = slice_make(s->len ? s->data + n : NULL, s->len - n);
}

bool grade_parameter(struct slice *query, struct slice *name, struct slice *value)
{
    if (query->len == 0)
        return false;
    split(query, '&', value);
    split(value, '=', name);
    return true;
}

static bool next_cookie(struct slice *cookies, struct slice *name, struct slice *value)
{
    if (cookies->len == 0)
        return false;
    split(cookies, ';', value);
    split(value, '=', name);
    *name = blank_trim(*name);
    *value = blank_trim(*value);
    return true;
}

static struct slice field_value(const struct grade_head *head, const char *name)
{
    for (size_t i = 0; i < head->field_count; i++)
        if (slice_is_nocase(head->fields[i].name, name))
            return head->fields[i].value;
    return slice_make(NULL, 0);
}

static struct slice cookie_value(const struct grade_head *head, const char *wanted)
{
    struct slice cookies, name, value;

    for (size_t i = 0; i < head->field_count; i++) {
        if (!slice_is_nocase(head->fields[i].name, "Cookie"))
            continue;
        cookies = head->fields[i].value;
        while (next_cookie(&cookies, &name, &value))
            if (slice_is(name, wanted))
                return value;
    }
    return slice_make(NULL, 0);
}

static struct slice query_value(const struct grade_head *head, const char *wanted)
{
    struct slice query = grade_query(head->target), name, value;

    while (grade_parameter(&query, &name, &value))
        if (slice_is(name, wanted))
            return value;
    return slice_make(NULL, 0);
}

/* --- identity -----------------------------------------------------------------------------------
 */

static void add(struct key_hash *h, struct slice s)
{
    uint64_t length = s.len;

    key_hash_add(h, slice_make(&length, sizeof length));
    key_hash_add(h, s);
}

static uint64_t origin_of(const struct grade *g, const struct grade_head *head)
{
    struct key_hash h;

    key_hash_init(&h, g->config.seed);
    add(&h, slice_str(head->address));
    add(&h, field_value(head, "User-Agent"));
    return key_hash_end(&h);
}

/* A client without the cookie, field or parameter is identified as by default. */
static uint64_t key_of(const struct grade *g, const struct grade_head *head)
{
    const struct grade_config *c = &g->config;
    struct slice value = slice_make(NULL, 0);
    struct key_hash h;

    if (c->identity == GRADE_BY_COOKIE)
        value = cookie_value(head, c->name);
    else if (c->identity == GRADE_BY_HEADER)
        value = field_value(head, c->name);
    else if (c->identity == GRADE_BY_QUERY)
        value = query_value(head, c->name);
    key_hash_init(&h, c->seed);
    if (c->identity == GRADE_BY_ADDRESS)
        add(&h, slice_str(head->address));
    if (c->identity == GRADE_BY_ADDRESS || c->identity == GRADE_BY_ALL)
        return key_hash_end(&h);
    if (value.len > 0) {
        add(&h, slice_str("named"));
        add(&h, value);
        return key_hash_end(&h);
    }
    add(&h, slice_str(head->address));
    add(&h, field_value(head, "User-Agent"));
    add(&h, grade_path(head->target));
    return key_hash_end(&h);
}

static void copy(char *to, size_t room, struct slice from)
{
    size_t n = from.len < room - 1 ? from.len : room - 1;

    if (n)
        memcpy(to, from.data, n);
    to[n] = '\0';
}

static struct grade_client *client_new(struct grade *g, uint64_t key, const struct grade_head *head)
{
    struct grade_client **place =
        grade_more(g, (void **)&g->clients, &g->client_count, &g->client_room, sizeof *g->clients,
                   GRADE_CLIENTS_MAX);
    struct grade_client *c = place ? calloc(1, sizeof *c) : NULL;

    if (!c) {
        g->client_count -= place ? 1 : 0;
        return NULL;
    }
    *place = c;
    c->number = (uint32_t)g->client_count;
    c->key = key;
    c->origin = origin_of(g, head);
    copy(c->address, sizeof c->address, slice_str(head->address));
    copy(c->path, sizeof c->path, grade_path(head->target));
    copy(c->agent, sizeof c->agent, field_value(head, "User-Agent"));
    buf_init(&c->last_id, GRADE_POINT_MAX - 1);
    seen_init(&c->missed_ids, GRADE_IDS_MAX);
    seen_init(&c->up_ids, GRADE_IDS_MAX);
    seen_init(&c->up_undelivered, GRADE_IDS_MAX);
    return c;
}

/* Plain HTTP is an attempt of a client that is away if it asks for what the client's WebSocket
 * has (Socket.IO's polling), or for something below it (SignalR's negotiate). */
static bool asks_for(const struct grade_client *c, const struct grade_head *head)
{
    struct slice path = grade_path(head->target);
    size_t n = strlen(c->path);

    if (n < 2 || path.len < n || memcmp(path.data, c->path, n) != 0)
        return false;
    return path.len == n || path.data[n] == '/' || c->path[n - 1] == '/';
}

struct grade_client *grade_who(struct grade *g, const struct grade_head *head)
{
    uint64_t key = key_of(g, head), origin = origin_of(g, head);

    for (size_t i = 0; i < g->client_count; i++) {
        struct grade_client *c = g->clients[i];

        if (c->key == key && (head->upgrade || (c->away && asks_for(c, head))))
            return c;
    }
    if (head->upgrade)
        return client_new(g, key, head);
    for (size_t i = 0; i < g->client_count; i++)
        if (g->clients[i]->away && g->clients[i]->origin == origin && asks_for(g->clients[i], head))
            return g->clients[i];
    return NULL;
}

/* --- credentials --------------------------------------------------------------------------------
 */

/* The claims of a JSON Web Token, decoded into *out. False: it is none. */
static bool token_claims(struct slice token, struct buf *out)
{
    struct slice head, claims;
    struct buf padded;
    bool done = false;

    split(&token, '.', &head);
    split(&token, '.', &claims);
    if (!slice_begins(head, "eyJ") || claims.len == 0 || claims.len > 16384)
        return false;
    buf_init(&padded, 32768);
    if (buf_append_slice(&padded, claims) == 0) {
        uint8_t *at = buf_data(&padded);

        for (size_t i = 0; i < padded.len; i++)
            at[i] = at[i] == '-' ? '+' : at[i] == '_' ? '/' : at[i];
        while (padded.len % 4 != 0 && buf_append(&padded, "=", 1) == 0)
            continue;
        buf_reset(out);
        done = base64_decode(out, buf_slice(&padded)) == 0;
    }
    buf_clear(&padded);
    return done;
}

/* "exp" is a NumericDate (RFC 7519, section 4.1.4): seconds, perhaps with a fraction. */
static void look_for_expiry(struct grade *g, struct grade_client *c, struct slice credential,
                            int64_t wall_s)
{
    struct slice token = credential, exp;
    uint64_t at_s;

    if (token.len > 7 && strncasecmp((const char *)token.data, "Bearer ", 7) == 0)
        token = slice_from(token, 7);
    if (wall_s <= 0 || !token_claims(token, &g->scratch) ||
        json_pointer_get(buf_slice(&g->scratch), "/exp", &exp) != 1)
        return;
    split(&exp, '.', &token);
    if (!label_number(token, &at_s))
        return;
    c->has_expiry = true;
    c->expired = c->expired || at_s <= (uint64_t)wall_s;
}

static void add_credential(struct grade *g, struct grade_client *c, struct key_hash *h, bool *any,
                           struct slice name, struct slice value, int64_t wall_s)
{
    add(h, name);
    add(h, value);
    *any = true;
    look_for_expiry(g, c, value, wall_s);
}

void grade_who_credential(struct grade *g, struct grade_client *c, const struct grade_head *head)
{
    struct slice query = grade_query(head->target), name, value, cookies;
    struct key_hash h;
    bool any = false;
    uint64_t hash;

    key_hash_init(&h, g->config.seed);
    for (size_t i = 0; i < head->field_count; i++) {
        const struct field *f = &head->fields[i];

        if (slice_is_nocase(f->name, "Cookie")) {
            cookies = f->value;
            while (next_cookie(&cookies, &name, &value))
                add_credential(g, c, &h, &any, name, value, head->wall_s);
        } else if (secret_field_name(f->name) ||
                   (secret_field_likely(f->name) &&
                    strncasecmp((const char *)f->name.data, "Sec-", 4) != 0)) {
            add_credential(g, c, &h, &any, f->name, f->value, head->wall_s);
        }
    }
    while (grade_parameter(&query, &name, &value))
        if (secret_query_name(name))
            add_credential(g, c, &h, &any, name, value, head->wall_s);
    if (!any)
        return;
    hash = key_hash_end(&h);
    if (c->credential != 0) {
        c->credential_again = true;
        c->credential_changed = c->credential_changed || c->credential != hash;
    }
    c->credential = hash;
}

int grade_identity_parse(const char *text, struct grade_config *c, struct err *e)
{
    static const struct {
        const char *word;
        enum grade_identity identity;
        bool named;
    } rows[] = {{"cookie:", GRADE_BY_COOKIE, true},
                {"header:", GRADE_BY_HEADER, true},
                {"query:", GRADE_BY_QUERY, true},
                {"address", GRADE_BY_ADDRESS, false},
                {"all", GRADE_BY_ALL, false}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = strlen(rows[i].word);

        if (strncmp(text, rows[i].word, n) != 0 || (text[n] != '\0') != rows[i].named)
            continue;
        c->identity = rows[i].identity;
        c->name = rows[i].named ? text + n : NULL;
        return 0;
    }
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
            "an identity is cookie:NAME, header:NAME, query:NAME, address or all, not \"%.80s\"",
            text);
    return -1;
}
