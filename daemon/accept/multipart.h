/* multipart/form-data in a spooled body: find the parts without reading the file into memory. File thread only. */
#ifndef PF_ACCEPT_MULTIPART_H
#define PF_ACCEPT_MULTIPART_H

#include <stddef.h>
#include <stdint.h>

#define MULTIPART_FIELDS_MAX 64
#define MULTIPART_VALUE_MAX  (512u * 1024) /* bytes of one value, and of all together: a thousand fixes fit */

struct multipart_field {
    char name[64];
    char *value; /* heap, terminated, UTF-8 without NUL */
};
struct multipart {
    unsigned n_fields;
    struct multipart_field field[MULTIPART_FIELDS_MAX];
    char file_name[256];               /* of the part "file": display text only, control characters replaced */
    uint64_t file_offset, file_length; /* of the part "file" in the body */
    unsigned files;                    /* parts with a filename; exactly one must be there and be called "file" */
};

/* Scan `length` bytes of fd (pread) with this boundary. Returns 0, or -1 with a sentence in why: no final boundary,
 * field too long, duplicate field, two files, bad UTF-8 … */
int multipart_scan(int fd, uint64_t length, const char *boundary, struct multipart *out, char *why, size_t why_size);
/* The same, but the form may have no file. */
int multipart_scan_fields(int fd, uint64_t length, const char *boundary, struct multipart *out, char *why,
                          size_t why_size);
void multipart_fini(struct multipart *form);

#endif
