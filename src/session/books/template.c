#include "session/books/template.h"

#include "base/ascii.h"

static int put_json(struct buf *out, struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.data[i];
        int bad;

        if (c == '"' || c == '\\')
            bad = buf_printf(out, "\\%c", c);
        else if (c < 0x20)
            bad = buf_printf(out, "\\u%04x", c);
        else
            bad = buf_append(out, &c, 1);
        if (bad)
            return -1;
    }
    return 0;
}

static bool is_unreserved(uint8_t c)
{
    return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static int put_percent(struct buf *out, struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.data[i];

        if (is_unreserved(c) ? buf_append(out, &c, 1) : buf_printf(out, "%%%02X", c))
            return -1;
    }
    return 0;
}

/* The value whose name begins the text, or NULL; *len: the length of the name. */
static const struct slice *value_at(const char *text, const struct template_values *values,
                                    size_t *len)
{
    const struct {
        const char *name;
        const struct slice *value;
    } known[] = {{"{last}", &values->last}, {"{epoch}", &values->epoch}, {"{id}", &values->id}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        *len = strlen(known[i].name);
        if (strncmp(text, known[i].name, *len) == 0)
            return known[i].value;
    }
    return NULL;
}

int template_fill(struct buf *out, const char *text, enum template_form form,
                  const struct template_values *values)
{
    bool json = text[0] == '{' || text[0] == '[';

    while (*text) {
        size_t plain = strcspn(text + 1, "{") + 1;
        size_t len = 0;
        const struct slice *value = value_at(text, values, &len);
        int bad;

        if (!value) {
            bad = buf_append(out, text, plain);
            len = plain;
        } else if (form == TEMPLATE_URL) {
            bad = put_percent(out, *value);
        } else if (json) {
            bad = put_json(out, *value);
        } else {
            bad = buf_append_slice(out, *value);
        }
        if (bad)
            return -1;
        text += len;
    }
    return 0;
}
