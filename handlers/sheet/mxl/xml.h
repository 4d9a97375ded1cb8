/* The XML form of 1C 8 (configuration dumps, documents serialised by code): a <document> or <SpreadsheetDocument> of
 * the namespace http://v8.1c.ru/8.2/data/spreadsheet. */
#ifndef PF_SHEET_MXL_XML_H
#define PF_SHEET_MXL_XML_H

#include "handlers/sheet/mxl/out.h"

/* Reads both passes. The XML begins at byte `start` of the file. Returns 0, or -1 (failure in the input, or
 * out->stopped). */
int mxl_xml_read(struct mxl_in *in, struct mxl_out *out, uint64_t start);

#endif
