/* Internal to the .xlsx reader and its tests.
 *
 * The way through a file: directory (zip.h) → relationships → workbook → styles → shared strings → each worksheet, in
 * one pass. Only the directory, the styles and the shared strings stay in memory; all three are bounded. */
#ifndef PF_SHEET_XLSX_XLSX_H
#define PF_SHEET_XLSX_XLSX_H

#include "base/bytes.h"
#include "handlers/sheet/grid/merges.h"
#include "handlers/sheet/grid/reader.h"
#include "handlers/sheet/grid/row.h"
#include "handlers/sheet/xlsx/numfmt.h"
#include "handlers/sheet/xlsx/xml.h"
#include "handlers/sheet/xlsx/zip.h"

/* Advice for a workbook that no spreadsheet program writes, but that may have a table all the same. */
#define XLSX_COPY_IT "Copy its table into a new workbook and send that."

/* ---- Small parts, through expat (small.c) ------------------------------------------------------------------------ */

struct small_doc {
    /* `name` is the local name; attributes come as from expat; depth 1 is the root. Returns 0, or -1 with the error
     * refused. */
    int (*start)(void *ctx, unsigned depth, const char *name, const char **attrs, struct sheet_error *err);
    void (*end)(void *ctx, unsigned depth); /* may be NULL */
    void *ctx;
};
/* Reads a part through expat, with the limits of xml.h. Returns 0, or -1 with *err. */
int small_read(struct zip *zip, const struct zip_entry *entry, const struct small_doc *doc, struct sheet_error *err);
/* Returns the value of the attribute with this local name, or NULL. `prefixed` chooses between "id" and "r:id". */
const char *small_attr(const char **attrs, const char *local, bool prefixed);

/* ---- Package (package.c) ----------------------------------------------------------------------------------------- */

enum rel_type { REL_OTHER, REL_DOCUMENT, REL_WORKSHEET, REL_STYLES, REL_STRINGS };

struct rel {
    char *id;
    char *target; /* folded key of the part; "" for an external one */
    enum rel_type type;
};

struct rels {
    struct rel *list;
    uint32_t n, cap;
};

/* Reads the relationships of the part `key` ("" = of the package). A missing .rels part gives an empty list. */
int rels_read(struct zip *zip, const char *key, struct rels *rels, struct sheet_error *err);
void rels_free(struct rels *rels);
const struct rel *rels_by_id(const struct rels *rels, const char *id);
const struct rel *rels_by_type(const struct rels *rels, enum rel_type type);
/* Returns the target of a relationship of the part `source` as a folded key, on the heap. */
char *package_resolve(const char *source, const char *target);

/* ---- Workbook and styles ----------------------------------------------------------------------------------------- */

struct book_sheet {
    char *name, *rel_id;
    bool hidden;
};

struct book {
    struct book_sheet *sheets;
    uint32_t n, cap;
    bool date1904;
};

int book_read(struct zip *zip, const struct zip_entry *entry, struct book *book, struct sheet_error *err);
void book_free(struct book *book);

struct styles {
    struct numfmt *cells; /* by cell style number; style 0 if a cell has none */
    size_t n, cap;
};

int styles_read(struct zip *zip, const struct zip_entry *entry, struct styles *styles, struct sheet_error *err);
void styles_free(struct styles *styles);

/* ---- Text -------------------------------------------------------------------------------------------------------- */

/* Appends the text with "_xHHHH_" decoded, once, from the left. */
void text_unescape(const char *text, size_t n, struct bytes *to);
/* Refuses a cell text of more UTF-16 units than the limit. */
int text_check(const char *text, size_t n, const struct sheet_limits *limits, struct sheet_error *err);
/* The most undecoded bytes of a text within the limit ("_xHHHH_" is one unit). */
static inline size_t text_raw_max(const struct sheet_limits *limits)
{
    return (size_t)limits->max_text * 8;
}

/* ---- Shared strings: one arena, one offset each (strings.c) ------------------------------------------------------ */

struct strings {
    struct bytes arena;
    uint32_t *ends; /* string i ends at ends[i] and begins where string i - 1 ends */
    size_t n, cap;
};

int strings_read(struct zip *zip, const struct zip_entry *entry, struct strings *strings, struct sheet_error *err);
void strings_free(struct strings *strings);

static inline const char *strings_get(const struct strings *strings, size_t i, uint32_t *len)
{
    uint32_t from = i > 0 ? strings->ends[i - 1] : 0;
    *len = strings->ends[i] - from;
    return strings->arena.data + from;
}

/* ---- Worksheet --------------------------------------------------------------------------------------------------- */

/* Scans a worksheet part for its merged areas before it is read (merge.c). They are sorted. */
int merges_scan(struct zip *zip, const struct zip_entry *entry, struct grid_merges *merges, struct sheet_error *err);
/* Adds the area of a mergeCell "ref" if sheet() tells such areas. */
void merges_add(struct grid_merges *merges, const char *ref, size_t n);
/* Does the summary row of a group stand below its rows (outline.c)? True for a part that does not say. */
bool summary_below(struct zip *zip, const struct zip_entry *entry);

/* Parses "B7" or "$b$7" into 0-based row and column. Returns 0, or -1 if it is not a reference or beyond XFD1048576. */
int reference_parse(const char *ref, size_t n, uint32_t *row, uint32_t *column);

/* What reading a worksheet needs, and the sink. */
struct sheet_job {
    const struct styles *styles;
    const struct strings *strings;
    bool date1904;
    const struct sheet_limits *limits;
    const struct grid_sink *sink;
    const struct grid_merges
        *told;       /* merged areas reported with sheet(), which the part must confirm; NULL = not scanned for */
    uint64_t *rows;  /* stored rows of all sheets so far */
    uint64_t *bytes; /* bytes of text delivered so far */
};

struct worksheet;

struct worksheet *worksheet_new(const struct sheet_job *job, struct sheet_error *err);
void worksheet_free(struct worksheet **ws);
/* Handles one event of the tokeniser (in tests also of expat). Returns 0 to go on; any other value ends the reading
 * with it: GRID_STOP, -1 with *err, or the sink's negative number. */
int worksheet_event(struct worksheet *ws, enum xml_event event, const struct xml_token *token);
/* At the end of the part. Returns as worksheet_event(). */
int worksheet_end(struct worksheet *ws);
/* Reads a whole part through the tokeniser. */
int worksheet_read(struct zip *zip, const struct zip_entry *entry, const struct sheet_job *job,
                   struct sheet_error *err);

/* Source for xml_new() over a struct zip_part. */
ssize_t part_source(void *part, unsigned char *buf, size_t size, struct sheet_error *err);

#endif
