/* Shared by the tests, the fuzz harness and the benchmark of the .mxl reader: reading a document from memory, a sink
 * that keeps everything, and comparison with a .cells.json file. */
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
/* Returns the text of a cell, or NULL. */
const char *kept_text(const struct kept *kept, uint32_t row, uint32_t column);
const struct kept_cell *kept_cell(const struct kept *kept, uint32_t row, uint32_t column);

/* Returns a descriptor of an unlinked file with these bytes. */
int bytes_fd(const void *bytes, size_t n);
int read_bytes(const void *bytes, size_t n, struct kept *kept, struct sheet_error *err);

/* Reads a whole file; terminated, to be freed. Returns NULL if it cannot be read. */
char *slurp(const char *path, size_t *n);

/* Lists the "*.mxl" files of a folder, sorted, without the suffix. Returns their number; 0 if there is no folder. */
size_t list_samples(const char *folder, char (*names)[128], size_t max);

/* Returns NULL if the cells equal those of the file, otherwise what differs. */
const char *compare_cells(const struct kept *kept, const char *cells_json);

#endif
