#include "sink/probe/probe_prom.h"

#include <math.h>

struct prom {
    struct buf *out;
    const char *url;
    bool failed;
};

/* The value of a label: backslash, quote and newline are escaped. Other control characters and
 * what is not ASCII do not occur in a URL. */
static void put_value(struct prom *p, const char *text)
{
    for (; *text; text++) {
        char two[3] = {'\\', *text == '\n' ? 'n' : *text, '\0'};

        p->failed |=
            (*text == '\\' || *text == '"' || *text == '\n' ? buf_append(p->out, two, 2)
                                                            : buf_append(p->out, text, 1)) < 0;
    }
}

static void begin(struct prom *p, const char *name, const char *help)
{
    p->failed |= buf_printf(p->out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name) < 0;
}

/* key: another label, or NULL. */
static void sample(struct prom *p, const char *name, const char *key, const char *label,
                   double value)
{
    p->failed |= buf_printf(p->out, "%s{url=\"", name) < 0;
    put_value(p, p->url);
    if (key) {
        p->failed |= buf_printf(p->out, "\",%s=\"", key) < 0;
        put_value(p, label);
    }
    p->failed |= buf_printf(p->out, "\"} %.*f\n", value == floor(value) ? 0 : 6, value) < 0;
}

static void one(struct prom *p, const char *name, const char *help, double value)
{
    begin(p, name, help);
    sample(p, name, NULL, NULL, value);
}

static void seconds(struct prom *p, const char *name, const char *help, uint64_t us)
{
    if (us)
        one(p, name, help, (double)us / 1e6);
}

static void put_stages(struct prom *p, const struct probe_report *r)
{
    static const char name[] = "wscope_probe_stage_status";

    begin(p, name, "Worst status of a stage: 0 ok, 1 info, 2 warn, 3 fail.");
    for (int i = 0; i < PROBE_STAGE_COUNT; i++) {
        enum probe_status status;

        if (probe_stage_status(r, (enum probe_stage)i, &status))
            sample(p, name, "stage", probe_stage_name((enum probe_stage)i), (double)status);
    }
}

static void put_hops(struct prom *p, const struct probe_figures *f)
{
    static const char up[] = "wscope_probe_address_up", took[] = "wscope_probe_tcp_connect_seconds";
    bool any = false;

    if (f->hop_count > 0)
        begin(p, up, "1 if a TCP connection to the address was established.");
    for (size_t i = 0; i < f->hop_count; i++) {
        sample(p, up, "address", f->hops[i].address, f->hops[i].reached);
        any |= f->hops[i].reached;
    }
    if (any)
        begin(p, took, "Time to a TCP connection.");
    for (size_t i = 0; i < f->hop_count; i++) {
        if (f->hops[i].reached)
            sample(p, took, "address", f->hops[i].address, (double)f->hops[i].us / 1e6);
    }
}

int probe_prom(struct buf *out, const struct probe_report *r, const struct probe_verdict *verdict,
               const char *url, int64_t time_us)
{
    const struct probe_figures *f = &r->figures;
    struct prom p = {.out = out, .url = url};

    one(&p, "wscope_probe_success", "1 if no check failed.", verdict->status != PROBE_FAIL);
    one(&p, "wscope_probe_open", "1 if the WebSocket opened.", r->opened);
    one(&p, "wscope_probe_warnings", "Number of warnings.", (double)probe_count(r, PROBE_WARN));
    one(&p, "wscope_probe_failures", "Number of failures.", (double)probe_count(r, PROBE_FAIL));
    put_stages(&p, r);
    put_hops(&p, f);
    seconds(&p, "wscope_probe_dns_seconds", "Time to resolve the name.", f->dns_us);
    seconds(&p, "wscope_probe_tls_seconds", "Time of the TLS handshake.", f->tls_us);
    if (f->has_expiry)
        one(&p, "wscope_probe_certificate_expiry_timestamp_seconds",
            "When the certificate expires, since 1970.", (double)f->expires_us / 1e6);
    seconds(&p, "wscope_probe_open_seconds", "Time from the first DNS query to the 101.",
            f->open_us);
    if (f->pings) {
        one(&p, "wscope_probe_pings", "Pings that were sent.", (double)f->pings);
        one(&p, "wscope_probe_pongs", "Pings that were answered.", (double)f->pongs);
    }
    seconds(&p, "wscope_probe_ping_rtt_seconds", "Median round trip of the pings.", f->rtt_us);
    seconds(&p, "wscope_probe_tcp_rtt_seconds",
            "Shortest round trip of TCP, as measured by the kernel.", f->tcp_rtt_us);
    seconds(&p, "wscope_probe_close_seconds", "Time of the closing handshake.", f->close_us);
    if (f->slow_kept)
        one(&p, "wscope_probe_slow_kept_bytes",
            "What waited for the connection that stopped reading.", (double)f->slow_kept);
    seconds(&p, "wscope_probe_slow_cut_seconds",
            "When the connection that stopped reading was cut.", f->slow_cut_us);
    seconds(&p, "wscope_probe_duration_seconds", "How long all checks took.", f->duration_us);
    one(&p, "wscope_probe_timestamp_seconds", "When they ended, since 1970.",
        (double)time_us / 1e6);
    return p.failed ? -1 : 0;
}
