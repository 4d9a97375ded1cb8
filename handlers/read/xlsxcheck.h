/* Is a workbook that was just written whole?
 *
 * libxlsxwriter notices when the archive cannot be written. It does not notice when one of its temporary files loses
 * bytes on a full disk: the archive is then well-formed and rows are missing in it. */
#ifndef PF_READ_XLSXCHECK_H
#define PF_READ_XLSXCHECK_H

#include <stdint.h>

struct xlsx_written {
    int fd;
    uint64_t len;
    uint32_t rows;        /* of its sheet */
    uint64_t before_last; /* bytes of the rows before the last one */
};

/* Reads every part. Returns 0 if the last row stands where it must and nothing ends early; -ENOSPC if bytes are
 * missing. */
int xlsx_check(const struct xlsx_written *written);

#endif
