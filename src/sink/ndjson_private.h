/*
 * ndjson_private: what the files of the JSON view share.
 */
#ifndef SINK_NDJSON_PRIVATE_H
#define SINK_NDJSON_PRIVATE_H

#include "base/json_write.h"
#include "sink/view.h"

struct ndjson {
    struct sink sink;
    struct out *out;
    struct ndjson_config config;
    struct buf line;
    struct buf scratch; /* redacted values; on a terminal the line with its escapes */
};

/* Sentences and names that may quote what a peer sent: the line stays valid whatever they hold.
 * NULL: null. */
void ndjson_words(struct json_write *w, const char *key, const char *text);

/* Write the members of an event of one kind. */
typedef void ndjson_fields_fn(struct ndjson *n, struct json_write *w, const struct event *ev);

/* ndjson_opening.c */
ndjson_fields_fn ndjson_resolve, ndjson_connect, ndjson_proxy, ndjson_tls, ndjson_request,
    ndjson_response, ndjson_open;
/* ndjson_summary.c: the last line */
ndjson_fields_fn ndjson_summary;

#endif
