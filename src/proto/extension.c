#include "proto/extension.h"

#include <stdio.h>

#include "base/ascii.h"
#include "base/decimal.h"
#include "proto/excerpt.h"
#include "proto/extension_scan.h"

#define DEFLATE     "permessage-deflate"
#define NO_COMPRESS "try --no-compress to connect without compression"

enum param_kind {
    SERVER_RESET = 1,
    CLIENT_RESET = 2,
    SERVER_BITS = 4,
    CLIENT_BITS = 8,
    LEVEL = 16
};

/* The place of the parameters determines their allowed form. */
enum param_place { PLACE_OPTION, PLACE_OFFER, PLACE_RESPONSE };

static const struct {
    const char *name;
    enum param_kind kind;
} kinds[] = {
    {"server_no_context_takeover", SERVER_RESET},
    {"client_no_context_takeover", CLIENT_RESET},
    {"server_max_window_bits", SERVER_BITS},
    {"client_max_window_bits", CLIENT_BITS},
    {"level", LEVEL},
};

void deflate_params_default(struct deflate_params *p)
{
    memset(p, 0, sizeof *p);
    p->enabled = true;
    p->client_max_window_bits_bare = true;
    p->level = -1;
}

/* RFC 7692, section 7.1.2: a decimal number from 8 to 15 without leading zeros. 0 if it is not. */
static uint8_t bits_parse(const struct extension_param *p)
{
    uint64_t bits;

    if (p->cut || p->value[0] == '0' || !decimal_read(slice_str(p->value), 15, &bits) || bits < 8)
        return 0;
    return (uint8_t)bits;
}

/* Take one parameter into *d. NULL, or what is wrong with it; *seen gathers the kinds. */
static const char *param_apply(struct deflate_params *d, const struct extension_param *p,
                               enum param_place place, unsigned *seen)
{
    unsigned kind = 0;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (slice_is(p->name, kinds[i].name))
            kind = kinds[i].kind;
    if (kind == 0 || (kind == LEVEL && place != PLACE_OPTION))
        return "is not a parameter of permessage-deflate (RFC 7692, section 7.1)";
    if (*seen & kind)
        return "repeats a parameter (RFC 7692, section 7.1)";
    *seen |= kind;

    if (kind == SERVER_RESET || kind == CLIENT_RESET) {
        if (p->has_value)
            return "has a value where none is allowed (RFC 7692, section 7.1.1)";
        *(kind == SERVER_RESET ? &d->server_no_context_takeover : &d->client_no_context_takeover) =
            true;
    } else if (kind == LEVEL) {
        if (!is_digit(p->value[0]) || p->value[1] != '\0')
            return "is not a level from 0 to 9";
        d->level = p->value[0] - '0';
    } else if (!p->has_value) {
        /* RFC 7692, section 7.1.2.2: only an offer may leave the client's number out. */
        if (kind == SERVER_BITS || place == PLACE_RESPONSE)
            return "lacks its number from 8 to 15 (RFC 7692, section 7.1.2)";
        d->client_max_window_bits_bare = true;
    } else {
        uint8_t bits = bits_parse(p);

        if (bits == 0)
            return "is not a number from 8 to 15 without leading zeros (RFC 7692, section 7.1.2)";
        *(kind == SERVER_BITS ? &d->server_max_window_bits : &d->client_max_window_bits) = bits;
    }
    return NULL;
}

int deflate_params_parse(struct deflate_params *p, const char *text, struct err *e)
{
    struct extension_scan scan = {.text = slice_str(text), .parameters = true};
    struct deflate_params parsed = {.enabled = true, .level = -1};
    struct extension_param param;
    unsigned seen = 0;
    struct excerpt x;
    int got;

    /* Nothing, or the extension's own name before the parameters, is fine: as RFC 7692 writes them.
     */
    if (text[strspn(text, " \t")] == '\0')
        goto out;
    for (bool first = true; (got = extension_scan_param(&scan, &param)) > 0; first = false) {
        const char *wrong;

        if (first && !param.has_value && slice_is(param.name, DEFLATE))
            continue;
        wrong = param_apply(&parsed, &param, PLACE_OPTION, &seen);
        if (wrong) {
            err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "\"%s\" %s", excerpt_of(&x, param.text), wrong);
            err_hint(e,
                     "the parameters are server_no_context_takeover, client_no_context_takeover, "
                     "server_max_window_bits=8..15, client_max_window_bits[=8..15], level=0..9");
            e->at = (long)(param.text.data - scan.text.data);
            return -1;
        }
    }
    if (got == 0 && scan.pos < scan.text.len) {
        got = -1;
        scan.why = "a semicolon or the end";
    }
    if (got < 0) {
        err_set(e, EXIT_USAGE, STAGE_USAGE, 0,
                "\"%s\" are not parameters of permessage-deflate: %s was expected",
                excerpt_of(&x, scan.text), scan.why);
        e->at = (long)scan.pos;
        return -1;
    }
out:
    *p = parsed;
    return 0;
}

int deflate_params_print(const struct deflate_params *p, struct buf *out)
{
    char server[40] = "", client[40] = "", text[200];
    int len;

    if (!p->enabled)
        return 0;
    if (p->server_max_window_bits)
        snprintf(server, sizeof server, "; server_max_window_bits=%u",
                 (unsigned)p->server_max_window_bits);
    if (p->client_max_window_bits)
        snprintf(client, sizeof client, "; client_max_window_bits=%u",
                 (unsigned)p->client_max_window_bits);
    else if (p->client_max_window_bits_bare)
        snprintf(client, sizeof client, "; client_max_window_bits");
    len = snprintf(text, sizeof text, DEFLATE "%s%s%s%s",
                   p->server_no_context_takeover ? "; server_no_context_takeover" : "",
                   p->client_no_context_takeover ? "; client_no_context_takeover" : "", server,
                   client);
    return buf_append(out, text, (size_t)len);
}

static int malformed(const struct extension_scan *s, struct err *e)
{
    struct excerpt x;

    return err_set(
        e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
        "Sec-WebSocket-Extensions is \"%s\", malformed at byte %zu: %s was expected (RFC "
        "6455, section 9.1)",
        excerpt_of(&x, s->text), s->pos + 1, s->why);
}

/* The parameters of the permessage-deflate that was just named. 1; 0 if they are well-formed but
 * make no sense, with *wrong and the parameter; -1 if malformed. All of them are read in any case.
 */
static int params_read(struct extension_scan *s, struct deflate_params *d, enum param_place place,
                       const char **wrong, struct extension_param *culprit)
{
    struct extension_param param;
    unsigned seen = 0;
    int got;

    memset(d, 0, sizeof *d);
    d->enabled = true;
    d->level = -1;
    *wrong = NULL;
    while ((got = extension_scan_param(s, &param)) > 0) {
        const char *reason = param_apply(d, &param, place, &seen);

        if (reason && !*wrong) {
            *wrong = reason;
            *culprit = param;
        }
    }
    return got < 0 ? -1 : *wrong ? 0 : 1;
}

/* RFC 7692, sections 5.1 and 7.1: does the response fit the offer? */
static int response_fits(const struct deflate_params *offer, const struct deflate_params *response,
                         struct err *e)
{
    char wrong[200] = "";

    if (offer->server_no_context_takeover && !response->server_no_context_takeover) {
        snprintf(wrong, sizeof wrong,
                 "leaves out the server_no_context_takeover that was asked for (RFC 7692, section "
                 "7.1.1.1)");
    } else if (offer->server_max_window_bits && !response->server_max_window_bits) {
        snprintf(wrong, sizeof wrong,
                 "leaves out the server_max_window_bits=%u that was asked for (RFC 7692, section "
                 "7.1.2.1)",
                 (unsigned)offer->server_max_window_bits);
    } else if (offer->server_max_window_bits &&
               response->server_max_window_bits > offer->server_max_window_bits) {
        snprintf(wrong, sizeof wrong,
                 "has server_max_window_bits=%u, more than the %u that were asked for (RFC 7692, "
                 "section 7.1.2.1)",
                 (unsigned)response->server_max_window_bits,
                 (unsigned)offer->server_max_window_bits);
    } else if (response->client_max_window_bits && !offer->client_max_window_bits &&
               !offer->client_max_window_bits_bare) {
        snprintf(wrong, sizeof wrong,
                 "has client_max_window_bits=%u, which was not offered (RFC 7692, section 7.1.2.2)",
                 (unsigned)response->client_max_window_bits);
    }
    if (!wrong[0])
        return 0;
    err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0, "the server's answer about permessage-deflate %s",
            wrong);
    err_hint(e, NO_COMPRESS);
    return -1;
}

static void agree(struct deflate_params *agreed, const struct deflate_params *offer,
                  const struct deflate_params *response)
{
    *agreed = *response;
    agreed->level = offer->level;
    /* RFC 7692, sections 7.1.1.2 and 7.1.2.2: what the client announced about itself applies
     * whether or not the server repeats it, and the client need not use a larger window just
     * because it may. */
    agreed->client_no_context_takeover |= offer->client_no_context_takeover;
    if (offer->client_max_window_bits &&
        (!agreed->client_max_window_bits ||
         agreed->client_max_window_bits > offer->client_max_window_bits))
        agreed->client_max_window_bits = offer->client_max_window_bits;
}

/* True if the user's own field names the extension. */
static bool is_named(struct slice offers, struct slice wanted)
{
    struct extension_scan s = {.text = offers};
    struct extension_param param;
    struct slice name;
    int got;

    while (extension_scan_next(&s, &name) > 0) {
        if (slice_equal(name, wanted))
            return true;
        while ((got = extension_scan_param(&s, &param)) > 0)
            ;
        if (got < 0)
            break;
    }
    return false;
}

static int uninvited(struct slice name, struct err *e)
{
    struct excerpt x;

    err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
            "the server chose the extension \"%s\", which was not offered (RFC 6455, section 4.1)",
            excerpt_of(&x, name));
    err_hint(
        e, slice_is(name, DEFLATE)
               ? "try --compress to offer it, or fix the server: it must not choose for itself"
               : "the server, or a proxy in front of it, must choose among the extensions offered");
    return -1;
}

/* extension_accept, with further names that count as offered. */
static int response_check(struct deflate_params *agreed, const struct deflate_params *offer,
                          struct slice also, struct slice value, struct err *e)
{
    struct extension_scan s = {.text = value};
    struct deflate_params result = {.level = offer->level}, response;
    struct extension_param param;
    struct slice name;
    struct excerpt x;
    int got;

    while ((got = extension_scan_next(&s, &name)) > 0) {
        const char *wrong;

        if (!slice_is(name, DEFLATE)) {
            if (!is_named(also, name))
                return uninvited(name, e);
            while ((got = extension_scan_param(&s, &param)) > 0)
                ;
            if (got < 0)
                break;
            continue;
        }
        if (!offer->enabled)
            return uninvited(name, e);
        if (result.enabled) {
            err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                    "the server chose permessage-deflate twice (RFC 7692, section 5)");
            err_hint(e, NO_COMPRESS);
            return -1;
        }
        got = params_read(&s, &response, PLACE_RESPONSE, &wrong, &param);
        if (got < 0)
            break;
        if (got == 0) {
            err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                    "\"%s\" in the server's Sec-WebSocket-Extensions %s",
                    excerpt_of(&x, param.text), wrong);
            err_hint(e, NO_COMPRESS);
            return -1;
        }
        if (response_fits(offer, &response, e) < 0)
            return -1;
        agree(&result, offer, &response);
    }
    if (got < 0)
        return malformed(&s, e);
    *agreed = result;
    return 0;
}

int extension_accept(struct deflate_params *agreed, const struct deflate_params *offer,
                     struct slice value, struct err *e)
{
    return response_check(agreed, offer, slice_make(NULL, 0), value, e);
}

int extension_accept_offered(struct deflate_params *agreed, struct slice offers, int level,
                             struct slice value, struct err *e)
{
    struct extension_scan s = {.text = offers};
    struct deflate_params offer = {.level = level};
    struct extension_param param;
    struct slice name;
    const char *wrong;
    bool tried = false;
    int got;

    /* The server may have taken any of several offers (RFC 7692, section 5). */
    while (extension_scan_next(&s, &name) > 0) {
        got = params_read(&s, &offer, PLACE_OFFER, &wrong, &param);
        if (got < 0)
            break;
        if (got == 0 || !slice_is(name, DEFLATE))
            continue;
        offer.level = level;
        if (response_check(agreed, &offer, offers, value, e) == 0)
            return 0;
        tried = true;
    }
    if (tried)
        return -1;
    memset(&offer, 0, sizeof offer);
    offer.level = level;
    return response_check(agreed, &offer, offers, value, e);
}

/* RFC 7692, section 7.1: the response to an offer that can be accepted. All four parameters can. */
static void answer(struct deflate_params *agreed, const struct deflate_params *offer)
{
    *agreed = *offer;
    /* "client_max_window_bits" alone only permits the server to name a number. */
    agreed->client_max_window_bits_bare = false;
}

int extension_choose(struct deflate_params *agreed, struct slice value, struct err *e)
{
    struct extension_scan s = {.text = value};
    struct deflate_params result = {.level = -1}, offer;
    struct extension_param param;
    struct slice name;
    const char *wrong;
    int got;

    while ((got = extension_scan_next(&s, &name)) > 0) {
        /* Parameters of extensions unknown here are read for their grammar alone. */
        got = params_read(&s, &offer, PLACE_OFFER, &wrong, &param);
        if (got < 0)
            break;
        if (got > 0 && slice_is(name, DEFLATE) && !result.enabled)
            answer(&result, &offer);
    }
    if (got < 0)
        return malformed(&s, e);
    *agreed = result;
    return 0;
}
