/*
 * ip_literal: IPv4 and IPv6 addresses as written in a URL (RFC 3986, section 3.2.2).
 */
#ifndef PROTO_IP_LITERAL_H
#define PROTO_IP_LITERAL_H

#include "base/slice.h"

/* Four decimal numbers up to 255 without leading zeros. False if it is anything else; bytes are
 * then undefined. */
bool ip4_parse(struct slice text, uint8_t bytes[4]);

/* RFC 4291, section 2.2, all three forms; neither brackets nor a zone. */
bool ip6_parse(struct slice text, uint8_t bytes[16]);

#endif
