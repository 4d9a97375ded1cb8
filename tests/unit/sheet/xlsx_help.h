/* Helpers of the tests of the spreadsheet readers: files in memory, ZIP archives and workbooks made by the test. */
#ifndef PF_TEST_XLSX_HELP_H
#define PF_TEST_XLSX_HELP_H

#include "base/bytes.h"
#include "handlers/sheet/sheet.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Makes an input with a descriptor of its own from bytes; input_close() closes it. */
struct sheet_input input_of(const void *data, size_t n);
void input_close(struct sheet_input *input);

/* Reads everything and returns the JSON text of json.h, or "class: sentence" if it was refused; the sentence must say
 * what to do. On the heap. */
char *read_cells(const struct sheet_input *input, enum sheet_format format);
/* Returns only the class ("" if it was read). */
const char *read_class(const void *data, size_t n, enum sheet_format format);
/* Reads a whole file; the buffer is terminated. Returns NULL if it does not exist. */
char *load_file(const char *path, size_t *n);

/* An archive being made. */
struct zip_maker {
    struct bytes file, directory;
    uint32_t entries;
};

enum zip_make { ZIP_MAKE_STORED = 0, ZIP_MAKE_DEFLATED = 1 };

void zip_make_add(struct zip_maker *maker, const char *name, const void *data, size_t n, enum zip_make how);
/* Puts the directory and the end record behind the entries; the bytes are in maker->file. */
void zip_make_end(struct zip_maker *maker);
void zip_make_free(struct zip_maker *maker);

/* A workbook of one sheet "S" with these parts (NULL: none), deflated. */
struct zip_maker workbook_of(const char *sheet, const char *strings, const char *styles);
/* A worksheet part around rows. */
#define SHEET(rows) "<?xml version=\"1.0\"?><worksheet><sheetData>" rows "</sheetData></worksheet>"
/* Returns the cells of a workbook with these parts, what is inside "cells":[…], in one line; or the class if it is
 * refused. */
char *cells_of(const char *sheet, const char *strings, const char *styles);

#endif
