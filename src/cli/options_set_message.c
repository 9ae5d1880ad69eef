/* Setters of what is sent, received and shown. */
#include "cli/options_private.h"

#include "base/decimal.h"
#include "sink/write_out.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <unistd.h>

int options_set_quiet(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    (void)use;
    (void)e;
    p->o->view.level = -1;
    return 0;
}

int options_set_verbose(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    (void)use;
    (void)e;
    if (p->o->view.level < 3)
        p->o->view.level++;
    return 0;
}

int options_set_elide(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    if (!decimal_read(slice_str(use->value), UINT32_MAX, &p->o->view.elide))
        return usage_error(e, "%s takes a whole number, not \"%s\"", use->typed,
                           options_quote(use->value).text);
    return 0;
}

static uint64_t event_bit(const char *name, size_t len)
{
    for (int kind = 0; kind < EVENT_NAMED_COUNT; kind++) {
        const char *known = event_name((enum event_kind)kind);

        if (strlen(known) == len && memcmp(known, name, len) == 0)
            return EVENT_BIT(kind);
    }
    return 0;
}

static void hint_events(struct err *e)
{
    char list[256] = "";
    size_t len = 0;

    for (int kind = 0; kind < EVENT_NAMED_COUNT && len < sizeof list; kind++)
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", kind ? ", " : "",
                                event_name((enum event_kind)kind));
    err_hint(e, "the events are %s", list);
}

int options_set_events(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    uint64_t events = 0;

    for (char *at = use->value;; at++) {
        size_t len = strcspn(at, ",");
        uint64_t bit = event_bit(at, len);

        if (bit == 0) {
            at[len] = '\0';
            usage_error(e, "%s takes names of events with commas between, and \"%s\" is not one",
                        use->typed, options_quote(at).text);
            hint_events(e);
            return -1;
        }
        events |= bit;
        at += len;
        if (*at == '\0')
            break;
    }
    p->o->view.events = events;
    return 0;
}

int options_set_hex(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    (void)use;
    (void)e;
    p->o->pipe.input = INPUT_HEX;
    p->o->view.binary = BINARY_HEX;
    return 0;
}

int options_set_base64(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    (void)use;
    (void)e;
    p->o->pipe.input = INPUT_BASE64;
    p->o->view.binary = BINARY_BASE64;
    return 0;
}

int options_set_whole(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    (void)use;
    (void)e;
    p->o->pipe.input = INPUT_WHOLE;
    return 0;
}

int options_set_chunk(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    if (options_set_bytes(p, use, e) != 0)
        return -1;
    p->o->pipe.input = INPUT_CHUNKS;
    return 0;
}

int options_set_send(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    struct pipe_options *pipe = &p->o->pipe;
    const char **sends;

    if (use->value[0] == '@' && strcmp(use->value, "@-") != 0 && access(use->value + 1, R_OK) != 0)
        return err_set(e, EXIT_USAGE, STAGE_USAGE, errno, "%s: cannot read \"%s\": %s", use->typed,
                       options_quote(use->value + 1).text, strerror(errno));
    sends = options_list_room(p->o->memory, pipe->sends, pipe->send_count, sizeof *sends);
    if (!sends)
        return options_nomem(e);
    sends[pipe->send_count++] = use->value;
    pipe->sends = sends;
    return 0;
}

int options_set_one(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    (void)use;
    (void)e;
    p->o->pipe.count = 1;
    return 0;
}

int options_set_until(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    regex_t regex;
    int status = regcomp(&regex, use->value, REG_EXTENDED | REG_NOSUB);

    if (status != 0) {
        char why[128];

        regerror(status, &regex, why, sizeof why);
        return usage_error(e,
                           "%s takes a POSIX extended regular expression, and \"%s\" is none: %s",
                           use->typed, options_quote(use->value).text, why);
    }
    regfree(&regex);
    p->o->pipe.until = use->value;
    return 0;
}

/* As curl's: the format, or @FILE. */
int options_set_write_out(struct options_parsing *p, const struct option_use *use, struct err *e)
{
    const char *format = use->value;
    struct err why;

    if (format[0] == '@') {
        format = options_read_file(p, use, format + 1, e);
        if (!format)
            return -1;
    }
    if (write_out_check(format, &why) != 0) {
        usage_error(e, "%s: %s", use->typed, why.text);
        err_hint(e, "the manual lists the variables; %%%% is a percent sign");
        return -1;
    }
    p->o->view.write_out = format;
    return 0;
}
