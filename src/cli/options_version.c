#include "cli/options_private.h"

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <cjson/cJSON.h>
#include <openssl/crypto.h>
#include <uv.h>
#include <zlib.h>

int options_version(struct buf *out)
{
    return buf_printf(out, "wscope %s\n%s\nlibuv %s\nzlib %s\ncJSON %s\n", PACKAGE_VERSION,
                      OpenSSL_version(OPENSSL_VERSION), uv_version_string(), zlibVersion(),
                      cJSON_Version());
}
