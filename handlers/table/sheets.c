/* The list of a file's sheets. */
#include "handlers/table/sheets.h"

#include "base/grow.h"
#include "base/utf8.h"
#include "handlers/values/labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_sheets_fini(struct table_sheets *sheets)
{
    free(sheets->sheet);
    *sheets = (struct table_sheets){0};
}

struct table_sheet *table_sheets_add(struct table_sheets *sheets, const char *name)
{
    sheets->sheet = grow(sheets->sheet, &sheets->room, sheets->n + 1, sizeof *sheets->sheet);
    struct table_sheet *sheet = &sheets->sheet[sheets->n++];
    *sheet = (struct table_sheet){.why = SHEET_NO_HEADING};
    snprintf(sheet->name, sizeof sheet->name, "%.*s", (int)utf8_cut(name, strlen(name), sizeof sheet->name - 1), name);
    return sheet;
}

uint32_t table_sheets_with_heading(const struct table_sheets *sheets)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < sheets->n; i++)
        n += sheets->sheet[i].heading;
    return n;
}

const struct table_sheet *table_sheets_only(const struct table_sheets *sheets)
{
    const struct table_sheet *only = NULL;
    for (uint32_t i = 0; i < sheets->n; i++) {
        if (sheets->sheet[i].why != SHEET_READ)
            continue;
        if (only)
            return NULL;
        only = &sheets->sheet[i];
    }
    return only;
}

bool table_sheet_named(const char *name, const char *asked)
{
    char a[256], b[256];
    if (strcmp(name, asked) == 0)
        return true;
    label_normalise(name, strlen(name), a, sizeof a);
    label_normalise(asked, strlen(asked), b, sizeof b);
    return strcmp(a, b) == 0;
}

void table_sheets_list(const struct table_sheets *sheets, bool all, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < sheets->n; i++) {
        const struct table_sheet *sheet = &sheets->sheet[i];
        char one[200];
        if (sheet->why == SHEET_HIDDEN || (!all && !sheet->heading))
            continue;
        int n = all ? snprintf(one, sizeof one, "%s«%s»", used ? ", " : "", sheet->name)
                    : snprintf(one, sizeof one, "%s«%s» (%u rows)", used ? ", " : "", sheet->name, sheet->rows);
        if (used + (size_t)n + sizeof ", …" > size) {
            snprintf(out + used, size - used, ", …");
            return;
        }
        memcpy(out + used, one, (size_t)n + 1);
        used += (size_t)n;
    }
}

const char *table_sheet_why(const struct table_sheet *sheet)
{
    switch (sheet->why) {
    case SHEET_READ:
        return NULL;
    case SHEET_HIDDEN:
        return "hidden";
    case SHEET_NOT_ASKED:
        return "not asked for";
    case SHEET_NO_HEADING:
        return "no heading";
    case SHEET_FAULTY:
        return "cannot be read";
    }
    return NULL;
}
