/* A second reader of worksheets, with expat instead of our tokeniser, for comparison. Used by tests and fuzzers only. */
#ifndef PF_TEST_XLSX_EXPAT_H
#define PF_TEST_XLSX_EXPAT_H

#include "handlers/sheet/xlsx/xlsx.h"

struct memory_source {
    const char *data;
    size_t n, block; /* at most `block` bytes a read */
};
ssize_t memory_source_read(void *source, unsigned char *buf, size_t size, struct sheet_error *err);

/* Events as text, one a line: "<name a=value …", ">name", "'text" (adjacent text joined); or the error's class. On the
 * heap. */
char *events_of_tokeniser(const char *data, size_t n, size_t block);
char *events_of_expat(const char *data, size_t n, size_t block);

/* Returns the cells of one worksheet part as json.h prints them, or the class, through one of the parsers. On the
 * heap. */
char *cells_of_tokeniser(const char *data, size_t n, size_t block, const struct strings *strings);
char *cells_of_expat(const char *data, size_t n, size_t block, const struct strings *strings);

/* Do both readers agree on this part? They may differ in encodings other than UTF-8 and UTF-16 and in names beyond
 * ASCII. *ours and *theirs are the results, for a message; the caller frees both. */
bool ways_agree(const char *data, size_t n, char **ours, char **theirs);

#endif
