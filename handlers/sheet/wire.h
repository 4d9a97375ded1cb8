/* The grid over a stream socket: frames from the parser process to its runner.
 *
 * A frame is {u32 length, u8 kind, payload}, little-endian. Kinds: sheet, rows (a batch of about 64 KiB), sheet end and
 * end (everything read), both with the row count, refused (a struct sheet_error), and a remark on the file before its
 * first sheet. A stream that ends without `end` or `refused` means that the parser died: nothing of it counts. The
 * receiver trusts nothing: lengths, counts and indices are checked. */
#ifndef PF_SHEET_WIRE_H
#define PF_SHEET_WIRE_H

#include "handlers/sheet/sheet.h"

struct gridwire_writer;

/* Parser side: a sink that writes to `fd` (blocking). */
struct gridwire_writer *gridwire_writer_new(int fd);
void gridwire_writer_free(struct gridwire_writer **writer);
struct grid_sink gridwire_writer_sink(struct gridwire_writer *writer);
/* End marker, or the refusal. Returns 0 or -errno. */
int gridwire_write_end(struct gridwire_writer *writer);
int gridwire_write_refused(struct gridwire_writer *writer, const struct sheet_error *err);
/* The refusal alone, by a parser that cannot go on: allocates nothing, and is safe in a signal handler that has broken
 * into a writer's work. Returns 0, -EBUSY when the writer has sent half a frame (try again later), or -errno. */
int gridwire_refuse_now(int fd, const struct sheet_error *err);

/* What the runner holds the parser to, whatever the parser itself was told. */
struct gridwire_bounds {
    uint32_t max_rows;   /* over all sheets */
    uint64_t max_text;   /* bytes of text in all cells */
    unsigned silence_ms; /* the longest wait for a byte */
};

/* Runner side: read frames from `fd` and replay them into the sink, until end, refusal, or death. `alive` (may be NULL)
 * is asked at least every 200 ms while waiting and between frames; false = stop with class "stopped" (cancelled).
 * When the sink says GRID_SKIP_SHEET the frames of that sheet are read and dropped; on GRID_STOP the function returns
 * 0 at once and the caller closes the socket. Returns as sheet_read(), with two more classes: "parser-died" when the
 * stream broke off or fell silent (its cause may lie outside of the file), "parser-garbled" when it held what no parser
 * of ours sends, such as a refusal with one of these classes: then the file has taken the parser over. */
int gridwire_replay(int fd, const struct gridwire_bounds *bounds, const struct grid_sink *sink, bool (*alive)(void *),
                    void *alive_ctx, struct sheet_error *err);

#endif
