/* What all readers share: their input, limits, refusals and signature.
 *
 * The lowest room of handlers/sheet/. The readers of .xlsx, .mxl and CSV include this and grid.h; handlers/sheet/sheet.h
 * chooses between them. */
#ifndef PF_SHEET_GRID_READER_H
#define PF_SHEET_GRID_READER_H

#include "handlers/sheet/grid/grid.h"

enum sheet_format { SHEET_UNKNOWN = 0, SHEET_XLSX, SHEET_MXL, SHEET_CSV };

/* Why a file is refused. `cls` is one fixed word; priceforge-cells(1) lists them. Only a replay gives "stopped",
 * "parser-died" and "parser-garbled" (handlers/sheet/wire.h). */
struct sheet_error {
    char cls[24];
    char text[240];  /* for people: what the file is and what to do ("Save it as .xlsx.") */
    uint64_t offset; /* byte where the fault was noticed; 0 if that says nothing */
};

/* A file, or a part of one (the body of a multipart upload is kept as it came). Read with pread() only. */
struct sheet_input {
    int fd;
    uint64_t offset;
    uint64_t length;
};

/* The limits of a reader, and its one setting. */
struct sheet_limits {
    uint32_t max_rows;     /* stored rows of all sheets that are read */
    uint64_t max_inflated; /* bytes after decompression, all parts together */
    uint64_t max_strings;  /* bytes of all shared strings */
    uint32_t max_text;     /* UTF-16 units of one cell: 32767; a cell of a 1C report may have GRID_MAX_TEXT bytes */
    uint32_t max_entries;  /* entries of the ZIP directory */
    /* Code page of the texts of a 1C 7.7 file, which does not name it: 866, 1250, 1251, 1252, 1253, 1254 or 1257;
     * another number is refused with class "mxl-codepage". 0 = 1251: Russian, Ukrainian, Belarusian, Bulgarian. */
    unsigned code_page;
};
extern const struct sheet_limits sheet_default_limits; /* 500 000 rows, 4 GiB, 128 MiB, 32767, 10 000 */

const char *sheet_format_name(enum sheet_format format); /* "xlsx", "mxl", "csv" */
enum sheet_format sheet_format_named(const char *name);  /* SHEET_UNKNOWN for any other name */

/* Reads exactly n bytes at `offset` of the input. Returns 0, or -1 with *err ("io"; "zip-truncated" at the end). */
int input_read(const struct sheet_input *input, uint64_t offset, void *buf, size_t n, struct sheet_error *err);

/* The readers, one room or file each. They return as sheet_read(). */
int xlsx_read(const struct sheet_input *input, const struct sheet_limits *limits, const struct grid_sink *sink,
              struct sheet_error *err);
int mxl_read(const struct sheet_input *input, const struct sheet_limits *limits, const struct grid_sink *sink,
             struct sheet_error *err);
int csv_read(const struct sheet_input *input, const struct sheet_limits *limits, const struct grid_sink *sink,
             struct sheet_error *err);

/* Fills in *err with a class and a formatted sentence; returns -1. */
int sheet_refuse(struct sheet_error *err, const char *cls, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
