#include "session/typed_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/codec.h"
#include "decode/typed.h"

/* 0 or -1 with *e. */
static int read_all(FILE *file, const char *path, struct buf *content, struct err *e)
{
    char piece[65536];
    size_t n;

    while ((n = fread(piece, 1, sizeof piece, file)) > 0) {
        if (content->len + n > TYPED_FILE_MAX)
            return err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s is larger than 64 MiB", path);
        if (buf_append(content, piece, n) != 0)
            return err_nomem(e, STAGE_IO, "reading a file");
    }
    if (!ferror(file))
        return 0;
    return err_set(e, EXIT_USAGE, STAGE_USAGE, errno, "%s cannot be read: %s", path,
                   strerror(errno));
}

static int put_file(struct slice name, struct buf *out, struct err *e)
{
    char *path = strndup((const char *)name.data, name.len);
    FILE *file = path ? fopen(path, "rb") : NULL;
    struct buf content;
    int rc;

    buf_init(&content, TYPED_FILE_MAX);
    if (!path)
        rc = err_nomem(e, STAGE_IO, "reading a file");
    else if (!file)
        rc = err_set(e, EXIT_USAGE, STAGE_USAGE, errno, "%s cannot be opened: %s", path,
                     strerror(errno));
    else
        rc = read_all(file, path, &content, e);
    if (rc == 0 &&
        (buf_append_str(out, "{\"base64\":\"") != 0 ||
         base64_encode(out, buf_slice(&content)) != 0 || buf_append_str(out, "\"}") != 0))
        rc = err_nomem(e, STAGE_IO, "reading a file");
    if (file)
        fclose(file);
    buf_clear(&content);
    free(path);
    return rc;
}

static int put(struct slice text, struct buf *out, struct err *e)
{
    return text.len == 0 || buf_append_slice(out, text) == 0
               ? 0
               : err_nomem(e, STAGE_IO, "reading a line");
}

int typed_files_read(struct slice line, struct buf *out, struct err *e)
{
    struct slice rest = line, tail, before, path;
    bool json;

    if (!typed_next(&rest, &before, &json))
        return put(line, out, e);
    if (put(slice_make(line.data, line.len - rest.len), out, e) != 0)
        return -1;
    for (tail = rest; typed_file(&rest, &before, &path); tail = rest) {
        if (put(before, out, e) != 0 || put_file(path, out, e) != 0)
            return -1;
    }
    return put(tail, out, e);
}
