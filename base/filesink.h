/* Text into a file as it is made: what long answers are written with. */
#ifndef PF_BASE_FILESINK_H
#define PF_BASE_FILESINK_H

#include "base/json.h"

struct file_sink {
    int fd;       /* borrowed */
    uint64_t len; /* bytes written */
    int error;    /* 0, or the errno that ended it: nothing is written after it */
};

/* Append n bytes. Returns 0 or -errno. `sink` is a struct file_sink: the signature of csv_write_fn. */
int file_sink_write(const char *text, size_t n, void *sink);
/* Append what the JSON text has so far and forget it there, once it is longer than some 64 KiB (`all`: in any case).
 * Returns 0 or -errno. */
int file_sink_json(struct file_sink *sink, struct json_out *out, bool all);

#endif
