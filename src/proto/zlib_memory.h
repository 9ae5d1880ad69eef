/* zlib_memory: zlib's memory through malloc of this program, so that its failures can be tried. */
#ifndef PROTO_ZLIB_MEMORY_H
#define PROTO_ZLIB_MEMORY_H

#include <zlib.h>

/* Before inflateInit2 or deflateInit2. */
void zlib_memory(z_stream *z);

#endif
