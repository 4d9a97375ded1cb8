/* Writes a long answer into a file while it is made. Any process; blocking. */
#ifndef PF_BASE_FILESINK_H
#define PF_BASE_FILESINK_H

#include "base/json.h"

struct file_sink {
    int fd;       /* borrowed */
    uint64_t len; /* bytes written */
    int error;    /* 0, or the errno of the first failure; nothing is written after it */
};

/* Appends n bytes. Returns 0 or -errno. `sink` is a struct file_sink: the signature is that of csv_write_fn. */
int file_sink_write(const char *text, size_t n, void *sink);
/* Appends the JSON text so far and clears it, if it is longer than 64 KiB or `all` is set. Returns 0 or -errno. */
int file_sink_json(struct file_sink *sink, struct json_out *out, bool all);

#endif
