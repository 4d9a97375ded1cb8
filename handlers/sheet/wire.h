/* The grid over a stream socket: frames from the parser process to its runner (wire_frame.h).
 *
 * A stream that ends without an end or a refusal means that the parser died: nothing that it sent counts. The runner
 * trusts nothing: it checks lengths, counts and indices. */
#ifndef PF_SHEET_WIRE_H
#define PF_SHEET_WIRE_H

#include "handlers/sheet/sheet.h"

struct gridwire_writer;

/* Parser: a sink that writes to `fd` (blocking). */
struct gridwire_writer *gridwire_writer_new(int fd);
void gridwire_writer_free(struct gridwire_writer **writer);
struct grid_sink gridwire_writer_sink(struct gridwire_writer *writer);
/* Writes the end marker, or the refusal. Returns 0 or -errno. */
int gridwire_write_end(struct gridwire_writer *writer);
int gridwire_write_refused(struct gridwire_writer *writer, const struct sheet_error *err);
/* Writes only the refusal, for a parser that cannot go on. Allocates nothing; may be called in a signal handler that
 * interrupted a writer. Returns 0, -EBUSY if the writer has sent a frame in part (try again later), or -errno. */
int gridwire_refuse_now(int fd, const struct sheet_error *err);

/* Limits that the runner enforces, whatever the parser was told. */
struct gridwire_bounds {
    uint32_t max_rows;   /* over all sheets */
    uint64_t max_text;   /* bytes of text in all cells */
    unsigned silence_ms; /* the longest wait for a byte */
};

/* Runner: reads frames from `fd` and replays them into the sink, until the end, a refusal, or the parser's death.
 * `alive` (may be NULL) is asked between frames and at least every 200 ms while waiting; false stops with class
 * "stopped" (cancelled). If the sink returns GRID_SKIP_SHEET, the frames of that sheet are read and dropped. On
 * GRID_STOP the function returns 0 at once and the caller closes the socket. Returns as sheet_read(), with two more
 * classes:
 *
 *   "parser-died"     the stream broke off or was silent for too long; the cause may be outside of the file
 *   "parser-garbled"  the stream had something that our parser never sends, such as a refusal with one of these two
 *                     classes: the file has taken the parser over */
int gridwire_replay(int fd, const struct gridwire_bounds *bounds, const struct grid_sink *sink, bool (*alive)(void *),
                    void *alive_ctx, struct sheet_error *err);

#endif
