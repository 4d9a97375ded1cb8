/* Chooses the reader of a file and calls it. */
#include "handlers/sheet/sheet.h"

int sheet_read(const struct sheet_input *input, enum sheet_format format, const struct sheet_limits *limits,
               const struct grid_sink *sink, struct sheet_error *err)
{
    *err = (struct sheet_error){0};
    if (format == SHEET_UNKNOWN)
        format = sheet_sniff_file(input, err);
    switch (format) {
    case SHEET_XLSX:
        return xlsx_read(input, limits, sink, err);
    case SHEET_MXL:
        return mxl_read(input, limits, sink, err);
    case SHEET_CSV:
        return csv_read(input, limits, sink, err);
    case SHEET_UNKNOWN:
        break;
    }
    return -1;
}
