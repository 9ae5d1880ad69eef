#include "session/retry_policy.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/decimal.h"

#define STATUS_TIMEOUT   408
#define STATUS_TOO_EARLY 425
#define STATUS_TOO_MANY  429

void retry_policy_init(struct retry_policy *p, const struct retry_config *config)
{
    *p = (struct retry_policy){.config = *config};
    backoff_init(&p->backoff, &config->plan);
}

void retry_policy_reset(struct retry_policy *p)
{
    p->failures = 0;
    backoff_init(&p->backoff, &p->config.plan);
}

/* A peer that sends one of these will send it again. */
static bool close_is_final(uint16_t code)
{
    switch (code) {
    case 1000:
    case 1002:
    case 1003:
    case 1007:
    case 1008:
    case 1009:
    case 1010:
    case 1015:
        return true;
    default:
        return false;
    }
}

static bool status_is_final(int status)
{
    return status >= 400 && status <= 499 && status != STATUS_TIMEOUT &&
           status != STATUS_TOO_EARLY && status != STATUS_TOO_MANY;
}

/* May a failure with this code or status be retried? */
static bool code_allows(const struct retry_config *config, uint32_t code, bool final)
{
    if (ranges_contain(&config->not_on, code))
        return false;
    return !final || ranges_contain(&config->on, code);
}

static const char *lost_how(enum close_how how)
{
    switch (how) {
    case CLOSE_HOW_FIN:
        return "the stream ended (FIN)";
    case CLOSE_HOW_RST:
        return "reset (RST)";
    case CLOSE_HOW_TIMEOUT:
        return "timed out";
    case CLOSE_HOW_PING_TIMEOUT:
        return "ping timeout";
    case CLOSE_HOW_HANDSHAKE:
        return "the protocol's handshake timed out";
    case CLOSE_HOW_TLS:
        return "TLS ended";
    case CLOSE_HOW_FAULT:
        return "an injected fault";
    default:
        return "lost";
    }
}

static const char *failed_how(const struct err *e)
{
    switch (e->code) {
    case EXIT_RESOLVE:
        return "the name was not resolved";
    case EXIT_CONNECT:
        return "not connected";
    case EXIT_TIMEOUT:
        return "timed out while connecting";
    case EXIT_TLS:
        return "the TLS handshake failed";
    case EXIT_CERT:
        return "the certificate is not trusted";
    case EXIT_HANGUP:
        return "the server hung up before it answered";
    case EXIT_PROXY:
        return "the proxy refused";
    case EXIT_UPGRADE:
        return "the upgrade failed";
    default:
        return "the attempt failed";
    }
}

/* The beginning of `because`: what happened. */
static void tell_failure(const struct retry_failure *f, char *text, size_t size)
{
    if (f->close &&
        (f->close->how == CLOSE_HOW_CLOSE_FRAME || f->close->how == CLOSE_HOW_VIOLATION))
        snprintf(text, size, "close %u, %s", f->close->code, close_code_name(f->close->code));
    else if (f->close)
        snprintf(text, size, "%s", lost_how(f->close->how));
    else if (f->status && f->status != 101 && f->error->code == EXIT_UPGRADE)
        snprintf(text, size, "status %d", f->status);
    else if (f->error->errnum)
        snprintf(text, size, "%s (%s)", failed_how(f->error), strerror(f->error->errnum));
    else
        snprintf(text, size, "%s", failed_how(f->error));
}

/* Why a failure of this kind is not retried, or NULL. */
static const char *refused(const struct retry_config *config, const struct retry_failure *f)
{
    if (f->close) {
        return code_allows(config, f->close->code, close_is_final(f->close->code))
                   ? NULL
                   : "that code is not retried";
    }
    switch (f->error->code) {
    case EXIT_USAGE:
        return "it will fail again";
    case EXIT_CERT:
        return "certificate errors are not retried";
    case EXIT_UPGRADE:
    case EXIT_PROXY:
        return code_allows(config, (uint32_t)f->status, status_is_final(f->status))
                   ? NULL
                   : "that status is not retried";
    default:
        return NULL;
    }
}

static void give_up(struct retry_decision *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void give_up(struct retry_decision *d, const char *format, ...)
{
    size_t len = strlen(d->because);
    va_list args;

    d->will = false;
    d->delay_us = 0;
    if (len + 2 >= sizeof d->because)
        return;
    memcpy(d->because + len, "; ", 3);
    va_start(args, format);
    vsnprintf(d->because + len + 2, sizeof d->because - len - 2, format, args);
    va_end(args);
}

void retry_policy_decide(struct retry_policy *p, const struct retry_failure *f, uint64_t now_us,
                         double u, struct retry_decision *d)
{
    const struct retry_config *config = &p->config;
    const char *why = refused(config, f);
    uint32_t tries = config->plan.tries;

    if (f->close && f->close->uptime_us >= config->stable_after_us)
        retry_policy_reset(p);
    if (p->failures == 0)
        p->row_us = now_us;
    *d = (struct retry_decision){.will = true, .attempt = p->failures + 1};
    tell_failure(f, d->because, sizeof d->because);
    if (!config->enabled) {
        give_up(d, "-r was not given");
    } else if (why) {
        give_up(d, "%s", why);
    } else if (p->failures >= tries) {
        give_up(d, "%u %s in a row failed", tries, tries == 1 ? "retry" : "retries");
    } else if (!backoff_delay(&p->backoff, p->failures, u, &d->delay_us)) {
        give_up(d, "all %u retries in a row failed", p->failures);
    } else {
        if (f->has_retry_after && f->retry_after_us > d->delay_us)
            d->delay_us = f->retry_after_us;
        if (config->max_time_us && now_us - p->row_us + d->delay_us > config->max_time_us)
            give_up(d, "the %s s of --retry-max-time are used up",
                    decimal_millionths(config->max_time_us).text);
        else
            p->failures++;
    }
}
