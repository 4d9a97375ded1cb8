/* What several lists need of their filters. */
#ifndef PF_READ_FILTERS_H
#define PF_READ_FILTERS_H

#include "handlers/params.h"
#include "store/conn.h"

#define FILTER_TEXT          100 /* characters of a text that is searched */
#define FILTER_PATTERN_BYTES (2 * 4 * FILTER_TEXT + 3)

/* A LIKE pattern for texts that contain `text`, or begin with it. Returns out. */
const char *filter_pattern(char out[FILTER_PATTERN_BYTES], const char *text, bool anywhere);

/* The number of the lot that `code` names in any spelling; *id 0 with a fault at /lot if there is none. `code` NULL: *id
 * 0 and no fault. Returns 0 or -1 with conn->error. */
int filter_lot(struct store_conn *conn, const char *code, uint32_t *id, struct param_faults *faults);

/* The normalised form of a part number; "" with a fault at `pointer` if it is not one. `text` NULL: "" and no fault. */
void filter_number(const char *text, const char *pointer, char norm[], struct param_faults *faults);

#endif
