/* The workbook part: the sheets in their order, and the date system. */
#include "handlers/sheet/xlsx/xlsx.h"

#include "base/grow.h"

#include <stdlib.h>

/* The name of a sheet has at most 31 characters. This is enough for every serious name and for an id. */
enum { NAME_BYTES_MAX = 1024 };

struct reading {
    struct book *book;
    uint32_t max;
    bool sheets; /* inside the sheets element of the workbook */
};

static char *copy(const char *text)
{
    text = text ? text : "";
    size_t n = strlen(text) + 1;
    return memcpy(xalloc(n), text, n);
}

static int add_sheet(struct reading *r, const char **attrs, struct sheet_error *err)
{
    struct book *book = r->book;
    const char *state = small_attr(attrs, "state", false);

    if (book->n == r->max)
        return sheet_refuse(err, "xml-limit", "The workbook goes beyond a limit (more than %u sheets). " XLSX_COPY_IT,
                            r->max);
    const char *name = small_attr(attrs, "name", false), *id = small_attr(attrs, "id", true);
    if ((name && strlen(name) > NAME_BYTES_MAX) || (id && strlen(id) > NAME_BYTES_MAX))
        return sheet_refuse(err, "xml-limit",
                            "The workbook goes beyond a limit (the name of a sheet is too long). " XLSX_COPY_IT);
    book->sheets = grow(book->sheets, &book->cap, book->n + 1, sizeof *book->sheets);
    book->sheets[book->n++] = (struct book_sheet){
        copy(name), copy(id), state && (strcmp(state, "hidden") == 0 || strcmp(state, "veryHidden") == 0)};
    return 0;
}

static int start(void *ctx, unsigned depth, const char *name, const char **attrs, struct sheet_error *err)
{
    struct reading *r = ctx;

    if (depth == 1 && strcmp(name, "workbook") != 0)
        return sheet_refuse(err, "not-spreadsheet",
                            "The file is another document (%.40s), not a workbook. Save the table as .xlsx.", name);
    if (depth == 2) {
        r->sheets = strcmp(name, "sheets") == 0;
        const char *flag = small_attr(attrs, "date1904", false);
        if (strcmp(name, "workbookPr") == 0 && flag)
            r->book->date1904 = strcmp(flag, "1") == 0 || strcmp(flag, "true") == 0;
    }
    if (depth == 3 && r->sheets && strcmp(name, "sheet") == 0)
        return add_sheet(r, attrs, err);
    return 0;
}

int book_read(struct zip *zip, const struct zip_entry *entry, struct book *book, struct sheet_error *err)
{
    struct reading reading = {.book = book, .max = zip->limits->max_entries};
    struct small_doc doc = {.start = start, .ctx = &reading};

    return small_read(zip, entry, &doc, err);
}

void book_free(struct book *book)
{
    for (size_t i = 0; i < book->n; i++) {
        free(book->sheets[i].name);
        free(book->sheets[i].rel_id);
    }
    free(book->sheets);
    *book = (struct book){0};
}
