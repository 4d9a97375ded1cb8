/* What every reader of a format has in common: what it reads, how far it goes, how it refuses, and its signature.
 *
 * The lowest room of sheet/: the readers (xlsx/, mxl/, handlers/sheet/csv.c) include this and grid.h;
 * handlers/sheet/sheet.h chooses between them. */
#ifndef PF_SHEET_GRID_READER_H
#define PF_SHEET_GRID_READER_H

#include "handlers/sheet/grid/grid.h"

enum sheet_format { SHEET_UNKNOWN = 0, SHEET_XLSX, SHEET_MXL, SHEET_CSV };

/* Why a file is refused. `cls` is one of the fixed words of shared/samples/xlsx/README.md ("zip-truncated", "html",
 * "xml-dtd", …) or of the mxl reader ("mxl-malformed", "mxl-version", "mxl-truncated", "mxl-limit", "mxl-template"), or
 * "limit-rows", "limit-text", "io", "csv-malformed", "stopped". */
struct sheet_error {
    char cls[24];
    char text[240];  /* one sentence for people: what the file is and what to do ("Save it as .xlsx.") */
    uint64_t offset; /* byte offset where it was noticed, 0 when that says nothing */
};

/* A file, or a part of one (multipart uploads keep their frame). Read with pread only. */
struct sheet_input {
    int fd;
    uint64_t offset;
    uint64_t length;
};

/* How far a reader goes, and the one setting that a reader has. */
struct sheet_limits {
    uint32_t max_rows;     /* stored rows over all sheets read */
    uint64_t max_inflated; /* bytes after decompression, all parts together */
    uint64_t max_strings;  /* bytes of the shared string arena */
    uint32_t max_text;     /* UTF-16 units of one cell's text: 32767; a 1C report's cell may hold GRID_MAX_TEXT */
    uint32_t max_entries;  /* ZIP directory */
    /* Windows or DOS code page of the texts of 1C 7.7, since nothing in such a file names it: 866, 1250, 1251, 1252,
     * 1253, 1254 or 1257; another one is refused with class "mxl-codepage". 0 = 1251: Russian, Ukrainian, Belarusian,
     * Bulgarian. */
    unsigned code_page;
};
extern const struct sheet_limits sheet_default_limits; /* 500 000 rows, 4 GiB, 128 MiB, 32767, 10 000 */

const char *sheet_format_name(enum sheet_format format); /* "xlsx", "mxl", "csv" */
enum sheet_format sheet_format_named(const char *name);  /* SHEET_UNKNOWN for any other name */

/* pread of exactly n bytes at `offset` of the input. Returns 0, or -1 with *err ("io"; "zip-truncated" at the end). */
int input_read(const struct sheet_input *input, uint64_t offset, void *buf, size_t n, struct sheet_error *err);

/* The readers behind it, one file each. Same contract as sheet_read(). */
int xlsx_read(const struct sheet_input *input, const struct sheet_limits *limits, const struct grid_sink *sink,
              struct sheet_error *err);
int mxl_read(const struct sheet_input *input, const struct sheet_limits *limits, const struct grid_sink *sink,
             struct sheet_error *err);
int csv_read(const struct sheet_input *input, const struct sheet_limits *limits, const struct grid_sink *sink,
             struct sheet_error *err);

/* Fill *err with a class and a formatted sentence; returns -1. */
int sheet_refuse(struct sheet_error *err, const char *cls, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
