/*
 * options_private: shared only by the files of the options.
 *
 * Parsing goes: scan argv into uses and operands (options_scan) -> copy values and wipe secrets in
 * argv -> add the config file and --from-curl below it (options_gather) -> unsuitable options,
 * contradictions (options_check) -> operands -> each use's setter -> checks that depend on several
 * options (options_finish).
 */
#ifndef CLI_OPTIONS_PRIVATE_H
#define CLI_OPTIONS_PRIVATE_H

#include "base/buf.h"
#include "cli/options.h"
#include "cli/parsing.h"

/* Beyond this a file of headers or of a secret is taken for a mistake. */
#define OPTIONS_FILE_MAX (256 * 1024)

struct memory_block;

/* All that parsing allocates lives until options_clear, which wipes it: it holds secrets. */
struct options_memory {
    struct memory_block *blocks;
    const char *point; /* the text in which e->at is an offset, or NULL */
    bool point_url;    /* it is a URL: userinfo and query have secrets to mask */
};

void options_memory_free(struct options_memory *m);

/* options_quote without a cut; NULL: memory. */
char *options_shown(struct options_memory *m, const char *text);

/* The row of an option spelled "--hex" or "-4"; NULL: unknown. */
const struct option_row *options_row(const struct verbs *verbs, const char *spelling);

/* The row of that name for this subcommand: its own if that fits and `row` does not, else row. */
const struct option_row *options_row_of(const struct verb *verb, const struct option_row *row);

/* The flag that "no-NAME" turns off; NULL: there is none that the config file could turn on. */
const struct option_row *options_row_off(const struct verbs *verbs, const char *name, size_t len);

/* One more use, zeroed but for its row and layer; it moves as others are added. NULL with *e. */
struct option_use *options_add_use(struct options_parsing *p, const struct option_row *row,
                                   enum option_layer layer, struct err *e);

/* Split argv (options_parse.c). Sets o->verb. */
int options_scan(struct options_parsing *p, int argc, char **argv, struct err *e);

/* Layers (options_layers.c). */

/* Put the options of the config file and --from-curl before the uses of the command line. */
int options_gather(struct options_parsing *p, struct err *e);
/* Forget every use of an option. */
void options_forget(struct options_parsing *p, const struct option_row *row);
/* Forget the flags that a later use turns off, and those uses with them. */
void options_forget_off(struct options_parsing *p);
/* An option of this layer sets the header `name` by itself: those that weaker layers have set with
 * -H no longer count. */
void options_outrank_header(struct options_parsing *p, enum option_layer layer, const char *name);

/* The lines of the config file (config_load.c): those that always apply and those of the profile
 * (NULL: none) become uses. Sets o->advice. */
int config_load(struct options_parsing *p, const struct option_use *profile, struct err *e);

/* Options that do not belong to the subcommand, or contradict each other (options_check.c). Of
 * weaker layers they are forgotten. */
int options_check(struct options_parsing *p, struct err *e);
/* What --as and the options that belong to it need of each other (options_set_above.c). */
int options_check_above(const struct options_parsing *p, struct err *e);

/* What a user of another program meant by an option that is not one here, spelled "-c" or "--auth",
 * as a hint; or NULL (options_advice.c). Static. */
const char *options_advice(const char *spelling);
/* The nearest long name to a misspelt one, or NULL (options_suggest.c). Static. */
const char *options_nearest(const struct verbs *verbs, const char *name, size_t len);

/* Secrets (options_secret.c). */

/* True and from where on, if an option's value holds a secret and not the place of one. */
bool options_value_secret(const struct option_row *row, const char *value, size_t *start);
/* Overwrite in argv the secret part of an option's value, if it has one. */
void options_wipe_value(const struct option_row *row, char *value);
/* Overwrite the userinfo of a URL, and the values of secret parameters in its query. */
void options_wipe_url(char *text);
/* True and where, if the text has userinfo. A text that is not a valid URL is treated with
 * suspicion: its password may contain the very '/', '?' or '#' that is the error. */
bool options_userinfo(const char *text, size_t *start, size_t *len);
/* A whole file with a NUL after it, at most OPTIONS_FILE_MAX bytes; NULL with *e, whose errnum is
 * the reason why it could not be read. NUL bytes inside are refused. `who` begins the message. path
 * NULL: stdin (options_file.c). */
char *options_load(struct options_memory *m, const char *path, const char *who, struct err *e);
/* The same for an option, to which "-" is not a file. */
char *options_read_file(struct options_parsing *p, const struct option_use *use, const char *path,
                        struct err *e);

/* Setters. At row->field (options_set.c): */
option_set_fn options_set_stamps, options_set_tls_version;
/* Show, send, receive (options_set_message.c): */
option_set_fn options_set_quiet, options_set_verbose, options_set_events, options_set_hex,
    options_set_base64, options_set_whole, options_set_chunk, options_set_send, options_set_one,
    options_set_until, options_set_write_out, options_set_elide;
option_set_fn options_set_every;
/* Handshake and network (options_set_handshake.c, options_set_network.c): */
option_set_fn options_set_header, options_set_subprotocol, options_set_field_value, options_set_as,
    options_set_eol, options_set_json, options_set_credentials, options_set_cookie,
    options_set_user, options_set_bearer, options_set_compress, options_set_no_compress;
option_set_fn options_set_cert, options_set_key, options_set_pass, options_set_pin,
    options_set_resolve, options_set_ipv4, options_set_ipv6;
option_set_fn options_set_seq, options_set_resume_query,
    options_set_catchup;                           /* options_set_account.c */
option_set_fn options_set_fault, options_set_seed; /* .._set_fault.c */
option_set_fn options_set_method, options_set_data, options_set_fallback; /* options_set_http.c */
option_set_fn options_set_proxy, options_set_noproxy, options_set_connect_to; /* .._set_route.c */
option_set_fn options_set_reconnect, options_set_retries, options_set_factor, options_set_jitter,
    options_set_codes, options_set_queue; /* .._set_retry.c */

/* Which of the row's values ("a|b|c") was given: 0 ..., or -1 with *e listing them. */
int options_word_index(const struct option_use *use, struct err *e);

/* The URL of --poll or --sse becomes the operand. */
int options_http_operand(struct options_parsing *p, struct err *e);

/* "USER[:PASS]", its name name_len bytes long, becomes the Authorization. */
int options_basic(struct options_parsing *p, const char *user, size_t name_len, struct err *e);

/* What follows from several options and the URL (options_finish.c). */
/* The options of a connection as they were given: what a run passes on to each of its connections,
 * and what a recorded script must contain. Call it before their setters, which split values
 * (options_run.c). */
int options_keep_connection(struct options_parsing *p, struct err *e);
int options_finish(struct options_parsing *p, struct err *e);
int options_finish_retry(struct options_parsing *p, struct err *e); /* .._set_retry.c */

#endif
