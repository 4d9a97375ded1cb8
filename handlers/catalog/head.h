/* The heading of a catalogue file: which row names the columns, and which column each caption means. */
#ifndef PF_CATALOG_HEAD_H
#define PF_CATALOG_HEAD_H

#include "handlers/catalog/table.h"
#include "handlers/heading/cells.h"

enum catalog_unread {
    COLUMN_READ = 0, /* or nothing stands in it */
    COLUMN_UNKNOWN,  /* its caption is not understood */
    COLUMN_LOST,     /* another column of the same meaning was taken */
    COLUMN_NAMELESS  /* it has values and no caption */
};
/* "not understood" … */
const char *catalog_unread_text(enum catalog_unread why);

/* "Read this column of the table from that column of the file." */
struct catalog_choice {
    int column;        /* of the table */
    const char *value; /* a caption, or the letter of a column that has a caption */
};
/* What the request says about the heading. */
struct catalog_ask {
    const char *base_currency; /* may stand behind a caption of money */
    uint32_t header_row;       /* from 1; 0 = it is searched for */
    struct catalog_choice choice[CATALOG_COLUMNS];
    unsigned n_choices;
};

/* A row read as a heading. Columns of the file are counted from 0. */
struct catalog_head {
    uint32_t row;
    unsigned known;                        /* columns of the table that it names */
    bool whole;                            /* all columns that the table needs are there, and none is there twice */
    bool present[CATALOG_COLUMNS];         /* by column of the table */
    uint32_t file_column[CATALOG_COLUMNS]; /* the same; ARENA_NONE = none */
    int16_t column_at[TABLE_COLUMNS];      /* column of the table by column of the file; -1 = none */
    uint8_t why[TABLE_COLUMNS];            /* enum catalog_unread */
    int16_t says[TABLE_COLUMNS];           /* column of the table that the caption means, read or not; -1 = none */
    bool chosen[CATALOG_COLUMNS];          /* by column of the table: the request names its column */
    char caption[TABLE_COLUMNS][128];      /* as written, cut */
    uint32_t width;                        /* behind the last caption */
    int missing;                           /* the first column of the table that is needed and not there; -1 = none */
    int twice;                             /* a column that two captions mean alike; -1 = none */
    uint32_t rival;                        /* the second of them, in the file */
    int lost; /* number of a choice that fits no column, or one of another choice; -1 = none */
};
/* Captions that begin with "#" (those that rejects.csv adds) are passed over. */
void catalog_head_read(const struct catalog_table *table, const struct grid_row *row, const struct catalog_ask *ask,
                       struct catalog_head *out);
/* Does a row below repeat the heading, as on each printed page? Cheap for ordinary rows. */
bool catalog_head_repeats(const struct catalog_head *head, const struct grid_row *row);
/* Why this is no heading, in one sentence. */
void catalog_head_fault(const struct catalog_table *table, const struct catalog_ask *ask,
                        const struct catalog_head *head, char *out, size_t size);

#endif
