/* libFuzzer target: head and chunked decoder. Beside memory errors it looks for verdicts that depend on where the
 * bytes were cut. */
#include "daemon/http/chunk.h"
#include "daemon/http/head.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/http_replay.h"

/* End of head, reading `step` bytes at a time. */
static int end_in_steps(const char *p, size_t n, size_t step)
{
    const char *slug, *why;
    size_t seen = 0, have = 0;
    int end = 0;

    while (end == 0 && have < n) {
        have = n - have < step ? n : have + step;
        end = head_end(p, have, &seen, &slug, &why);
    }
    return end;
}

static uint64_t chunks_in_steps(const uint8_t *p, size_t n, size_t step)
{
    struct chunk_reader reader;
    uint64_t body = 0;

    chunk_init(&reader);
    for (size_t at = 0; at < n && reader.state != CHUNK_DONE;) {
        size_t data, here = n - at < step ? n - at : step;
        long taken = chunk_take(&reader, p + at, here, &data);
        if (taken < 0)
            return UINT64_MAX;
        if ((size_t)taken > here || data > (size_t)taken || taken == 0)
            abort();
        at += (size_t)taken;
        body += data;
    }
    return body * 16 + reader.state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1); /* exactly as long as the input: reading past the end is seen */
    struct http_head head;
    const char *slug, *why;
    int end;

    if (!copy)
        abort();
    memcpy(copy, data, size);
    end = end_in_steps(copy, size, size > 0 ? size : 1);
    if (end != end_in_steps(copy, size, 1) || end != end_in_steps(copy, size, 7))
        abort();
    if (end > 0 && head_check(copy, (size_t)end, &head, &slug, &why) == 0) {
        if (head.chunked && head.has_length)
            abort();
        if (head.target.at + head.target.len > (uint32_t)end || copy[head.target.at] != '/' ||
            (head.target.len > 1 && copy[head.target.at + 1] == '/'))
            abort();
    }
    if (chunks_in_steps(data, size, 1) != chunks_in_steps(data, size, 4096))
        abort();
    free(copy);
    return 0;
}
