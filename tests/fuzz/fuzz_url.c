/* Any text as a URL: a failure points into the text and changes nothing; a success prints as a URL
 * that means the same. */
#include <assert.h>
#include <stdlib.h>

#include "proto/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_line(const char *text)
{
    for (; *text; text++)
        assert((unsigned char)*text > 0x20 && *text != 0x7f);
}

static void check_success(const struct url *u)
{
    char *print = url_print(u), *host = url_host_field(u);
    struct url again, copy;
    struct err e;

    assert(print && host && u->host[0] && u->target[0] == '/');
    check_line(u->target);
    check_line(print);
    check_line(host);
    assert(!strchr(print, '#'));
    if (url_parse(&again, print, &e) < 0)
        abort();
    assert(again.scheme == u->scheme && again.port == u->port && again.ipv6 == u->ipv6);
    assert(same(again.host, u->host) && same(again.zone, u->zone));
    assert(same(again.target, u->target) && same(again.socket_path, u->socket_path));
    assert(!again.user && url_is_loopback(&again) == url_is_loopback(u));
    assert(url_copy(&copy, u) == 0 && same(copy.user, u->user) && same(copy.password, u->password));
    url_clear(&again);
    url_clear(&copy);
    free(print);
    free(host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct url u = {.port = 7777};
    struct err e;

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    err_clear(&e);
    if (url_parse(&u, text, &e) < 0) {
        assert(e.code == EXIT_USAGE && e.text[0]);
        assert(e.at >= 0 && (size_t)e.at <= strlen(text));
        assert(u.port == 7777 && !u.host);
    } else {
        check_success(&u);
        url_clear(&u);
    }
    free(text);
    return 0;
}
