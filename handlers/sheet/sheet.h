/* Reading a spreadsheet of any kind we know: by content, never by name.
 *
 * sheet_read() runs in the sandboxed parser process: it gets one descriptor, allocates within its limits, opens
 * nothing. */
#ifndef PF_SHEET_SHEET_H
#define PF_SHEET_SHEET_H

#include "handlers/sheet/grid/reader.h"

/* What the first bytes say. n up to 512. SHEET_UNKNOWN fills err with what it looks like instead. CSV is never
 * guessed. */
enum sheet_format sheet_sniff(const unsigned char *head, size_t n, struct sheet_error *err);

/* The same for a whole file, which is looked into further where its first bytes leave two answers: an old workbook or
 * one with a password, any XML or that of 1C. Reads at most 4 MiB of it. */
enum sheet_format sheet_sniff_file(const struct sheet_input *input, struct sheet_error *err);

/* Read the whole file into the sink. The format that is told decides the reader, which refuses what is not its own;
 * SHEET_UNKNOWN = sniff. SHEET_CSV must be told.
 * Returns 0 (whole table delivered, or the sink said GRID_STOP), -1 with *err, or the sink's negative number. */
int sheet_read(const struct sheet_input *input, enum sheet_format format, const struct sheet_limits *limits,
               const struct grid_sink *sink, struct sheet_error *err);

#endif
