#include "proto/http1_guess.h"

#define OTHER_PORT "check the host and the port: another service is listening there"

struct sign {
    const char *prefix;
    size_t len;
    struct http1_guess guess;
};

static const struct sign from_servers[] = {
    {"\x15\x03", 2, {"a TLS alert: this port speaks TLS", "try wss:// in place of ws://"}},
    {"\x16\x03",
     2,
     {"a TLS handshake record: this port speaks TLS", "try wss:// in place of ws://"}},
    {"SSH-", 4, {"the banner of an SSH server", OTHER_PORT}},
    {"220 ", 4, {"the greeting of an SMTP or FTP server", OTHER_PORT}},
    {"220-", 4, {"the greeting of an SMTP or FTP server", OTHER_PORT}},
    {"+OK", 3, {"the greeting of a POP3 server", OTHER_PORT}},
    {"* OK", 4, {"the greeting of an IMAP server", OTHER_PORT}},
    {"-ERR", 4, {"an error of a Redis server", OTHER_PORT}},
    {"-DENIED", 7, {"an error of a Redis server", OTHER_PORT}},
    {"RFB ", 4, {"the greeting of a VNC server", OTHER_PORT}},
    {"AMQP", 4, {"the greeting of an AMQP server", OTHER_PORT}},
    {"INFO {", 6, {"the greeting of a NATS server", OTHER_PORT}},
    {"ICY ", 4, {"the answer of a Shoutcast server", OTHER_PORT}},
    {"RTSP/", 5, {"the answer of an RTSP server", OTHER_PORT}},
    {"HTTP/2", 6, {"HTTP/2, where the upgrade of RFC 6455 needs HTTP/1.1", ""}},
    {"HTTP/3", 6, {"HTTP/3, where the upgrade of RFC 6455 needs HTTP/1.1", ""}},
    {"HTTP/0", 6, {"a version of HTTP before 1.0", ""}},
    {"<", 1, {"a document without an HTTP head", "a gateway may have cut the head off"}},
    {"{", 1, {"JSON without an HTTP head", "a plain TCP service may be listening there"}},
    {"\x81", 1, {"a WebSocket frame without a handshake before it", ""}},
    {"\x82", 1, {"a WebSocket frame without a handshake before it", ""}},
    {"\x88", 1, {"a WebSocket Close frame without a handshake before it", ""}},
};

static const struct sign from_clients[] = {
    {"\x16\x03",
     2,
     {"a TLS ClientHello: this port speaks plain HTTP", "connect with ws:// in place of wss://"}},
    {"SSH-", 4, {"the banner of an SSH client", OTHER_PORT}},
    {"\x04\x01", 2, {"a SOCKS4 request: this is not a proxy", ""}},
    {"\x05\x01", 2, {"a SOCKS5 greeting: this is not a proxy", ""}},
    {"\x05\x02", 2, {"a SOCKS5 greeting: this is not a proxy", ""}},
    {"\x81", 1, {"a WebSocket frame without a handshake before it", ""}},
    {"\x82", 1, {"a WebSocket frame without a handshake before it", ""}},
};

/* RFC 9113, section 4.1: 24 bits of length, type, flags, stream. */
static const struct http1_guess *guess_http2(const uint8_t *bytes, size_t n)
{
    static const struct http1_guess settings = {
        "what looks like HTTP/2 (a SETTINGS frame)",
        "the server talks HTTP/2 at once: ask for HTTP/1.1 (ALPN http/1.1), or use another port"};
    static const struct http1_guess goaway = {
        "what looks like HTTP/2 (a GOAWAY frame)",
        "the server talks HTTP/2 at once: ask for HTTP/1.1 (ALPN http/1.1), or use another port"};
    static const uint8_t stream0[4] = {0};

    if (n < 9 || bytes[0] != 0 || memcmp(bytes + 5, stream0, 4) != 0)
        return NULL;
    if (bytes[3] == 4 && bytes[4] <= 1 && (bytes[1] << 8 | bytes[2]) % 6 == 0)
        return &settings;
    if (bytes[3] == 7 && (bytes[1] << 8 | bytes[2]) >= 8)
        return &goaway;
    return NULL;
}

/* The greeting of a MySQL server: 24 bits of length (little-endian), packet 0, protocol 10. */
static const struct http1_guess *guess_mysql(const uint8_t *bytes, size_t n)
{
    static const struct http1_guess mysql = {"the greeting of a MySQL server", OTHER_PORT};

    return n >= 5 && bytes[1] == 0 && bytes[2] == 0 && bytes[3] == 0 && bytes[4] == 10 ? &mysql
                                                                                       : NULL;
}

const struct http1_guess *http1_guess(enum http1_kind kind, const uint8_t *bytes, size_t n)
{
    const struct sign *signs = kind == HTTP1_RESPONSE ? from_servers : from_clients;
    size_t count = kind == HTTP1_RESPONSE ? sizeof from_servers / sizeof from_servers[0]
                                          : sizeof from_clients / sizeof from_clients[0];
    const struct http1_guess *guess;

    for (size_t i = 0; i < count; i++)
        if (n >= signs[i].len && memcmp(bytes, signs[i].prefix, signs[i].len) == 0)
            return &signs[i].guess;
    guess = guess_http2(bytes, n);
    return guess ? guess : guess_mysql(bytes, n);
}
