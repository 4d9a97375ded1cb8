/* A ZIP archive, read through its central directory only, from a part of a file, with pread().
 *
 *   - The directory is read once into a table that is sorted by folded name. Sizes, names and offsets are checked
 *     against the file before anything is inflated.
 *   - A part is read as a stream of bytes. Its size, ratio and CRC-32 are checked at its end: everything is provisional
 *     until zip_part_read() has returned 0.
 *   - Names of entries never reach the file system. */
#ifndef PF_SHEET_XLSX_ZIP_H
#define PF_SHEET_XLSX_ZIP_H

#include "handlers/sheet/grid/reader.h"

#include <sys/types.h>

enum { ZIP_STORED = 0, ZIP_DEFLATED = 8 };
enum { ZIP_FLAG_ENCRYPTED = 1 };

struct zip_entry {
    const char *key; /* folded name: ASCII lower case, '/' for '\', no leading '/'; terminated */
    uint64_t offset; /* of the local header */
    uint64_t limit;  /* where the next entry or the directory begins: the data of this one must end before */
    uint64_t packed; /* bytes in the file */
    uint64_t size;   /* bytes inflated, as the directory says */
    uint32_t crc;
    uint16_t method;
    uint16_t flags;
};

struct zip {
    const struct sheet_input *input;
    const struct sheet_limits *limits;
    struct zip_entry *entries; /* sorted by key */
    uint32_t n_entries;
    char *keys;
    uint64_t inflated; /* of all parts read so far, for limits->max_inflated */
};

/* Reads and checks the directory. Returns 0, or -1 with *err and nothing held. `input` and `limits` are borrowed. */
int zip_open(struct zip *zip, const struct sheet_input *input, const struct sheet_limits *limits,
             struct sheet_error *err);
void zip_close(struct zip *zip);

/* Folds a name in place (see struct zip_entry). Returns the new length. */
size_t zip_fold(char *name, size_t n);
/* Returns the entry with a folded name, or NULL. */
const struct zip_entry *zip_find(const struct zip *zip, const char *key);

struct zip_part;

/* Begins to read an entry. `counted` false leaves it out of the sum of inflated bytes (for a scan of a part that is
 * read again). Returns NULL with *err. */
struct zip_part *zip_part_open(struct zip *zip, const struct zip_entry *entry, bool counted, struct sheet_error *err);
/* Reads the next bytes, as many as fit. Returns their number, 0 at the end (size and CRC are right), -1 with *err. */
ssize_t zip_part_read(struct zip_part *part, unsigned char *buf, size_t size, struct sheet_error *err);
/* Called after a fault in the content of a part (*err): reads on, and if the part turns out to be damaged, *err says
 * that instead. A table with a flipped bit says nothing about the original. Inflates at most 64 MiB. */
void zip_part_blame(struct zip_part *part, struct sheet_error *err);
void zip_part_close(struct zip_part **part);

#endif
