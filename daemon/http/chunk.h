/* Strict decoder of the chunked transfer coding, byte by byte where lines are concerned and in runs where data is. */
#ifndef PF_HTTP_CHUNK_H
#define PF_HTTP_CHUNK_H

#include <stddef.h>
#include <stdint.h>

#define CHUNK_LINE_MAX    256u  /* size and extensions */
#define CHUNK_TRAILER_MAX 4096u /* all trailer lines together; they are dropped */

enum chunk_state {
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILER,
    CHUNK_TRAILER_LF,
    CHUNK_DONE
};

struct chunk_reader {
    enum chunk_state state;
    unsigned digits, line; /* hexadecimal digits of the size so far; bytes in this line, or in the trailer */
    unsigned column;       /* of a trailer line */
    uint64_t left;         /* of the chunk */
};

void chunk_init(struct chunk_reader *reader);

/* Take bytes from p[0..n). Returns how many were taken; *data says that the last *data of them are body bytes. Stops
 * after a run of data and at the end (state CHUNK_DONE). -1: not chunked coding. */
long chunk_take(struct chunk_reader *reader, const unsigned char *p, size_t n, size_t *data);

#endif
