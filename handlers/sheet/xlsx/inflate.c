/* The two libraries for inflating, behind one interface. */
#include "handlers/sheet/xlsx/inflate.h"

#include "base/bytes.h"

#include <stdlib.h>

#ifdef HAVE_ISAL

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

struct inflater {
    struct inflate_state state;
};

struct inflater *inflater_new(void)
{
    struct inflater *inflater = xalloc(sizeof *inflater);

    isal_inflate_init(&inflater->state);
    return inflater;
}

enum inflate_state_now inflater_run(struct inflater *inflater, const unsigned char *in, size_t *used,
                                    unsigned char *out, size_t *made)
{
    struct inflate_state *s = &inflater->state;

    /* The library does not write to its input; its declaration only lacks the const. */
    s->next_in = (uint8_t *)(uintptr_t)in;
    s->avail_in = (uint32_t)*used;
    s->next_out = out;
    s->avail_out = (uint32_t)*made;
    int rc = isal_inflate(s);
    *used -= s->avail_in;
    *made -= s->avail_out;
    if (rc != ISAL_DECOMP_OK)
        return INFLATE_BAD;
    return s->block_state == ISAL_BLOCK_FINISH ? INFLATE_END : INFLATE_MORE;
}

uint32_t crc32_update(uint32_t crc, const unsigned char *data, size_t n)
{
    return crc32_gzip_refl(crc, data, n);
}

#else

#include <zlib.h>

struct inflater {
    z_stream state;
};

struct inflater *inflater_new(void)
{
    struct inflater *inflater = xalloc(sizeof *inflater);

    inflater->state = (z_stream){0};
    if (inflateInit2(&inflater->state, -MAX_WBITS) != Z_OK)
        no_memory();
    return inflater;
}

enum inflate_state_now inflater_run(struct inflater *inflater, const unsigned char *in, size_t *used,
                                    unsigned char *out, size_t *made)
{
    z_stream *s = &inflater->state;

    s->next_in = (unsigned char *)(uintptr_t)in;
    s->avail_in = (unsigned)*used;
    s->next_out = out;
    s->avail_out = (unsigned)*made;
    int rc = inflate(s, Z_NO_FLUSH);
    *used -= s->avail_in;
    *made -= s->avail_out;
    if (rc == Z_STREAM_END)
        return INFLATE_END;
    return rc == Z_OK || rc == Z_BUF_ERROR ? INFLATE_MORE : INFLATE_BAD;
}

uint32_t crc32_update(uint32_t crc, const unsigned char *data, size_t n)
{
    return (uint32_t)crc32(crc, data, (unsigned)n);
}

#endif

void inflater_free(struct inflater **inflater)
{
    if (!*inflater)
        return;
#ifndef HAVE_ISAL
    (void)inflateEnd(&(*inflater)->state);
#endif
    free(*inflater);
    *inflater = NULL;
}
