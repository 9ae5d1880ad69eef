/* What faults do to connections, and when their clients noticed. */
#include <stdio.h>
#include <string.h>

#include "grade/grade_private.h"

void grade_double(struct grade_client *c, uint64_t now_us)
{
    if (c->double_from_us != 0) {
        c->double_us += now_us - c->double_from_us;
        c->double_from_us = 0;
    }
    if (c->healthy >= 2)
        c->double_from_us = now_us ? now_us : 1;
}

void grade_fault_given_up(struct grade *g, struct grade_client *c, uint64_t at_us)
{
    for (size_t i = 0; i < c->fault_count; i++) {
        const struct grade_fault *f = &c->faults[i];
        struct grade_conn *conn = at_us >= f->at_us ? grade_conn_find(g, f->conn) : NULL;

        if (!conn || conn->client != c || conn->state != GRADE_CONN_OPEN || conn->given_up ||
            (f->over_us != GRADE_UNKNOWN && at_us - f->at_us > (uint64_t)f->over_us))
            continue;
        conn->given_up = true;
        if (!conn->faulted) {
            conn->faulted = true;
            c->healthy--;
        }
    }
    grade_double(c, at_us);
}

void grade_fault_taken_up(struct grade_conn *conn, uint64_t now_us)
{
    conn->given_up = false;
    if (!conn->faulted || conn->state != GRADE_CONN_OPEN)
        return;
    conn->faulted = false;
    conn->client->healthy++;
    grade_double(conn->client, now_us);
}

bool grade_fault_ended(struct grade_conn *conn, uint64_t now_us)
{
    struct grade_client *c = conn->client;
    bool found = false;

    for (size_t i = 0; i < c->fault_count; i++) {
        struct grade_fault *f = &c->faults[i];

        if (f->conn != conn->id || f->noticed_us != GRADE_UNKNOWN || f->over_us == GRADE_UNKNOWN ||
            now_us - f->at_us > 2 * (uint64_t)f->over_us + 1000000)
            continue;
        f->noticed_us = (int64_t)(now_us - f->at_us);
        found = true;
    }
    if (found && !conn->faulted) {
        conn->faulted = true;
        c->healthy--;
    }
    return found;
}

static void strike(struct grade *g, struct grade_conn *conn, uint64_t now_us, const char *kind)
{
    struct grade_client *c = conn->client;
    struct grade_fault *f;

    if (conn->state != GRADE_CONN_OPEN)
        return;
    conn->silenced =
        conn->silenced || strncmp(kind, "blackhole", 9) == 0 || strncmp(kind, "offline", 7) == 0;
    if (!conn->faulted) {
        conn->faulted = true;
        c->healthy--;
        grade_double(c, now_us);
    }
    f = grade_more(g, (void **)&c->faults, &c->fault_count, &c->fault_room, sizeof *f,
                   GRADE_FAULTS_MAX);
    if (!f)
        return;
    snprintf(f->kind, sizeof f->kind, "%s", kind);
    f->at_us = now_us;
    f->noticed_us = f->over_us = GRADE_UNKNOWN;
    f->conn = conn->id;
}

void grade_fault(struct grade *g, uint64_t now_us, uint64_t id, const char *kind)
{
    struct grade_conn *conn = id == GRADE_ALL ? NULL : grade_conn_find(g, id);

    if (conn)
        strike(g, conn, now_us, kind);
    for (size_t i = 0; id == GRADE_ALL && i < GRADE_BUCKETS; i++)
        for (conn = g->buckets[i]; conn; conn = conn->next)
            strike(g, conn, now_us, kind);
}

static void relieve(struct grade_conn *conn, uint64_t now_us)
{
    struct grade_client *c = conn->client;

    if (conn->state != GRADE_CONN_OPEN || !conn->faulted)
        return;
    conn->silenced = false;
    if (!conn->given_up) {
        conn->faulted = false;
        c->healthy++;
        grade_double(c, now_us);
    }
    for (size_t i = 0; i < c->fault_count; i++) {
        struct grade_fault *f = &c->faults[i];

        if (f->conn == conn->id && f->noticed_us == GRADE_UNKNOWN && f->over_us == GRADE_UNKNOWN)
            f->over_us = (int64_t)(now_us - f->at_us);
    }
}

void grade_fault_over(struct grade *g, uint64_t now_us, uint64_t id)
{
    struct grade_conn *conn = id == GRADE_ALL ? NULL : grade_conn_find(g, id);

    if (conn)
        relieve(conn, now_us);
    for (size_t i = 0; id == GRADE_ALL && i < GRADE_BUCKETS; i++)
        for (conn = g->buckets[i]; conn; conn = conn->next)
            relieve(conn, now_us);
}
