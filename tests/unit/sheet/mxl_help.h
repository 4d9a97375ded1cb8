/* What the tests, the fuzz harness and the benchmark of the .mxl reader share: reading a document that stands in
 * memory, a sink that keeps everything, and comparison with a .cells.json file. */
#ifndef PF_MXL_TEST_SUPPORT_H
#define PF_MXL_TEST_SUPPORT_H

#include "handlers/sheet/mxl/mxl.h"

struct kept_cell {
    uint32_t row, column;
    uint8_t kind, outline;
    uint32_t len;
    char *text; /* terminated copy */
};

struct kept {
    struct kept_cell *cells;
    size_t n, cap;
    struct grid_merge merges[64];
    uint32_t n_merges;
    uint32_t n_rows;
    unsigned sheets, ends;
    uint8_t outline[256]; /* by row */
    uint16_t grid[256];   /* by row */
    int row_answer;       /* what row() returns */
    int sheet_answer;
};

extern const struct sheet_limits mxl_test_limits;

struct grid_sink kept_sink(struct kept *kept);
void kept_free(struct kept *kept);
/* Text of a cell, or NULL. */
const char *kept_text(const struct kept *kept, uint32_t row, uint32_t column);
const struct kept_cell *kept_cell(const struct kept *kept, uint32_t row, uint32_t column);

/* A descriptor of an unlinked file with these bytes. */
int bytes_fd(const void *bytes, size_t n);
int read_bytes(const void *bytes, size_t n, struct kept *kept, struct sheet_error *err);

/* Whole file; terminated; to be freed. NULL when it cannot be read. */
char *slurp(const char *path, size_t *n);

/* Names of "*.mxl" files of a folder, sorted, without the suffix. Returns their number; 0 for no folder. */
size_t list_samples(const char *folder, char (*names)[128], size_t max);

/* NULL when the cells equal those of the file, else what differs. */
const char *compare_cells(const struct kept *kept, const char *cells_json);

#endif
