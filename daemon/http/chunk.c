/* Chunked coding, strictly: hexadecimal digits alone, CRLF alone, bounded lines. What is lenient here is a smuggling
 * pair with some proxy. */
#include "daemon/http/chunk.h"

#include "base/hex.h"
#include "daemon/http/head.h"

#include <string.h>

void chunk_init(struct chunk_reader *reader)
{
    memset(reader, 0, sizeof *reader);
}

static int take_size(struct chunk_reader *reader, unsigned char c)
{
    int digit = hex_digit((char)c);

    if (digit >= 0) {
        reader->left = reader->left * 16 + (uint64_t)digit;
        return ++reader->digits > 15 ? -1 : 0;
    }
    if (reader->digits == 0 || (c != ';' && c != '\r'))
        return -1;
    reader->state = c == ';' ? CHUNK_EXTENSION : CHUNK_SIZE_LF;
    return 0;
}

static int take_extension(struct chunk_reader *reader, unsigned char c)
{
    if (c == '\r')
        reader->state = CHUNK_SIZE_LF;
    else if ((c < ' ' && c != '\t') || c == 0x7f)
        return -1;
    return 0;
}

static int end_size(struct chunk_reader *reader, unsigned char c)
{
    reader->digits = 0;
    reader->line = 0;
    reader->column = 0;
    reader->state = reader->left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
    return c == '\n' ? 0 : -1;
}

/* Trailers are dropped, but only what has the form of one: a line that starts like a header. */
static int take_trailer(struct chunk_reader *reader, unsigned char c)
{
    if (c == '\r') {
        reader->state = CHUNK_TRAILER_LF;
        return 0;
    }
    if (reader->column == 0 && !head_token_char(c))
        return -1;
    reader->column++;
    return (c < ' ' && c != '\t') || c == 0x7f ? -1 : 0;
}

static int end_trailer(struct chunk_reader *reader, unsigned char c)
{
    reader->state = reader->column == 0 ? CHUNK_DONE : CHUNK_TRAILER;
    reader->column = 0;
    return c == '\n' ? 0 : -1;
}

static int take_byte(struct chunk_reader *reader, unsigned char c)
{
    if (reader->state < CHUNK_DATA && ++reader->line > CHUNK_LINE_MAX)
        return -1;
    if (reader->state > CHUNK_DATA_LF && ++reader->line > CHUNK_TRAILER_MAX)
        return -1;
    switch (reader->state) {
    case CHUNK_SIZE:
        return take_size(reader, c);
    case CHUNK_EXTENSION:
        return take_extension(reader, c);
    case CHUNK_SIZE_LF:
        return end_size(reader, c);
    case CHUNK_DATA_CR:
        reader->state = CHUNK_DATA_LF;
        return c == '\r' ? 0 : -1;
    case CHUNK_DATA_LF:
        reader->state = CHUNK_SIZE;
        return c == '\n' ? 0 : -1;
    case CHUNK_TRAILER:
        return take_trailer(reader, c);
    case CHUNK_TRAILER_LF:
        return end_trailer(reader, c);
    case CHUNK_DATA:
    case CHUNK_DONE:
        break;
    }
    return -1;
}

long chunk_take(struct chunk_reader *reader, const unsigned char *p, size_t n, size_t *data)
{
    size_t i = 0;

    *data = 0;
    while (i < n && reader->state != CHUNK_DONE) {
        if (reader->state == CHUNK_DATA) {
            *data = n - i < reader->left ? n - i : (size_t)reader->left;
            reader->left -= *data;
            if (reader->left == 0)
                reader->state = CHUNK_DATA_CR;
            return (long)(i + *data);
        }
        if (take_byte(reader, p[i++]) != 0)
            return -1;
    }
    return (long)i;
}
