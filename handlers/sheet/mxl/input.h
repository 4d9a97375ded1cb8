/* Bytes of an .mxl file, read in blocks with pread().
 *
 * Inline readers use the cursor directly: bytes [p, end) are loaded, and mxl_in_more() loads the next block when p ==
 * end. The first failure is kept in *err and everything after it fails too: callers only pass -1 on. */
#ifndef PF_SHEET_MXL_INPUT_H
#define PF_SHEET_MXL_INPUT_H

#include "handlers/sheet/grid/reader.h"

#define MXL_BLOCK ((size_t)128 * 1024)

struct mxl_in {
    const unsigned char *p;   /* next byte */
    const unsigned char *end; /* behind the last loaded byte */
    unsigned char *block;
    struct sheet_input file;
    uint64_t loaded; /* offset in the document of `end` */
    struct sheet_error *err;
    bool failed;
};

void mxl_in_init(struct mxl_in *in, const struct sheet_input *file, struct sheet_error *err);
void mxl_in_fini(struct mxl_in *in);

/* Returns room for the largest text allowed. Few documents touch more than a page of it: mapped memory costs nothing
 * until it is written to, and is given back as a whole. Aborts if there is no memory. */
char *mxl_room_new(size_t n);
void mxl_room_free(char **room, size_t n);

/* Continues at a byte of the document. */
void mxl_in_seek(struct mxl_in *in, uint64_t offset);

/* Loads the next block. Returns false at the end of the document and after a failure (see mxl_in_truncated()). */
bool mxl_in_more(struct mxl_in *in);

/* Copies or skips exactly n bytes. Returns 0, or -1 with "mxl-truncated" or "io". */
int mxl_in_copy(struct mxl_in *in, void *to, size_t n);
int mxl_in_skip(struct mxl_in *in, uint64_t n);

/* Records a failure at the current byte or at a given one; the first failure is kept. Returns -1. Adds what to do for
 * "mxl-malformed" and "mxl-limit". */
int mxl_fail(struct mxl_in *in, const char *cls, const char *text);
int mxl_fail_at(struct mxl_in *in, uint64_t offset, const char *cls, const char *text);
int mxl_in_truncated(struct mxl_in *in);

static inline uint64_t mxl_in_offset(const struct mxl_in *in)
{
    return in->loaded - (uint64_t)(in->end - in->p);
}

static inline uint64_t mxl_in_left(const struct mxl_in *in)
{
    return in->file.length - mxl_in_offset(in);
}

/* Returns the next byte without taking it; -1 at the end and after a failure. */
static inline int mxl_in_peek(struct mxl_in *in)
{
    if (in->p == in->end && !mxl_in_more(in))
        return -1;
    return *in->p;
}

#endif
