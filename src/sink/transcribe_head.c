#include "sink/transcribe_head.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "sink/redact.h"
#include "sink/transcribe_line.h"

static int left_out(struct buf *out, struct slice what, const char *where)
{
    if (!transcribe_line_holds(what) || memchr(what.data, '\n', what.len))
        what = slice_str("something");
    return buf_printf(out, "# left out: %.*s%s\n", (int)what.len, (const char *)what.data, where);
}

/* --- URLs ---------------------------------------------------------------------------------------
 */

struct hiding {
    struct buf *remarks;
    const char *where;
};

static int hide(void *ctx, struct buf *out, struct slice name, size_t n)
{
    const struct hiding *h = ctx;

    (void)out;
    (void)n;
    return left_out(h->remarks, name.len ? name : slice_str("user and password"), h->where);
}

/* "HEAD TEXT", and before it what of the URL is left out. */
static int url_line(struct buf *out, const char *head, struct slice url, const char *where)
{
    struct hiding h = {out, where};
    struct buf shown;
    int status;

    buf_init(&shown, SIZE_MAX);
    status = redact_hide(&shown, url, hide, &h);
    if (status == 0 && transcribe_line_holds(buf_slice(&shown)))
        status = transcribe_line(out, head, shown.len ? buf_slice(&shown) : slice_str(""), "");
    else if (status == 0)
        status = left_out(out, slice_str(head), where);
    buf_clear(&shown);
    return status;
}

int transcribe_connect(struct buf *out, const char *url)
{
    if (!*url)
        return transcribe_line(out, "connect", (struct slice){NULL, 0}, "");
    return url_line(out, "connect", slice_str(url), " (of the URL)");
}

/* --- options ------------------------------------------------------------------------------------
 */

/* Options whose value is a secret, and what they become. */
static const struct {
    const char *name, *what;
} secrets[] = {
    {"user", "Authorization"}, {"bearer", "Authorization"},      {"cookie", "Cookie"},
    {"pass", "pass phrase"},   {"header-cmd", "header command"},
};

/* An option that only names the place of a secret does not contain it. */
static bool points_elsewhere(struct slice value)
{
    return slice_begins(value, "@") || (slice_begins(value, "env:") && value.len > 4);
}

static bool holds_url(struct slice value)
{
    return value.len > 0 && memmem(value.data, value.len, "//", 2) != NULL;
}

static int header_line(struct buf *out, struct slice value)
{
    const uint8_t *colon = value.len ? memchr(value.data, ':', value.len) : NULL;
    struct slice name = slice_make(value.data, colon ? (size_t)(colon - value.data) : value.len);

    if (value.len > 0 && value.data[0] == '@')
        return transcribe_line(out, "option header", value, "");
    if (secret_field_likely(name) && name.len + 1 < value.len)
        return left_out(out, name, "");
    if (!transcribe_line_holds(value))
        return left_out(out, name, "");
    return transcribe_line(out, "header", value, "");
}

/* A query without its '?': as a URL has it, and back. */
static int query_line(struct buf *out, const char *head, struct slice value)
{
    struct hiding h = {out, " (of --resume-query)"};
    struct buf query, shown;
    int status;

    buf_init(&query, SIZE_MAX);
    buf_init(&shown, SIZE_MAX);
    status = buf_append(&query, "?", 1) | buf_append_slice(&query, value);
    if (status == 0)
        status = redact_hide(&shown, buf_slice(&query), hide, &h);
    if (status == 0 && transcribe_line_holds(buf_slice(&shown)))
        status = transcribe_line(out, head, slice_make(buf_data(&shown) + 1, shown.len - 1), "");
    buf_clear(&query);
    buf_clear(&shown);
    return status ? -1 : 0;
}

static int option_line(struct buf *out, const char *option)
{
    const char *equals = strchr(option, '=');
    struct slice name, value = {NULL, 0};
    struct buf head;
    char where[80];
    int status;

    if (strncmp(option, "--", 2) != 0) /* a letter: -4 */
        return buf_printf(out, "option %s\n", option + 1);
    name = slice_make(option + 2, equals ? (size_t)(equals - option) - 2 : strlen(option) - 2);
    if (equals)
        value = slice_str(equals + 1);
    if (slice_is(name, "header"))
        return header_line(out, value);
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        if (slice_is(name, secrets[i].name) && !points_elsewhere(value))
            return left_out(out, slice_str(secrets[i].what), "");
    }
    snprintf(where, sizeof where, " (of --%.*s)", (int)(name.len < 60 ? name.len : 60),
             (const char *)name.data);
    buf_init(&head, 4096);
    status = buf_printf(&head, "option %.*s", (int)name.len, (const char *)name.data) < 0 ||
             buf_append(&head, "", 1) < 0;
    if (status)
        status = -1;
    else if (slice_is(name, "resume-query"))
        status = query_line(out, (const char *)buf_data(&head), value);
    else if (holds_url(value))
        status = url_line(out, (const char *)buf_data(&head), value, where);
    else if (!transcribe_line_holds(value))
        status = left_out(out, name, "");
    else
        status = transcribe_line(out, (const char *)buf_data(&head), value, "");
    buf_clear(&head);
    return status;
}

int transcribe_head(struct buf *out, const char *url, const char *const *options, size_t count,
                    int64_t time_us)
{
    time_t seconds = (time_t)(time_us / 1000000);
    char day[32] = "";
    struct tm local;
    int failed;

    if (localtime_r(&seconds, &local))
        strftime(day, sizeof day, " on %Y-%m-%d", &local);
    failed = buf_printf(out,
                        "# A session recorded by wscope%s.\n"
                        "#\n"
                        "# It expects what was received then. Edit what changes from run to run:\n"
                        "#     expect text /REGEX/\n"
                        "#     expect json /pointer == VALUE\n\n",
                        day);
    failed |= url_line(out, "url", slice_str(url), " (of the URL)");
    for (size_t i = 0; i < count && !failed; i++)
        failed |= option_line(out, options[i]);
    return failed | buf_append_str(out, "\ntest the recorded session\n") ? -1 : 0;
}
