/* Input of the .mxl reader in blocks. Memory stays constant, and the kernel's read-ahead gets whole pages. With a
 * mapping, a file that is shortened meanwhile would cause SIGBUS. */
#include "handlers/sheet/mxl/input.h"

#include "base/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void mxl_in_init(struct mxl_in *in, const struct sheet_input *file, struct sheet_error *err)
{
    *in = (struct mxl_in){.file = *file, .err = err};
    in->block = xalloc(MXL_BLOCK);
    mxl_in_seek(in, 0);
}

void mxl_in_fini(struct mxl_in *in)
{
    free(in->block);
    in->block = NULL;
}

char *mxl_room_new(size_t n)
{
    void *room = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (room == MAP_FAILED)
        no_memory();
    return room;
}

void mxl_room_free(char **room, size_t n)
{
    munmap(*room, n);
    *room = NULL;
}

void mxl_in_seek(struct mxl_in *in, uint64_t offset)
{
    in->loaded = offset;
    in->p = in->end = in->block;
}

bool mxl_in_more(struct mxl_in *in)
{
    if (in->failed || in->loaded >= in->file.length)
        return false;
    uint64_t left = in->file.length - in->loaded;
    size_t want = left < MXL_BLOCK ? (size_t)left : MXL_BLOCK;
    ssize_t got;
    do
        got = pread(in->file.fd, in->block, want, (off_t)(in->file.offset + in->loaded));
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        mxl_fail(in, "io", "The uploaded file cannot be read back. Send it again.");
        return false;
    }
    if (got == 0) {
        mxl_in_truncated(in);
        return false;
    }
    in->p = in->block;
    in->end = in->block + got;
    in->loaded += (uint64_t)got;
    return true;
}

int mxl_in_copy(struct mxl_in *in, void *to, size_t n)
{
    unsigned char *at = to;

    while (n > 0) {
        if (in->p == in->end && !mxl_in_more(in))
            return mxl_in_truncated(in);
        size_t part = (size_t)(in->end - in->p) < n ? (size_t)(in->end - in->p) : n;
        memcpy(at, in->p, part);
        in->p += part;
        at += part;
        n -= part;
    }
    return 0;
}

int mxl_in_skip(struct mxl_in *in, uint64_t n)
{
    if (n > mxl_in_left(in))
        return mxl_in_truncated(in);
    if (n <= (uint64_t)(in->end - in->p))
        in->p += n;
    else
        mxl_in_seek(in, mxl_in_offset(in) + n);
    return 0;
}

/* The advice is the same for all kinds of damage, and for all limits. */
static const char *advice(const char *cls)
{
    if (strcmp(cls, "mxl-malformed") == 0)
        return " Save the report again in 1C and send that.";
    return strcmp(cls, "mxl-limit") == 0 ? " Split the report into parts, or save it as .xlsx." : "";
}

int mxl_fail_at(struct mxl_in *in, uint64_t offset, const char *cls, const char *text)
{
    if (!in->failed) {
        in->failed = true;
        sheet_refuse(in->err, cls, "%s%s", text, advice(cls));
        in->err->offset = offset;
    }
    in->p = in->end; /* inline readers stop at once */
    return -1;
}

int mxl_fail(struct mxl_in *in, const char *cls, const char *text)
{
    return mxl_fail_at(in, mxl_in_offset(in), cls, text);
}

int mxl_in_truncated(struct mxl_in *in)
{
    return mxl_fail(
        in, "mxl-truncated",
        "The .mxl file ends in the middle: it was cut off or is still being written. Save or upload it again.");
}
