/* What makes a request unacceptable whatever it asks for. */
#include "proto/http1.h"

#include "base/ascii.h"
#include "base/decimal.h"
#include "proto/excerpt.h"

/* RFC 3986, section 3.2.2: a byte of a registered name, or of an address in brackets. */
static bool is_host_byte(uint8_t c)
{
    return is_letter_or_digit(c) || (c && strchr("-._~%!$&'()*+,;=", c));
}

/* RFC 9110, section 7.2: uri-host [":" port]; the host may be empty, and an IPv6 address is in
 * brackets. */
static bool is_host(struct slice text)
{
    size_t i = 0;

    if (text.len > 0 && text.data[0] == '[') {
        for (i = 1; i < text.len && (is_host_byte(text.data[i]) || text.data[i] == ':'); i++)
            ;
        if (i == 1 || i == text.len || text.data[i++] != ']')
            return false;
    } else {
        while (i < text.len && is_host_byte(text.data[i]))
            i++;
    }
    if (i < text.len && text.data[i++] != ':')
        return false;
    return decimal_span(slice_from(text, i)) == text.len - i;
}

/* RFC 9112, section 3.2. */
static int host_check(const struct http1_head *h, struct err *e)
{
    const struct slice *host = http1_field(h, "Host");
    size_t count = http1_field_count(h, "Host");
    struct excerpt x;

    if (count > 1 || (count == 0 && h->minor > 0))
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "the request has %zu Host headers, expected one (RFC 9112, section 3.2)",
                       count);
    if (host && !is_host(*host))
        return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                       "the request's Host \"%s\" is not a host and a port (RFC 9112, section 3.2)",
                       excerpt_of(&x, *host));
    return 0;
}

int http1_request_check(const struct http1_head *h, struct http1_body *b, struct err *e)
{
    struct excerpt x;

    for (size_t i = 0; i < h->field_count; i++)
        if (!http1_is_field_value(h->fields[i].value))
            return err_set(e, EXIT_UPGRADE, STAGE_HANDSHAKE, 0,
                           "the value of the request's %s holds a control character (RFC 9110, "
                           "section 5.5)",
                           excerpt_of(&x, h->fields[i].name));
    return host_check(h, e) < 0 ? -1 : http1_body_init(b, h, false, e);
}
