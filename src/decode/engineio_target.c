/*
 * engineio_target: the path and query that Engine.IO and Socket.IO servers listen at.
 */
#include "decode/decoders.h"
#include "decode/engineio.h"

static bool has_parameter(struct slice query, const char *name)
{
    size_t n = strlen(name);

    while (query.len > 0) {
        const uint8_t *end = memchr(query.data, '&', query.len);
        size_t len = end ? (size_t)(end - query.data) : query.len;

        if (len > n && memcmp(query.data, name, n) == 0 && query.data[n] == '=')
            return true;
        len += end != NULL;
        query = slice_from(query, len);
    }
    return false;
}

/* The path with a slash at its end, as the client libraries make it. */
static int put_path(const char *path, struct buf *out)
{
    size_t n = strlen(path);

    if (buf_append(out, path, n) != 0)
        return -1;
    return path[n - 1] == '/' ? 0 : buf_append(out, "/", 1);
}

static int put_parameter(struct slice query, const char *name, const char *value, bool *any,
                         struct buf *out)
{
    if (has_parameter(query, name))
        return 0;
    if (buf_printf(out, "%s%s=%s", *any ? "&" : "", name, value) != 0)
        return -1;
    *any = true;
    return 0;
}

int engineio_target(const struct decode_spec *spec, const struct decoder *names, const char *path,
                    const char *eio, struct slice target, struct buf *out)
{
    const uint8_t *mark = target.len ? memchr(target.data, '?', target.len) : NULL;
    size_t n = mark ? (size_t)(mark - target.data) : target.len;
    struct slice query =
        mark ? slice_make(mark + 1, target.len - n - 1) : slice_make(target.data, 0);
    const char *named = decode_spec_key(spec, names, "path", 0);
    const char *transport =
        strcmp(decode_transport(spec), "websocket") == 0 ? "websocket" : "polling";
    bool no_path = n == 0 || (n == 1 && target.data[0] == '/'), any = query.len > 0;

    if (!no_path && has_parameter(query, "EIO") && has_parameter(query, "transport"))
        return 0;
    if ((no_path ? put_path(named ? named : path, out) : buf_append(out, target.data, n)) != 0 ||
        buf_append(out, "?", 1) != 0 || (any && buf_append_slice(out, query) != 0) ||
        put_parameter(query, "EIO", eio, &any, out) != 0 ||
        put_parameter(query, "transport", transport, &any, out) != 0)
        return -1;
    return 1;
}

const char *decode_transport(const struct decode_spec *spec)
{
    for (unsigned i = 0; i < spec->count; i++) {
        const struct decoder *d = spec->decoders[i];
        const char *transport = decode_spec_key(spec, d, "transport", 0);

        if (d == &decoder_socketio || d == &decoder_engineio)
            return transport ? transport : "upgrade";
    }
    return NULL;
}

int engineio_check(const struct decode_key *key, struct err *e)
{
    static const char *const transports[] = {"upgrade", "websocket", "polling"};

    if (strcmp(key->name, "path") == 0 && key->value[0] != '/')
        return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "--as %s: the path '%s' must begin with '/'",
                       key->decoder->name, key->value);
    if (strcmp(key->name, "transport") != 0)
        return 0;
    for (size_t i = 0; i < sizeof transports / sizeof *transports; i++) {
        if (strcmp(key->value, transports[i]) == 0)
            return 0;
    }
    return err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                   "--as %s: the transport is upgrade, websocket or polling, not '%s'",
                   key->decoder->name, key->value);
}
