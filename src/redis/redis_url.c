#include "redis/redis_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/decimal.h"
#include "proto/url.h"

#define SCHEME     "redis://"
#define SCHEME_TLS "rediss://"
#define USAGE      "redis://[:PASS@|USER:PASS@]HOST[:PORT][/DB], or rediss:// for TLS"

/* What "ws" and "wss" are shorter. */
#define SHORTER 3

static int wrong(struct err *e, const char *text)
{
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s", text);
    err_hint(e, "the form is %s", USAGE);
    return -1;
}

/* Does the authority end in a port? The URL is valid as that of a WebSocket. */
static bool has_port(const char *authority)
{
    size_t len = strcspn(authority, "/?"), end = len;

    while (end > 0 && authority[end - 1] >= '0' && authority[end - 1] <= '9')
        end--;
    /* An address ends in ']', so these digits are not a part of it. */
    return end < len && end > 0 && authority[end - 1] == ':';
}

/* "/3" */
static int take_db(struct redis_url *u, const char *target, struct err *e)
{
    uint64_t db = 0;

    if (strcmp(target, "/") != 0 && !decimal_read(slice_str(target + 1), INT32_MAX, &db))
        return wrong(e, "the path in the URL of Redis is not the number of a database");
    u->db = (uint32_t)db;
    return 0;
}

static int take_credentials(struct redis_url *u, struct url *ws, struct err *e)
{
    if (ws->user && !ws->password)
        return wrong(e, "the URL of Redis has a user without a password");
    if (ws->password && ws->password[0] == '\0')
        return wrong(e, "the password in the URL of Redis is empty");
    u->password = ws->password;
    u->user = ws->user && ws->user[0] ? ws->user : NULL;
    if (u->user)
        ws->user = NULL;
    ws->password = NULL;
    return 0;
}

/* "user:pa/ss@host": what comes before the '@' is not shown. */
static int check_authority(const char *rest, long before, struct err *e)
{
    size_t len = strcspn(rest, "/?#");

    if (memchr(rest, '@', len) || !strchr(rest + len, '@'))
        return 0;
    wrong(e, "the user or the password in the URL of Redis has a '/', '?' or '#'; write them as "
             "%2F, %3F and %23");
    e->at = before + (long)len;
    return -1;
}

static int convert(struct redis_url *u, struct url *ws, const char *authority, struct err *e)
{
    const char *at = memrchr(authority, '@', strcspn(authority, "/?"));

    *u = (struct redis_url){
        .secure = ws->scheme == URL_WSS,
        .ipv6 = ws->ipv6,
        .port = has_port(at ? at + 1 : authority) ? ws->port : REDIS_PORT,
    };
    if (take_db(u, ws->target, e) < 0 || take_credentials(u, ws, e) < 0)
        return -1;
    u->host = ws->host;
    u->zone = ws->zone;
    ws->host = ws->zone = NULL;
    return 0;
}

int redis_url_parse(struct redis_url *u, const char *text, struct err *e)
{
    bool secure = strncasecmp(text, SCHEME_TLS, strlen(SCHEME_TLS)) == 0;
    const char *rest = text + strlen(secure ? SCHEME_TLS : SCHEME);
    struct redis_url made;
    struct url ws = {0};
    char *twin;
    int r;

    if (!secure && strncasecmp(text, SCHEME, strlen(SCHEME)) != 0) {
        wrong(e, "the URL of Redis does not begin with redis:// or rediss://");
        e->at = 0;
        return -1;
    }
    if (check_authority(rest, rest - text, e) < 0)
        return -1;
    /* But for scheme and path it is like the URL of a WebSocket, "ws://" at the same distance. */
    twin = malloc(strlen(text) + 1);
    if (!twin)
        return err_nomem(e, STAGE_USAGE, "reading the URL");
    snprintf(twin, strlen(text) + 1, "%s://%s", secure ? "wss" : "ws", rest);
    r = url_parse(&ws, twin, e);
    free(twin);
    if (r < 0) {
        if (e->at >= 0)
            e->at += SHORTER;
        return -1;
    }
    r = convert(&made, &ws, rest, e);
    url_clear(&ws);
    if (r == 0)
        *u = made;
    else
        redis_url_clear(&made);
    return r;
}

void redis_url_clear(struct redis_url *u)
{
    free(u->host);
    free(u->zone);
    free(u->user);
    free(u->password);
    *u = (struct redis_url){0};
}

void redis_url_name(const struct redis_url *u, char *text, size_t size)
{
    char db[16] = "";

    if (u->db > 0)
        snprintf(db, sizeof db, "/%u", (unsigned)u->db);
    snprintf(text, size, u->ipv6 ? "[%s]:%u%s" : "%s:%u%s", u->host, (unsigned)u->port, db);
}
