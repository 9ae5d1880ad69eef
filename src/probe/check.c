#include "probe/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/plural.h"

const char *probe_stage_name(enum probe_stage stage)
{
    static const char *const names[PROBE_STAGE_COUNT] = {
        [PROBE_DNS] = "dns",
        [PROBE_TCP] = "tcp",
        [PROBE_TLS] = "tls",
        [PROBE_PATH] = "path",
        [PROBE_AUTH] = "auth",
        [PROBE_ORIGIN] = "origin",
        [PROBE_SUBPROTOCOL] = "subprotocol",
        [PROBE_EXTENSIONS] = "extensions",
        [PROBE_BROWSER] = "browser",
        [PROBE_PING] = "ping",
        [PROBE_CLOSE] = "close",
        [PROBE_SIZES] = "sizes",
        [PROBE_IDLE] = "idle",
        [PROBE_LIFETIME] = "lifetime",
        [PROBE_SLOW] = "slow",
    };

    return names[stage];
}

const char *probe_status_name(enum probe_status status)
{
    static const char *const names[] = {"ok", "info", "warn", "fail"};

    return names[status];
}

static struct probe_check *add(struct probe_report *r, enum probe_stage stage,
                               enum probe_status status, enum exit_code code, const char *format,
                               va_list args)
{
    struct probe_check *check = &r->checks[r->count < PROBE_CHECKS_MAX ? r->count++ : r->count - 1];

    *check = (struct probe_check){.stage = stage, .status = status, .code = code};
    vsnprintf(check->message, sizeof check->message, format, args);
    return check;
}

struct probe_check *probe_add(struct probe_report *r, enum probe_stage stage,
                              enum probe_status status, const char *format, ...)
{
    struct probe_check *check;
    va_list args;

    va_start(args, format);
    check = add(r, stage, status, EXIT_OK, format, args);
    va_end(args);
    return check;
}

struct probe_check *probe_add_fail(struct probe_report *r, enum probe_stage stage,
                                   enum exit_code code, const char *format, ...)
{
    struct probe_check *check;
    va_list args;

    va_start(args, format);
    check = add(r, stage, PROBE_FAIL, code == EXIT_OK ? EXIT_OTHER : code, format, args);
    va_end(args);
    return check;
}

void probe_advise(struct probe_check *check, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(check->advice, sizeof check->advice, format, args);
    va_end(args);
}

void probe_evidence(struct probe_check *check, const char *format, ...)
{
    size_t len = strlen(check->evidence);
    va_list args;

    if (len > 0 && len + 2 < sizeof check->evidence)
        check->evidence[len++] = '\n';
    va_start(args, format);
    vsnprintf(check->evidence + len, sizeof check->evidence - len, format, args);
    va_end(args);
}

bool probe_stage_status(const struct probe_report *r, enum probe_stage stage,
                        enum probe_status *status)
{
    bool any = false;

    for (size_t i = 0; i < r->count; i++) {
        const struct probe_check *check = &r->checks[i];

        if (check->stage != stage)
            continue;
        if (!any || check->status > *status)
            *status = check->status;
        any = true;
    }
    return any;
}

size_t probe_count(const struct probe_report *r, enum probe_status status)
{
    size_t n = 0;

    for (size_t i = 0; i < r->count; i++)
        n += r->checks[i].status == status;
    return n;
}

static const struct probe_check *first_of(const struct probe_report *r, enum probe_status status)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->checks[i].status == status)
            return &r->checks[i];
    }
    return NULL;
}

/* ", and 2 more findings" */
static void count_others(char *text, size_t size, size_t others)
{
    text[0] = '\0';
    if (others > 0)
        snprintf(text, size, " (and %zu more finding%s)", others, plural(others));
}

void probe_conclude(struct probe_verdict *v, const struct probe_report *r, const char *url,
                    const char *cut)
{
    const struct probe_check *fail = first_of(r, PROBE_FAIL), *warn = first_of(r, PROBE_WARN);
    const struct probe_check *worst = fail ? fail : warn;
    size_t findings = probe_count(r, PROBE_FAIL) + probe_count(r, PROBE_WARN);
    char others[48];

    count_others(others, sizeof others, findings > 0 ? findings - 1 : 0);
    v->status = worst ? worst->status : PROBE_OK;
    v->code = fail ? fail->code : EXIT_OK;
    if (worst)
        snprintf(v->text, sizeof v->text, "%s%s%s: %s: %s%s", cut ? cut : "", cut ? "; " : "",
                 fail && (!r->opened || fail->stage < PROBE_PATH) ? "the WebSocket does not open"
                 : fail ? "the WebSocket opens, but has a fault"
                        : "the WebSocket works, with a warning",
                 probe_stage_name(worst->stage), worst->message, others);
    else if (cut)
        snprintf(v->text, sizeof v->text, "%s; no fault had been found by then", cut);
    else
        snprintf(v->text, sizeof v->text, "nothing is wrong between here and the application at %s",
                 url);
}
