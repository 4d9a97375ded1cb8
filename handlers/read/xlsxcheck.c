/* Reading a workbook back. */
#include "handlers/read/xlsxcheck.h"

#include "handlers/sheet/xlsx/zip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE      65536
#define FIRST_PART "<sheetData>"
#define LAST_ROW   40

struct reading {
    unsigned char bytes[PIECE];
    uint64_t at;        /* bytes of the part before this piece */
    uint64_t last_row;  /* where the last row must begin; 0 = not known yet */
    char row[LAST_ROW]; /* what stands there */
    size_t row_len;     /* of that, as far as it was read */
    unsigned char last; /* byte of the part */
};

/* The head of a sheet with few columns is shorter than a piece. */
static void find_rows(struct reading *reading, size_t n, uint64_t before_last)
{
    const unsigned char *rows = memmem(reading->bytes, n, FIRST_PART, sizeof FIRST_PART - 1);
    if (rows)
        reading->last_row = (uint64_t)(rows - reading->bytes) + sizeof FIRST_PART - 1 + before_last;
}

static void keep_row(struct reading *reading, size_t n)
{
    uint64_t from = reading->last_row + reading->row_len, end = reading->at + n;
    if (reading->last_row == 0 || from < reading->at || from >= end)
        return;
    size_t part = (size_t)(end - from), room = sizeof reading->row - reading->row_len;
    part = part < room ? part : room;
    memcpy(reading->row + reading->row_len, reading->bytes + (from - reading->at), part);
    reading->row_len += part;
}

/* Returns false if the part is damaged or ends early: every part is XML. */
static bool read_part(struct zip *zip, const struct zip_entry *entry, struct reading *reading, uint64_t before_last)
{
    struct sheet_error err;
    struct zip_part *part = zip_part_open(zip, entry, false, &err);
    ssize_t n = part ? 0 : -1;
    reading->at = reading->last_row = reading->row_len = 0;
    reading->last = '\0';
    while (part && (n = zip_part_read(part, reading->bytes, sizeof reading->bytes, &err)) > 0) {
        if (reading->at == 0)
            find_rows(reading, (size_t)n, before_last);
        keep_row(reading, (size_t)n);
        reading->at += (uint64_t)n;
        reading->last = reading->bytes[n - 1];
    }
    if (part)
        zip_part_close(&part);
    return n == 0 && reading->at > 0 && (reading->last == '>' || reading->last == '\n');
}

static bool row_is_there(const struct reading *reading, uint32_t row)
{
    char wanted[LAST_ROW];
    int n = snprintf(wanted, sizeof wanted, "<row r=\"%u\"", row);
    return reading->row_len >= (size_t)n && memcmp(reading->row, wanted, (size_t)n) == 0;
}

static bool is_whole(struct zip *zip, const struct xlsx_written *written, struct reading *reading)
{
    bool sheet = false;
    for (uint32_t i = 0; i < zip->n_entries; i++) {
        const struct zip_entry *entry = &zip->entries[i];
        if (!read_part(zip, entry, reading, written->before_last))
            return false;
        if (strcmp(entry->key, "xl/worksheets/sheet1.xml") == 0)
            sheet = row_is_there(reading, written->rows);
    }
    return sheet;
}

int xlsx_check(const struct xlsx_written *written)
{
    struct sheet_limits limits = sheet_default_limits;
    struct sheet_input input = {.fd = written->fd, .length = written->len};
    struct sheet_error err;
    struct zip zip;
    if (zip_open(&zip, &input, &limits, &err) < 0)
        return -ENOSPC;
    limits.max_inflated = UINT64_MAX; /* not a stranger's file */
    struct reading *reading = malloc(sizeof *reading);
    if (!reading)
        abort();
    int rc = is_whole(&zip, written, reading) ? 0 : -ENOSPC;
    free(reading);
    zip_close(&zip);
    return rc;
}
