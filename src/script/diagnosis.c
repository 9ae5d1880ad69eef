#include "script/diagnosis.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/codec.h"
#include "base/utf8.h"
#include "sink/term_safe.h"

struct slice diagnosis_data(const struct result_seen *seen, bool *cut)
{
    struct slice data = seen->data;
    size_t i = 0;

    if (data.len > DIAGNOSIS_BYTES)
        data.len = DIAGNOSIS_BYTES;
    *cut = seen->cut || data.len < seen->data.len;
    if (!*cut || strcmp(seen->kind, "binary") == 0)
        return data;
    while (i < data.len) {
        uint32_t code;
        int len = utf8_decode(data.data + i, data.len - i, &code);

        if (len < 0 && data.len - i < 4) {
            data.len = i;
            break;
        }
        i += (size_t)(len < 0 ? -len : len);
    }
    return data;
}

/* May every character be seen as it is, between single quotes? */
static bool is_plain(struct slice bytes)
{
    size_t i = 0;

    while (i < bytes.len) {
        uint32_t code;
        int len = utf8_decode(bytes.data + i, bytes.len - i, &code);

        if (len < 0 || code < 0x20 || code == 0x7F || term_hidden(code))
            return false;
        i += (size_t)len;
    }
    return true;
}

static int single_quoted(struct buf *out, struct slice bytes)
{
    int failed = buf_append(out, "'", 1);

    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.data[i] == '\'')
            failed |= buf_append(out, "'", 1);
        failed |= buf_append(out, bytes.data + i, 1);
    }
    return failed | buf_append(out, "'", 1);
}

static int escape(struct buf *out, uint32_t code)
{
    switch (code) {
    case '\n':
        return buf_append_str(out, "\\n");
    case '\r':
        return buf_append_str(out, "\\r");
    case '\t':
        return buf_append_str(out, "\\t");
    case '"':
    case '\\':
        return buf_printf(out, "\\%c", (char)code);
    default:
        break;
    }
    if (code < 0x100)
        return buf_printf(out, "\\x%02x", (unsigned)code);
    return buf_printf(out, code < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)code);
}

static int double_quoted(struct buf *out, struct slice bytes)
{
    int failed = buf_append(out, "\"", 1);
    size_t i = 0;

    while (i < bytes.len && !failed) {
        uint32_t code;
        int len = utf8_decode(bytes.data + i, bytes.len - i, &code);

        if (len < 0) { /* a byte that is not text is shown as the character of its number */
            failed = escape(out, bytes.data[i]);
            len = 1;
        } else if (code < 0x20 || code == '"' || code == '\\' || code == 0x7F ||
                   term_hidden(code)) {
            failed = escape(out, code);
        } else {
            failed = buf_append(out, bytes.data + i, (size_t)len);
        }
        i += (size_t)len;
    }
    return failed | buf_append(out, "\"", 1);
}

int diagnosis_scalar(struct buf *out, struct slice bytes)
{
    return (is_plain(bytes) ? single_quoted : double_quoted)(out, bytes) ? -1 : 0;
}

static int line_text(struct buf *out, const char *indent, const char *key, struct slice text)
{
    return buf_printf(out, "%s%s: ", indent, key) | diagnosis_scalar(out, text) |
           buf_append(out, "\n", 1);
}

/* Nothing for an empty text. */
static int line_if(struct buf *out, const char *indent, const char *key, const char *text)
{
    return text && *text ? line_text(out, indent, key, slice_str(text)) : 0;
}

static int line_seconds(struct buf *out, const char *indent, const char *key, uint64_t us)
{
    return buf_printf(out, "%s%s: %" PRIu64 ".%03u s\n", indent, key, us / 1000000,
                      (unsigned)(us / 1000 % 1000));
}

static int line_place(struct buf *out, const char *indent, const struct result_place *place)
{
    struct buf text;
    int failed;

    buf_init(&text, 65536);
    failed = buf_printf(&text, "%s:%u", place->file, place->line);
    if (place->column)
        failed |= buf_printf(&text, ":%u", place->column);
    failed |= line_text(out, indent, "at", buf_slice(&text));
    buf_clear(&text);
    return failed;
}

static bool is_text(struct slice data)
{
    return utf8_valid(data.data, data.len);
}

static int line_hex(struct buf *out, const char *indent, struct slice data)
{
    return buf_printf(out, "%shex: '", indent) | hex_encode(out, data) | buf_append_str(out, "'\n");
}

/* One that came: its first line begins with the dash of the list. */
static int write_seen(struct buf *out, const char *indent, const char *deeper,
                      const struct result_seen *seen)
{
    bool cut;
    struct slice data = diagnosis_data(seen, &cut);
    bool message = strcmp(seen->kind, "text") == 0 || strcmp(seen->kind, "binary") == 0;
    int failed;

    failed = buf_printf(out, "%s  - at: %" PRIu64 ".%03u s\n", indent, seen->at_us / 1000000,
                        (unsigned)(seen->at_us / 1000 % 1000));
    failed |= line_if(out, deeper, "conn", seen->conn);
    failed |= buf_printf(out, "%skind: %s\n", deeper, seen->kind);
    if (seen->code)
        failed |= buf_printf(out, "%scode: %d\n", deeper, seen->code);
    if (message || cut)
        failed |= buf_printf(out, "%slength: %" PRIu64 "\n", deeper, seen->length);
    if (strcmp(seen->kind, "binary") == 0 || !is_text(data))
        failed |= data.len ? line_hex(out, deeper, data) : 0;
    else if (data.len || message)
        failed |= line_text(out, deeper, message ? "text" : "data", data);
    if (cut)
        failed |= buf_printf(out, "%sshown: the first %zu bytes\n", deeper, data.len);
    return failed | line_if(out, deeper, "because", seen->verdict);
}

static int write_came(struct buf *out, const char *indent, const char *deeper,
                      const struct result_failure *f)
{
    int failed = 0;

    if (f->seen_before)
        failed |= buf_printf(out, "%scame_before: %" PRIu64 "\n", indent, f->seen_before);
    failed |= buf_printf(out, "%scame:%s\n", indent, f->seen_count ? "" : " []");
    for (size_t i = 0; i < f->seen_count && !failed; i++)
        failed |= write_seen(out, indent, deeper, &f->seen[i]);
    return failed;
}

static int write_conn(struct buf *out, const char *indent, const char *deeper,
                      const struct result_conn *conn)
{
    int failed = buf_printf(out, "%s  - ", indent);

    if (conn->conn[0])
        failed |= line_text(out, "", "conn", slice_str(conn->conn));
    failed |= line_text(out, conn->conn[0] ? deeper : "", "url", slice_str(conn->url));
    failed |= buf_printf(out, "%sstate: %s\n", deeper,
                         conn->closed   ? "closed"
                         : conn->opened ? "open"
                                        : "not open");
    if (conn->closed) {
        failed |= line_if(out, deeper, "by", conn->by);
        failed |= line_if(out, deeper, "how", conn->how);
        failed |= buf_printf(out, "%scode: %u\n", deeper, (unsigned)conn->code);
        if (conn->reason.len)
            failed |= line_text(out, deeper, "reason", conn->reason);
    }
    failed |= buf_printf(out, "%smessages_in: %" PRIu64 "\n", deeper, conn->messages_in);
    return failed | buf_printf(out, "%smessages_out: %" PRIu64 "\n", deeper, conn->messages_out);
}

int diagnosis_write(struct buf *out, const struct result_failure *f, const char *indent)
{
    char deeper[64];
    int failed;

    snprintf(deeper, sizeof deeper, "%s    ", indent);
    failed = line_text(out, indent, "message", slice_str(f->message));
    failed |= line_place(out, indent, &f->place);
    failed |= line_if(out, indent, "line", f->source);
    failed |= line_if(out, indent, "expected", f->expected);
    if (f->waited_us)
        failed |= line_seconds(out, indent, "waited", f->waited_us);
    if (f->within_us)
        failed |= line_seconds(out, indent, "within", f->within_us);
    if (f->seen_count || f->seen_before || (f->expected && *f->expected))
        failed |= write_came(out, indent, deeper, f);
    if (f->conn_count)
        failed |= buf_printf(out, "%sconnections:\n", indent);
    for (size_t i = 0; i < f->conn_count && !failed; i++)
        failed |= write_conn(out, indent, deeper, &f->conns[i]);
    failed |= line_if(out, indent, "transcript", f->transcript);
    failed |= line_if(out, indent, "hint", f->hint);
    return failed ? -1 : 0;
}
