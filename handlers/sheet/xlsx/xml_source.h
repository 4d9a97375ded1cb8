/* The input of the tokeniser: UTF-8 or UTF-16, with or without a byte order mark, checked as XML demands. Internal to
 * xml.c. */
#ifndef PF_SHEET_XLSX_XML_SOURCE_H
#define PF_SHEET_XLSX_XML_SOURCE_H

#include "handlers/sheet/xlsx/xml.h"

enum xml_encoding { XML_ENC_UNKNOWN, XML_ENC_UTF8, XML_ENC_UTF16LE, XML_ENC_UTF16BE };

struct xml_source {
    xml_read_fn *read;
    void *ctx;
    enum xml_encoding encoding;
    bool ended;
    uint32_t high;         /* high surrogate whose second half has not come yet */
    unsigned char tail[8]; /* bytes of a character cut by the end of a block */
    size_t n_tail;
    unsigned char *raw; /* block of UTF-16; NULL for UTF-8, which is read in place */
};

enum { XML_SOURCE_MIN = 64 };

/* Returns the next characters as valid UTF-8; `size` is at least XML_SOURCE_MIN. Returns their number of bytes, 0 at
 * the end, -1 with *err. */
ssize_t xml_source_read(struct xml_source *source, char *buf, size_t size, struct sheet_error *err);
void xml_source_fini(struct xml_source *source);

#endif
