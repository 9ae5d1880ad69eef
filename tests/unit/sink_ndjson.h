/*
 * sink_ndjson: what the tests of the JSON view share: the line of an event, read back with cJSON.
 */
#ifndef TESTS_UNIT_SINK_NDJSON_H
#define TESTS_UNIT_SINK_NDJSON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "sink_capture.h"

#define ALL_JSON ((struct ndjson_config){.kinds = EVENT_ALL})

static inline struct event make(enum event_kind kind)
{
    return (struct event){.kind = kind, .conn = 2, .time_us = 1767323045678901, .at_us = 1234567};
}

/* The one line that the event gives, without its newline; free() it. */
static inline char *line_of(const struct ndjson_config *config, const struct event *ev)
{
    struct capture c;
    struct sink *sink;
    char *line;

    capture_open(&c);
    sink = ndjson_new(&c.out, config);
    assert_non_null(sink);
    capture_emit(sink, ev);
    capture_take(&c);
    assert_true(c.len > 0);
    assert_int_equal(c.text[c.len - 1], '\n');
    assert_null(memchr(c.text, '\n', c.len - 1));
    line = strndup(c.text, c.len - 1);
    sink->free(sink);
    capture_close(&c);
    return line;
}

static inline cJSON *parse(const struct ndjson_config *config, const struct event *ev)
{
    char *line = line_of(config, ev);
    cJSON *json = cJSON_Parse(line);

    assert_non_null(json);
    free(line);
    return json;
}

static inline cJSON *parse_all(const struct event *ev)
{
    const struct ndjson_config config = ALL_JSON;

    return parse(&config, ev);
}

static inline void check_text(const cJSON *json, const char *key, const char *want)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);

    assert_true(cJSON_IsString(item));
    assert_string_equal(item->valuestring, want);
}

static inline void check_number(const cJSON *json, const char *key, double want)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);

    assert_true(cJSON_IsNumber(item));
    assert_true(item->valuedouble > want - 1e-9 && item->valuedouble < want + 1e-9);
}

static inline void check_bool(const cJSON *json, const char *key, bool want)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);

    assert_true(cJSON_IsBool(item));
    assert_int_equal(cJSON_IsTrue(item), want);
}

static inline void check_null(const cJSON *json, const char *key)
{
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(json, key)));
}

static inline void check_absent(const cJSON *json, const char *key)
{
    assert_null(cJSON_GetObjectItemCaseSensitive(json, key));
}

#endif
