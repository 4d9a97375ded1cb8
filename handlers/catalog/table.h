/* Descriptions of the tables that a catalogue import fills: columns of the file, what their captions may be, what their
 * cells may hold, what is derived from them, and the key that tells an update from an insertion. Another table is one
 * more description. */
#ifndef PF_CATALOG_TABLE_H
#define PF_CATALOG_TABLE_H

#include "handlers/catalog/map.h"
#include "handlers/sheet/grid/grid.h"
#include "handlers/values/labels.h"
#include "handlers/values/partnum.h"

#define CATALOG_COLUMNS 16 /* of a table, at most */
#define CATALOG_EXTRAS  4
#define CATALOG_TEXT    1024 /* bytes of one cell's value */
#define CATALOG_FAULTS  (CATALOG_COLUMNS + 4)

enum catalog_kind {
    CELL_TEXT,    /* up to max characters */
    CELL_CODE,    /* the same, without control characters and without white space at its ends */
    CELL_CHOICE,  /* one of `choices`, or a spelling of it */
    CELL_UNIT,    /* the same; and every unit that means pieces, sets or metres, and no multiple of them */
    CELL_DECIMAL, /* scale digits, min..max in units of the last one */
    CELL_INT,     /* min..max */
    CELL_BOOL,    /* yes and no as people and spreadsheets write them */
    CELL_DATE,
    CELL_CURRENCY /* three letters, or a word for a currency */
};

/* Columns that name things: numbers that a spreadsheet rewrote and words for "none" are told apart in them. */
enum catalog_names { NAMES_NOTHING, NAMES_LOT, NAMES_NUMBER, NAMES_VENDOR };

struct catalog_column {
    const char *name; /* in the heading, and of the table's column */
    /* Captions as label_normalise() leaves them, divided by "|": those that mean this column and nothing else, and those
     * that mean it if no other column of the file does. The name itself comes first of all. */
    const char *means, *may_mean;
    enum stock_field field; /* captions of this field of a stock file may mean it too; FIELD_NONE = none */
    enum catalog_kind kind;
    enum catalog_names names;
    bool required;         /* the file must have the column and each row a value */
    bool used_only;        /* not a column of the table: something is derived from it */
    bool per_cent;         /* "20 %" is 20 */
    const char *otherwise; /* value of an empty cell; NULL = NULL */
    int64_t min, max;
    unsigned scale;
    const char *const *choices;
    const char *const *spellings; /* of each choice, normalised, divided by "|"; the first is shown in messages */
};

/* A value of one row. */
struct catalog_value {
    bool null;
    char text[CATALOG_TEXT];
    size_t n;
};

/* What rows refer to: lots and map, and parties. */
struct catalog_party {
    uint32_t id;
    uint32_t code; /* in the stock catalogue's arena: "supplier" or "competitor", a colon, the code */
};
struct catalog_known {
    struct catalog_map stock;
    struct catalog_party *parties;
    uint32_t n_parties, room_parties;
    struct arena_index by_party;
};
/* `stock` is initialised by catalog_map_init(), the rest is zero. */
void catalog_known_fini(struct catalog_known *known);
void catalog_known_add_party(struct catalog_known *known, uint32_t id, const char *kind, const char *code);

struct catalog_fault {
    const char *field; /* name of the column; "" = none */
    const char *code;  /* "E_RANGE" … */
    char message[200]; /* without its place */
};

/* A row being read: the file's values, the derived ones, and all that is wrong. */
struct catalog_row {
    struct catalog_value value[CATALOG_COLUMNS];
    struct catalog_value extra[CATALOG_EXTRAS];
    bool bad[CATALOG_COLUMNS]; /* the cell is at fault: nothing can be derived from it */
    bool keyless;              /* a part of its key is at fault */
    unsigned n_faults;         /* 0 = good */
    struct catalog_fault fault[CATALOG_FAULTS];
};
/* Takes out what is left of characters that were cut. */
void catalog_whole_characters(char *text);
/* Adds a fault; further ones of the same field and code are dropped. Returns -1. */
int catalog_row_wrong(struct catalog_row *row, const char *field, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

struct catalog_table {
    const char *name;                       /* as the parameter has it */
    const char *target;                     /* SQL table */
    const struct catalog_column *columns;   /* ends with name NULL */
    const char *extras[CATALOG_EXTRAS + 1]; /* SQL columns that derive() fills */
    const char *key[3];                     /* SQL columns of the natural key */
    const char *key_index;                  /* the index over them */
    const char *file_key[3];                /* columns or extras that may occur only once in a file */
    const char *blamed;                     /* the column of the file that is blamed for a second occurrence */
    bool keep_known;                        /* a known row is left as it is (quotes) */
    bool searched;                          /* components: their words are kept */
    bool relinks;                           /* stock and quotes without a lot may get one afterwards */
    /* Works out the extras from the cells that are not `bad`, and adds what it finds wrong. */
    void (*derive)(const struct catalog_known *known, struct catalog_row *row);
};

extern const char *const catalog_table_names[];
/* The table with this name; NULL if there is none. */
const struct catalog_table *catalog_table(const char *name);
size_t catalog_columns(const struct catalog_table *table);
/* Position of a column, or -1. */
int catalog_column_at(const struct catalog_table *table, const char *name, size_t n);
#define CATALOG_HEADING (CATALOG_COLUMNS * 32)
/* The heading of a file for the table, every column in order, with its line end. Returns the length. */
size_t catalog_heading(const struct catalog_table *table, char out[CATALOG_HEADING]);
/* The value of a column or extra by its name. */
struct catalog_value *catalog_value_of(const struct catalog_table *table, struct catalog_row *row, const char *name);

/* How the cells of a file are written. */
struct catalog_style {
    char separator; /* of a CSV file; 0 for others. Behind ';' a comma is decimal, behind ',' it is none. */
    bool date1904;
};
/* Checks one cell (NULL: it is empty) and brings it into the form that goes to the database. Adds its faults to the row.
 * `at` is the column's number in the table. */
void catalog_read_cell(const struct catalog_table *table, const struct catalog_known *known, int at,
                       const struct grid_cell *cell, const struct catalog_style *style, struct catalog_row *row);

#endif
