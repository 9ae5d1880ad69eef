#include "probe/way.h"

#include <stdio.h>
#include <string.h>

#include "base/plural.h"

static double ms(uint64_t us)
{
    return (double)us / 1000;
}

/* "192.0.2.1, 2001:db8::1" */
static void list_hops(char *text, size_t size, const struct probe_way *way)
{
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < way->hop_count && len < size; i++)
        len +=
            (size_t)snprintf(text + len, size - len, "%s%s", i ? ", " : "", way->hops[i].address);
    if (way->left_out && len < size)
        snprintf(text + len, size - len, " and %zu more", way->left_out);
}

void probe_judge_dns(struct probe_report *r, const struct probe_way *way)
{
    size_t count = way->hop_count + way->left_out;
    struct probe_check *check;
    char list[360];

    if (way->dns_error.code != EXIT_OK) {
        check = probe_add_fail(r, PROBE_DNS, way->dns_error.code, "%s", way->dns_error.text);
        probe_advise(check, "%s", way->dns_error.hint);
        return;
    }
    if (way->proxy) {
        probe_add(r, PROBE_DNS, PROBE_INFO,
                  "not checked: connections are made through the proxy %s", way->proxy);
        return;
    }
    if (!way->named)
        return;
    r->figures.dns_us = way->dns_us;
    list_hops(list, sizeof list, way);
    probe_add(r, PROBE_DNS, PROBE_OK, "%s has %zu address%s (%.1f ms): %s", way->host, count,
              count == 1 ? "" : "es", ms(way->dns_us), list);
}

static void keep_figures(struct probe_report *r, const struct probe_way *way)
{
    r->figures.hop_count = way->hop_count;
    for (size_t i = 0; i < way->hop_count; i++) {
        snprintf(r->figures.hops[i].address, PROBE_ADDRESS, "%s", way->hops[i].address);
        r->figures.hops[i].reached = way->hops[i].error.code == EXIT_OK;
        r->figures.hops[i].us = way->hops[i].us;
    }
}

/* "192.0.2.1 in 12.3 ms, ..." of those that were reached. */
static void list_reached(char *text, size_t size, const struct probe_way *way)
{
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < way->hop_count && len < size; i++) {
        if (way->hops[i].error.code == EXIT_OK)
            len += (size_t)snprintf(text + len, size - len, "%s%s in %.1f ms", len ? ", " : "",
                                    way->hops[i].address, ms(way->hops[i].us));
    }
}

static void warn_dead(struct probe_report *r, const struct probe_way *way)
{
    for (size_t i = 0; i < way->hop_count; i++) {
        const struct probe_hop *hop = &way->hops[i];
        struct probe_check *check;

        if (hop->error.code == EXIT_OK)
            continue;
        check = probe_add(r, PROBE_TCP, PROBE_WARN,
                          "one of %zu addresses does not answer: %s (clients try it first, or get "
                          "it by chance)",
                          way->hop_count, hop->error.text);
        probe_advise(check,
                     "start the server at %s, let it listen there (IPv4 and IPv6 are separate), or "
                     "take the address out of DNS",
                     hop->address);
    }
}

bool probe_judge_tcp(struct probe_report *r, const struct probe_way *way)
{
    const struct probe_hop *dead = NULL;
    size_t reached = 0;
    char list[360];

    keep_figures(r, way);
    for (size_t i = 0; i < way->hop_count; i++) {
        if (way->hops[i].error.code == EXIT_OK)
            reached++;
        else
            dead = &way->hops[i];
    }
    if (reached == 0 && dead) {
        struct probe_check *check =
            probe_add_fail(r, PROBE_TCP, dead->error.code, "%s", dead->error.text);

        probe_advise(check, "%s",
                     dead->error.hint[0] ? dead->error.hint
                     : dead->error.code == EXIT_TIMEOUT
                         ? "a firewall that drops packets, a VPN that is down, or the wrong "
                           "address; --connect-timeout sets how long to wait"
                         : "is the server running, and is the port right?");
        for (size_t i = 0; i + 1 < way->hop_count; i++)
            probe_evidence(check, "%s", way->hops[i].error.text);
        return false;
    }
    list_reached(list, sizeof list, way);
    probe_add(r, PROBE_TCP, PROBE_OK, "connected%s%s to %s",
              way->proxy ? " through the proxy " : "", way->proxy ? way->proxy : "", list);
    warn_dead(r, way);
    return reached > 0;
}

/* --- TLS ----------------------------------------------------------------------------------------
 */

#define DAY_US INT64_C(86400000000)

/* The chain that was sent does not lead to anything trusted. */
static bool chain_is_cut(const struct probe_tls *tls)
{
    return tls->error.code == EXIT_CERT && tls->certs > 0 && !tls->chain_complete &&
           strstr(tls->error.text, "is signed by");
}

static void fail_tls(struct probe_report *r, const struct probe_tls *tls)
{
    struct probe_check *check =
        probe_add_fail(r, PROBE_TLS, tls->error.code, "%s", tls->error.text);

    probe_advise(check, "%s", tls->error.hint);
    if (chain_is_cut(tls))
        probe_advise(check,
                     "the server sends %u certificate%s, and the next one is missing: \"%s\"; "
                     "append it to the server's certificate file (after the server's own), or, if "
                     "it is a private authority, trust it with --cacert FILE",
                     tls->certs, plural((uint64_t)tls->certs), tls->chain_end);
    if (tls->subject[0])
        probe_evidence(check, "certificate: %s, issuer: %s", tls->subject, tls->issuer);
    if (tls->certs)
        probe_evidence(check, "certificates sent: %u; issuer of the last: %s", tls->certs,
                       tls->chain_end);
}

static void judge_expiry(struct probe_report *r, const struct probe_tls *tls)
{
    int64_t left = tls->expires_us - tls->now_us;
    struct probe_check *check;

    if (!tls->has_expiry)
        return;
    r->figures.has_expiry = true;
    r->figures.expires_us = tls->expires_us;
    if (left >= PROBE_DAYS_LEAST * DAY_US || tls->error.code != EXIT_OK)
        return;
    if (left < 0)
        check = probe_add(r, PROBE_TLS, PROBE_WARN,
                          "the certificate expired %lld days ago (accepted with -k)",
                          (long long)(-left / DAY_US));
    else
        check = probe_add(r, PROBE_TLS, PROBE_WARN, "the certificate is valid for only %lld day%s",
                          (long long)(left / DAY_US), plural((uint64_t)(left / DAY_US)));
    probe_advise(check,
                 "renew it now, and find out why it was not renewed automatically (certbot renew "
                 "--dry-run)");
}

/* What the server selects when it may choose h2: what a browser's page loads offer. */
static const char *alpn_remark(const struct probe_tls *tls)
{
    if (tls->look_error.code != EXIT_OK)
        return "; offered h2 as well, it fails";
    if (strcmp(tls->look_alpn, "h2") == 0)
        return "; offered h2 as well, it chooses h2";
    return tls->look_alpn[0] ? "; offered h2 as well, it chooses http/1.1"
                             : "; it does not use ALPN";
}

bool probe_judge_tls(struct probe_report *r, const struct probe_tls *tls)
{
    struct probe_check *check;
    char left[64] = "";

    judge_expiry(r, tls);
    if (tls->error.code != EXIT_OK) {
        fail_tls(r, tls);
        return false;
    }
    r->figures.tls_us = tls->us;
    if (tls->has_expiry && tls->expires_us > tls->now_us)
        snprintf(left, sizeof left, ", certificate valid for %lld days",
                 (long long)((tls->expires_us - tls->now_us) / DAY_US));
    check = probe_add(r, PROBE_TLS, tls->insecure ? PROBE_INFO : PROBE_OK,
                      "%s in %.1f ms%s%s; ALPN %s%s", tls->version, ms(tls->us), left,
                      tls->insecure ? ", NOT verified (-k)" : "", tls->alpn[0] ? tls->alpn : "none",
                      alpn_remark(tls));
    probe_evidence(check, "certificate: %s, issuer: %s", tls->subject, tls->issuer);
    probe_evidence(check, "%s; certificates sent: %u", tls->cipher, tls->certs);
    if (tls->look_error.code != EXIT_OK)
        probe_evidence(check, "with h2 and http/1.1 offered: %s", tls->look_error.text);
    return true;
}
