/* One line of rejects.csv at a time: headings, and rows with their faults joined. Pure.
 *
 * A part number that a spreadsheet made a number or a date, or that lost characters, is left empty: as a text of a CSV
 * file it would pass for a part number when the row is sent again as it is. The message shows it. */
#ifndef PF_READ_REJECTLINE_H
#define PF_READ_REJECTLINE_H

#include "base/bytes.h"
#include "handlers/read/csvout.h"

/* One fault of a row, as task_row_error has it. Texts are terminated and borrowed; NULL = none. */
struct reject_fault {
    const char *sheet;
    uint64_t row;       /* from 1; 0 = of the whole file */
    uint32_t heading;   /* 0 = none */
    const char *column; /* letter of the column at fault */
    const char *field, *code, *message, *suggestion;
    const char *cells; /* of a row's first fault: table_row_cells(); NULL = none, or those of the fault before */
};

#define REJECT_SPOILED 4

struct reject_lines {
    struct csv_out csv;
    bool sheets;    /* the line names its sheet */
    unsigned width; /* columns of the file */
    /* The headings as JSON, by number from 1; heap. */
    char **heading;
    uint32_t n_headings;

    bool begun;
    uint32_t above; /* number of the heading that was written last */
    /* The row whose faults are being collected. */
    bool open;
    uint64_t row;
    uint32_t row_heading;
    struct bytes sheet, cells, fields, codes, messages, suggestions;
    /* Columns, from 1, whose cells a spreadsheet or an encoding has spoiled; 0 = none more. */
    unsigned spoiled[REJECT_SPOILED];
};

void reject_lines_fini(struct reject_lines *lines);
/* Adds a heading: the next number. Widens the columns. */
void reject_lines_heading(struct reject_lines *lines, const char *captions);
/* Adds a fault; writes the row before it if this one is of another. */
void reject_lines_add(struct reject_lines *lines, const struct reject_fault *fault);
/* Writes the last row, and a heading if there was none. */
void reject_lines_end(struct reject_lines *lines);

#endif
