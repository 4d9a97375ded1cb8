/* The .xlsx reader: from the package to its sheets. */
#include "handlers/sheet/xlsx/xlsx.h"

#include <stdlib.h>

struct reading {
    struct zip zip;
    const struct sheet_limits *limits;
    const struct grid_sink *sink;
    struct sheet_error *err;
    const char *book_key;
    struct rels package, rels; /* of the package and of the workbook */
    struct book book;
    struct styles styles;
    struct strings strings;
    bool strings_read;
    uint64_t rows, bytes;
};

ssize_t part_source(void *part, unsigned char *buf, size_t size, struct sheet_error *err)
{
    return zip_part_read(part, buf, size, err);
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* Is it OpenDocument or a related format? These name their type in a stored entry. */
static bool is_ods(struct reading *r, const struct zip_entry *type)
{
    static const char ods[] = "application/vnd.oasis.opendocument.spreadsheet";
    unsigned char text[sizeof ods - 1];
    struct sheet_error ignored;
    struct zip_part *part = type->size >= sizeof text ? zip_part_open(&r->zip, type, true, &ignored) : NULL;
    bool same =
        part && zip_part_read(part, text, sizeof text, &ignored) == sizeof text && memcmp(text, ods, sizeof text) == 0;

    zip_part_close(&part);
    return same;
}

/* Returns the key of a spreadsheet that was packed into the archive, or NULL. */
static const char *packed_sheet(const struct reading *r)
{
    static const char *const ends[] = {".xlsx", ".mxl", ".xls", ".csv", ".ods"};

    for (uint32_t i = 0; i < r->zip.n_entries; i++)
        for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
            if (ends_with(r->zip.entries[i].key, ends[k]))
                return r->zip.entries[i].key;
    return NULL;
}

/* The archive is not an office document: the refusal says what it seems to be instead. */
static int refuse_package(struct reading *r)
{
    const struct zip_entry *type = zip_find(&r->zip, "mimetype");
    const char *inside = packed_sheet(r);

    if (type && is_ods(r, type))
        return sheet_refuse(r->err, "not-spreadsheet",
                            "The file is an OpenDocument spreadsheet (.ods). Save it as .xlsx and send that.");
    if (type)
        return sheet_refuse(r->err, "not-spreadsheet",
                            "The file is an OpenDocument or similar document. Save its table as .xlsx and send that.");
    if (zip_find(&r->zip, "index/document.iwa"))
        return sheet_refuse(r->err, "not-spreadsheet",
                            "The file is an Apple Numbers document. Export it as .xlsx and send that.");
    if (inside)
        return sheet_refuse(r->err, "missing-part",
                            "The file is a ZIP archive with \"%.60s\" in it. Unpack it and send the .xlsx or .mxl.",
                            inside);
    return sheet_refuse(r->err, "missing-part",
                        "The file is a ZIP archive without a workbook in it. Save the table as .xlsx and send that.");
}

static int ignore_start(void *ctx, unsigned depth, const char *name, const char **attrs, struct sheet_error *err)
{
    (void)ctx, (void)depth, (void)name, (void)attrs, (void)err;
    return 0;
}

/* The list of content types is not needed here, but every program reads it: a document type in it is an attack. */
static int check_types(struct reading *r)
{
    const struct zip_entry *entry = zip_find(&r->zip, "[content_types].xml");
    struct small_doc doc = {.start = ignore_start};
    struct sheet_error found = {0};

    if (!entry || small_read(&r->zip, entry, &doc, &found) == 0 || strcmp(found.cls, "xml-dtd") != 0)
        return 0;
    *r->err = found;
    return -1;
}

static int find_book(struct reading *r, const struct zip_entry **entry)
{
    if (check_types(r) < 0 || rels_read(&r->zip, "", &r->package, r->err) < 0)
        return -1;
    const struct rel *rel = rels_by_type(&r->package, REL_DOCUMENT);
    *entry = zip_find(&r->zip, rel ? rel->target : "xl/workbook.xml");
    if (!rel && !*entry)
        return refuse_package(r);
    if (!*entry)
        return sheet_refuse(r->err, "missing-part", "The file has no workbook in it. Save it again as .xlsx.");
    if (ends_with((*entry)->key, ".bin"))
        return sheet_refuse(r->err, "xlsb", "The file is a binary workbook (.xlsb). Save it as .xlsx and send that.");
    r->book_key = (*entry)->key;
    return 0;
}

/* Finds the part of a type: by relationship or, since some writers forget that, by its usual name beside the
 * workbook. */
static const struct zip_entry *part_of(struct reading *r, enum rel_type type, const char *usual)
{
    const struct rel *rel = rels_by_type(&r->rels, type);

    if (rel)
        return zip_find(&r->zip, rel->target);
    char *key = package_resolve(r->book_key, usual);
    const struct zip_entry *entry = zip_find(&r->zip, key);
    free(key);
    return entry;
}

static int read_frame(struct reading *r)
{
    const struct zip_entry *book = NULL;

    if (find_book(r, &book) < 0 || book_read(&r->zip, book, &r->book, r->err) < 0 ||
        rels_read(&r->zip, r->book_key, &r->rels, r->err) < 0)
        return -1;
    const struct zip_entry *styles = part_of(r, REL_STYLES, "styles.xml");
    return styles ? styles_read(&r->zip, styles, &r->styles, r->err) : 0;
}

/* Returns the worksheet part of a sheet; NULL for chart sheets, external sheets and missing ones. */
static const struct zip_entry *sheet_part(struct reading *r, const struct book_sheet *sheet)
{
    const struct rel *rel = sheet->rel_id[0] != 0 ? rels_by_id(&r->rels, sheet->rel_id) : NULL;

    return rel && rel->type == REL_WORKSHEET ? zip_find(&r->zip, rel->target) : NULL;
}

/* The strings must be complete before the first row; skipped sheets do not need them. */
static int need_strings(struct reading *r)
{
    if (r->strings_read)
        return 0;
    r->strings_read = true;
    const struct zip_entry *entry = part_of(r, REL_STRINGS, "sharedStrings.xml");
    return entry ? strings_read(&r->zip, entry, &r->strings, r->err) : 0;
}

static int read_rows(struct reading *r, const struct zip_entry *entry, const struct grid_merges *told)
{
    struct sheet_job job = {.styles = &r->styles,
                            .strings = &r->strings,
                            .date1904 = r->book.date1904,
                            .limits = r->limits,
                            .sink = r->sink,
                            .told = told,
                            .rows = &r->rows,
                            .bytes = &r->bytes};
    int rc = need_strings(r);

    if (rc == 0)
        rc = worksheet_read(&r->zip, entry, &job, r->err);
    return rc == 0 ? r->sink->sheet_end(r->sink->ctx) : rc;
}

/* A sheet that is not wanted may have any number of them. */
static int check_merges(struct reading *r, const struct grid_merges *merges)
{
    return merges->full ? sheet_refuse(r->err, "limit-merges", "%s", GRID_TOO_MANY_MERGES) : 0;
}

static int read_sheet(struct reading *r, uint32_t index, const struct book_sheet *sheet, const struct zip_entry *entry)
{
    struct grid_merges merges = {0};
    struct sheet_error ignored;
    /* Faults of the part are reported by the pass that reads it, which meets them too. */
    bool look = !r->sink->without_merges && merges_scan(&r->zip, entry, &merges, &ignored) == 0;

    if (!look)
        grid_merges_free(&merges);
    struct grid_sheet told = {.index = index,
                              .name = sheet->name,
                              .hidden = sheet->hidden,
                              .summary_below = summary_below(&r->zip, entry),
                              .date1904 = r->book.date1904,
                              .n_merges = merges.n,
                              .merges = merges.list};
    int rc = r->sink->sheet(r->sink->ctx, &told);
    if (rc == 0)
        rc = check_merges(r, &merges);
    if (rc == 0)
        rc = read_rows(r, entry, look ? &merges : NULL);
    else if (rc == GRID_SKIP_SHEET)
        rc = 0;
    grid_merges_free(&merges);
    return rc;
}

static int read_sheets(struct reading *r)
{
    uint32_t n = 0;

    for (size_t i = 0; i < r->book.n; i++) {
        const struct zip_entry *entry = sheet_part(r, &r->book.sheets[i]);
        if (!entry)
            continue;
        int rc = read_sheet(r, n++, &r->book.sheets[i], entry);
        if (rc != 0)
            return rc;
    }
    if (n == 0)
        return sheet_refuse(r->err, "missing-part", "The workbook has no worksheet in it. Save it again as .xlsx.");
    return 0;
}

int xlsx_read(const struct sheet_input *input, const struct sheet_limits *limits, const struct grid_sink *sink,
              struct sheet_error *err)
{
    *err = (struct sheet_error){0};
    struct reading r = {.limits = limits, .sink = sink, .err = err};
    if (zip_open(&r.zip, input, limits, err) < 0)
        return -1;
    int rc = read_frame(&r);
    if (rc == 0)
        rc = read_sheets(&r);
    strings_free(&r.strings);
    styles_free(&r.styles);
    book_free(&r.book);
    rels_free(&r.rels);
    rels_free(&r.package);
    zip_close(&r.zip);
    return rc == GRID_STOP ? 0 : rc;
}
