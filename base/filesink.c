/* Writing text into a file piece by piece. */
#include "base/filesink.h"

#include <errno.h>
#include <unistd.h>

#define JSON_PIECE 65536

int file_sink_write(const char *text, size_t n, void *ctx)
{
    struct file_sink *sink = ctx;

    while (n > 0 && sink->error == 0) {
        ssize_t done = write(sink->fd, text, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            sink->error = done < 0 ? errno : ENOSPC;
            break;
        }
        text += done;
        n -= (size_t)done;
        sink->len += (uint64_t)done;
    }
    return -sink->error;
}

int file_sink_json(struct file_sink *sink, struct json_out *out, bool all)
{
    size_t n;
    const char *text = json_out_text(out, &n);

    if (n < JSON_PIECE && !all)
        return 0;
    int rc = file_sink_write(text, n, sink);
    json_out_clear(out);
    return rc;
}
