/*
 * limits: known limits of proxies, load balancers and services. A measured value is only reported
 * to match one of them.
 */
#include <stdio.h>
#include <string.h>

#include "probe/timers.h"

#define SECOND UINT64_C(1000000)

static const struct {
    enum probe_limit kind;
    unsigned seconds;
    const char *name;
    const char *source;
} limits[] = {
    {LIMIT_IDLE, 60, "nginx's proxy_read_timeout (default 60 s)",
     "nginx.org, ngx_http_proxy_module"},
    {LIMIT_IDLE, 30, "the OpenShift router's client timeout (30 s)",
     "github.com/alebedev87/haproxy-timeout-tunnel"},
    {LIMIT_IDLE, 60, "an AWS load balancer (default 60 s)",
     "AWS, Elastic Load Balancing: connection idle timeout"},
    {LIMIT_IDLE, 100, "Cloudflare (100 s)", "public reports"},
    {LIMIT_LIFETIME, 30, "a Google Cloud HTTP(S) load balancer (default 30 s)",
     "github.com/kubernetes/ingress-gce, examples/websocket"},
    {LIMIT_LIFETIME, 300, "Cloud Run's request timeout (default 5 min)",
     "Google Cloud, Cloud Run: using WebSockets"},
    {LIMIT_LIFETIME, 3600, "Cloud Run's longest request timeout, or OpenAI's Realtime API (60 min)",
     "Google Cloud, Cloud Run: using WebSockets; github.com/pipecat-ai/pipecat, issue 3170"},
};

/* Half a second, or one part in fifty. */
static bool is_near(uint64_t us, uint64_t limit_us)
{
    uint64_t apart = us > limit_us ? us - limit_us : limit_us - us;

    return apart <= SECOND / 2 || apart <= limit_us / 50;
}

void probe_matches(char *text, size_t size, enum probe_limit kind, uint64_t us)
{
    bool any = false;

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        size_t len = strlen(text);

        if (limits[i].kind != kind || !is_near(us, limits[i].seconds * SECOND))
            continue;
        snprintf(text + len, size - len, "%s%s", any ? ", " : "; matches ", limits[i].name);
        any = true;
    }
}

void probe_cite(struct probe_check *check, enum probe_limit kind, uint64_t us)
{
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (limits[i].kind == kind && is_near(us, limits[i].seconds * SECOND))
            probe_evidence(check, "known limit: %s; source: %s", limits[i].name, limits[i].source);
    }
}
