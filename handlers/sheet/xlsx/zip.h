/* A ZIP archive read through its central directory only, from a part of a file, with pread.
 *
 * The directory is read once into a table sorted by folded name; every entry that a ZIP may lie about (sizes, names,
 * offsets) is checked against the file before anything is inflated. A part is then read as a stream of bytes whose
 * size, ratio and CRC-32 are checked at its end: what was read before zip_part_read() has returned 0 is provisional.
 * Entry names never reach the file system. */
#ifndef PF_SHEET_XLSX_ZIP_H
#define PF_SHEET_XLSX_ZIP_H

#include "handlers/sheet/grid/reader.h"

#include <sys/types.h>

enum { ZIP_STORED = 0, ZIP_DEFLATED = 8 };
enum { ZIP_FLAG_ENCRYPTED = 1 };

struct zip_entry {
    const char *key; /* folded name: ASCII lower case, '/' for '\', no leading '/'; terminated */
    uint64_t offset; /* of the local header */
    uint64_t limit;  /* where the next entry or the directory begins: no data of this one beyond */
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

/* Read and check the directory. Returns 0, or -1 with *err and nothing held. `input` and `limits` are borrowed. */
int zip_open(struct zip *zip, const struct sheet_input *input, const struct sheet_limits *limits,
             struct sheet_error *err);
void zip_close(struct zip *zip);

/* Bring a name to its folded form in place (see struct zip_entry). Returns the new length. */
size_t zip_fold(char *name, size_t n);
/* Entry of a folded name, or NULL. */
const struct zip_entry *zip_find(const struct zip *zip, const char *key);

struct zip_part;

/* Begin to read an entry. `counted` false leaves it out of the sum of inflated bytes (for a look ahead at a part that
 * is read again). Returns NULL with *err. */
struct zip_part *zip_part_open(struct zip *zip, const struct zip_entry *entry, bool counted, struct sheet_error *err);
/* Next bytes, as many as fit. Returns their number, 0 at the end (size and CRC are right), -1 with *err. */
ssize_t zip_part_read(struct zip_part *part, unsigned char *buf, size_t size, struct sheet_error *err);
/* After a fault in what the part holds (*err): read on, and if the part turns out to be damaged say that instead. What
 * a flipped bit makes of a table says nothing about the table. Costs no more than 64 MiB of inflating. */
void zip_part_blame(struct zip_part *part, struct sheet_error *err);
void zip_part_close(struct zip_part **part);

#endif
