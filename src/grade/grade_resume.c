#include "base/json_scan.h"
#include "base/secret.h"
#include "grade/grade_private.h"
#include "session/books/label.h"

/* --- names --------------------------------------------------------------------------------------
 */

/* The names that clients give to the place from which they want to go on. */
static bool names_a_point(struct slice name)
{
    static const char *const parts[] = {"last", "since", "offset", "resume", "cursor", "after"};
    static const char *const whole[] = {"from", "seq", "start", "begin", "recover", "position"};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (slice_contains_nocase(name, parts[i]))
            return true;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (slice_is_nocase(name, whole[i]))
            return true;
    return false;
}

/* Fields of HTTP's own contain such words too ("If-Modified-Since"). */
static bool field_names_a_point(struct slice name)
{
    return slice_is_nocase(name, "Last-Event-ID") || slice_contains_nocase(name, "offset") ||
           slice_contains_nocase(name, "resume") || slice_contains_nocase(name, "cursor") ||
           (slice_contains_nocase(name, "last") && slice_contains_nocase(name, "id"));
}

/* --- values -------------------------------------------------------------------------------------
 */

/* The place itself, or the number after it, for servers whose requests name the first message that
 * is wanted. */
static bool is_right(const char *should_be, struct slice value)
{
    uint64_t wanted, asked;

    if (slice_is(value, should_be))
        return true;
    return label_number(slice_str(should_be), &wanted) && label_number(value, &asked) &&
           asked > 0 && asked - 1 == wanted;
}

static bool is_offset(const struct grade_client *c, struct slice value)
{
    return c->offset_then[0] != '\0' && slice_is(value, c->offset_then);
}

/* Short numbers are equal by accident. */
#define TELLING 4

/* A value that a client sends: a point if its name says so, or if it can only be the right one. */
static void consider(struct grade_conn *conn, struct slice name, struct slice value, bool named)
{
    const char *should_be = conn->client->should_be;
    bool right =
        is_offset(conn->client, value) ||
        (should_be[0] != '\0' &&
         (named ? is_right(should_be, value) : value.len >= TELLING && slice_is(value, should_be)));

    if (value.len == 0 || value.len >= GRADE_POINT_MAX || secret_query_name(name) ||
        (!named && !right) || (conn->asked[0] != '\0' && !(named && right)))
        return;
    memcpy(conn->asked, value.data, value.len);
    conn->asked[value.len] = '\0';
}

void grade_resume_request(struct grade_conn *conn, const struct grade_head *head)
{
    struct slice query = grade_query(head->target), name, value;

    while (grade_parameter(&query, &name, &value))
        consider(conn, name, value, names_a_point(name));
    for (size_t i = 0; i < head->field_count; i++)
        if (field_names_a_point(head->fields[i].name))
            consider(conn, head->fields[i].name, head->fields[i].value, true);
}

/* Socket.IO puts digits, and a namespace, before the JSON. */
struct slice grade_json_part(struct slice s)
{
    struct slice whole = s;
    const uint8_t *comma;

    while (s.len > 0 && s.data[0] >= '0' && s.data[0] <= '9')
        s = slice_from(s, 1);
    if (s.len > 0 && s.len < whole.len && s.data[0] == '/' &&
        (comma = memchr(s.data, ',', s.len)) != NULL)
        s = slice_make(comma + 1, s.len - (size_t)(comma + 1 - s.data));
    return s.len > 0 && (s.data[0] == '{' || s.data[0] == '[') ? s : whole;
}

void grade_resume_message(struct grade_conn *conn, struct slice data)
{
    struct slice token, key = slice_make(NULL, 0);
    struct json_scan scan;
    enum json_token kind;

    json_scan_init(&scan, grade_json_part(data));
    while ((kind = json_scan_next(&scan, &token)) > JSON_END) {
        if (kind == JSON_KEY || kind == JSON_STRING)
            token = slice_inner(token);
        if (kind == JSON_KEY)
            key = token;
        else if (kind == JSON_STRING || kind == JSON_NUMBER)
            consider(conn, key, token, names_a_point(key));
        if (kind != JSON_KEY && kind != JSON_COLON)
            key = slice_make(NULL, 0);
    }
}

/* Where connection state recovery is enabled, the server of Socket.IO ends the arguments of each
 * event with an offset, a string, from which the client asks to go on. */
void grade_resume_delivered(struct grade_client *c, struct slice data)
{
    struct slice token, last = slice_make(NULL, 0), list = grade_json_part(data);
    struct json_scan scan;
    enum json_token kind;

    if (data.len < 6 || memcmp(data.data, "42", 2) != 0 || list.data[0] != '[' ||
        memcmp(slice_end(data) - 2, "\"]", 2) != 0)
        return;
    json_scan_init(&scan, list);
    while ((kind = json_scan_next(&scan, &token)) > JSON_END) {
        if (kind == JSON_STRING)
            last = slice_inner(token);
    }
    if (kind != JSON_END || last.len == 0 || last.len >= GRADE_POINT_MAX)
        return;
    memcpy(c->offset, last.data, last.len);
    c->offset[last.len] = '\0';
}

/* The verdict on a reopened connection, once: with its request, or with its first messages. */
void grade_resume_judge(struct grade_conn *conn)
{
    struct grade_client *c = conn->client;

    if (!conn->reopened || conn->asked[0] == '\0')
        return;
    memcpy(c->resumed_from, conn->asked, sizeof c->resumed_from);
    if (is_offset(c, slice_str(conn->asked)))
        memcpy(c->should_be, c->offset_then, sizeof c->should_be);
    if (c->should_be[0] == '\0')
        return;
    conn->resumed_right = is_right(c->should_be, slice_str(conn->asked));
    conn->resumed_wrong = !conn->resumed_right;
}
