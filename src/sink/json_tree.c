#include "sink/json_tree.h"

#include "base/json_write.h"
#include "base/utf8.h"

void tree_init(struct json_tree *t)
{
    t->root = cJSON_CreateObject();
    t->failed = !t->root;
}

void tree_clear(struct json_tree *t)
{
    cJSON_Delete(t->root);
    t->root = NULL;
}

int tree_print(const struct json_tree *t, struct buf *out)
{
    char *text = t->failed ? NULL : cJSON_PrintUnformatted(t->root);
    int failed = text ? buf_append_str(out, text) : -1;

    cJSON_free(text);
    return failed < 0 ? -1 : 0;
}

int tree_end(struct json_tree *t, struct buf *out)
{
    int failed = tree_print(t, out);

    tree_clear(t);
    return failed;
}

/* item is owned by `to` from now on, or freed. Returns it, or NULL. */
static cJSON *add(struct json_tree *t, cJSON *to, const char *key, cJSON *item)
{
    bool added = item && to && !t->failed &&
                 (key ? cJSON_AddItemToObjectCS(to, key, item) : cJSON_AddItemToArray(to, item));

    if (added)
        return item;
    cJSON_Delete(item);
    t->failed = true;
    return NULL;
}

cJSON *tree_object(struct json_tree *t, cJSON *to, const char *key)
{
    return add(t, to, key, cJSON_CreateObject());
}

cJSON *tree_array(struct json_tree *t, cJSON *to, const char *key)
{
    return add(t, to, key, cJSON_CreateArray());
}

void tree_string(struct json_tree *t, cJSON *to, const char *key, const char *text)
{
    add(t, to, key, text ? cJSON_CreateString(text) : cJSON_CreateNull());
}

void tree_bool(struct json_tree *t, cJSON *to, const char *key, bool truth)
{
    add(t, to, key, cJSON_CreateBool(truth));
}

void tree_null(struct json_tree *t, cJSON *to, const char *key)
{
    add(t, to, key, cJSON_CreateNull());
}

/* A value that json_write formats. */
struct raw {
    struct json_write w;
    struct buf text;
};

static struct json_write *raw_begin(struct raw *raw)
{
    buf_init(&raw->text, SIZE_MAX);
    json_write_init(&raw->w, &raw->text);
    return &raw->w;
}

static void raw_add(struct json_tree *t, cJSON *to, const char *key, struct raw *raw)
{
    cJSON *item = NULL;

    if (!raw->w.failed && buf_append(&raw->text, "", 1) == 0)
        item = cJSON_CreateRaw((const char *)buf_data(&raw->text));
    add(t, to, key, item);
    buf_clear(&raw->text);
}

void tree_latin1(struct json_tree *t, cJSON *to, const char *key, struct slice bytes)
{
    struct raw raw;

    json_latin1(raw_begin(&raw), NULL, bytes);
    raw_add(t, to, key, &raw);
}

void tree_base64(struct json_tree *t, cJSON *to, const char *key, struct slice bytes)
{
    struct raw raw;

    json_base64(raw_begin(&raw), NULL, bytes);
    raw_add(t, to, key, &raw);
}

void tree_payload(struct json_tree *t, cJSON *to, const char *key, struct slice bytes)
{
    if (utf8_valid(bytes.data, bytes.len))
        tree_latin1(t, to, key, bytes);
    else
        tree_base64(t, to, "base64", bytes);
}

void tree_u64(struct json_tree *t, cJSON *to, const char *key, uint64_t number)
{
    struct raw raw;

    if (number <= INT32_MAX) {
        add(t, to, key, cJSON_CreateNumber((double)number));
        return;
    }
    json_u64(raw_begin(&raw), NULL, number);
    raw_add(t, to, key, &raw);
}

void tree_i64(struct json_tree *t, cJSON *to, const char *key, int64_t number)
{
    struct raw raw;

    if (number >= 0) {
        tree_u64(t, to, key, (uint64_t)number);
        return;
    }
    json_i64(raw_begin(&raw), NULL, number);
    raw_add(t, to, key, &raw);
}

void tree_double(struct json_tree *t, cJSON *to, const char *key, double number, int digits)
{
    struct raw raw;

    json_double(raw_begin(&raw), NULL, number, digits);
    raw_add(t, to, key, &raw);
}

void tree_ms(struct json_tree *t, cJSON *to, const char *key, uint64_t microseconds)
{
    struct raw raw;

    json_ms(raw_begin(&raw), NULL, microseconds);
    raw_add(t, to, key, &raw);
}

void tree_ms_known(struct json_tree *t, cJSON *to, const char *key, int64_t microseconds)
{
    if (microseconds < 0)
        tree_null(t, to, key);
    else
        tree_ms(t, to, key, (uint64_t)microseconds);
}

void tree_seconds(struct json_tree *t, cJSON *to, const char *key, uint64_t microseconds)
{
    struct raw raw;

    json_seconds(raw_begin(&raw), NULL, microseconds);
    raw_add(t, to, key, &raw);
}

void tree_time(struct json_tree *t, cJSON *to, const char *key, int64_t microseconds)
{
    struct raw raw;

    json_time(raw_begin(&raw), NULL, microseconds);
    raw_add(t, to, key, &raw);
}
