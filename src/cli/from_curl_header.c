#include "cli/from_curl.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    enum curl_header becomes;
} headers[] = {
    /* RFC 6455, section 4.1: the client's handshake sets these itself. */
    {"Upgrade", CURL_HEADER_DROP},
    {"Connection", CURL_HEADER_DROP},
    {"Sec-WebSocket-Key", CURL_HEADER_DROP},
    {"Sec-WebSocket-Version", CURL_HEADER_DROP},
    {"Sec-WebSocket-Extensions", CURL_HEADER_DROP},
    {"Sec-WebSocket-Accept", CURL_HEADER_DROP},
    /* RFC 9110, section 7.6.1, and RFC 9112: they concern one connection, not the request. */
    {"Proxy-Connection", CURL_HEADER_DROP},
    {"Keep-Alive", CURL_HEADER_DROP},
    {"TE", CURL_HEADER_DROP},
    {"Trailer", CURL_HEADER_DROP},
    {"Transfer-Encoding", CURL_HEADER_DROP},
    {"HTTP2-Settings", CURL_HEADER_DROP},
    /* Of a body, or of how one may be sent back: a refusal is to be read as it comes. */
    {"Accept-Encoding", CURL_HEADER_DROP},
    {"Content-Length", CURL_HEADER_DROP},
    {"Expect", CURL_HEADER_DROP},

    {"Host", CURL_HEADER_HOST},
    {"Sec-WebSocket-Protocol", CURL_HEADER_SUBPROTOCOLS},
    {"Origin", CURL_HEADER_ORIGIN},
    {"User-Agent", CURL_HEADER_USER_AGENT},
    {"Cookie", CURL_HEADER_COOKIE},
};

enum curl_header from_curl_header(const char *name, size_t len)
{
    if (len == 0 || name[0] == ':')
        return CURL_HEADER_DROP; /* the pseudo-headers of HTTP/2, which some browsers copy */
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        if (strlen(headers[i].name) == len && strncasecmp(headers[i].name, name, len) == 0)
            return headers[i].becomes;
    }
    return CURL_HEADER_KEEP;
}
