#include "net/reason.h"

#include <uv.h>

const char *reason_text(int errnum, char buf[REASON_SIZE])
{
    return uv_strerror_r(uv_translate_sys_error(errnum), buf, REASON_SIZE);
}
