/* Reading a spreadsheet of any known kind. The content decides, never the name.
 *
 * sheet_read() runs in the sandboxed parser process: it gets one descriptor, allocates within its limits and opens
 * nothing. The runner receives the rows through wire.h. */
#ifndef PF_SHEET_SHEET_H
#define PF_SHEET_SHEET_H

#include "handlers/sheet/grid/reader.h"

/* Recognises a file by its first n bytes, at most 512. With SHEET_UNKNOWN, `err` says what the file seems to be. A CSV
 * file is not recognised by so few. */
enum sheet_format sheet_sniff(const unsigned char *head, size_t n, struct sheet_error *err);

/* The same for a whole file. Reads further (at most 4 MiB) if the first bytes leave two answers: an old workbook or
 * one with a password, XML of 1C or of another program. A text is CSV if two of its lines or more have the separator
 * equally often; files of other programs are named as what they are first. */
enum sheet_format sheet_sniff_file(const struct sheet_input *input, struct sheet_error *err);

/* The same where a text without separators is a table of one column too: SHEET_CSV for every text. */
enum sheet_format sheet_sniff_text(const struct sheet_input *input, struct sheet_error *err);

/* Where .mxl is not taken. */
#define SHEET_NO_MXL "The file is a 1C spreadsheet (.mxl). Save it as .xlsx or CSV and send that."

/* Reads the whole file into the sink. `format`: SHEET_UNKNOWN recognises the file by sheet_sniff_file().
 * Returns 0 (the whole table was delivered, or the sink returned GRID_STOP), -1 with *err, or the sink's negative
 * number. */
int sheet_read(const struct sheet_input *input, enum sheet_format format, const struct sheet_limits *limits,
               const struct grid_sink *sink, struct sheet_error *err);

#endif
