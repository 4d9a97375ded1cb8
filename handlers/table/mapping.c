/* The mapping as JSON. */
#include "handlers/table/mapping.h"

#include "base/utf8.h"

#include <string.h>

enum { SHEETS_SHOWN = 100, CAPTION_BYTES = 200 };

/* clang-format off */
static const char *const row_kinds[] = {"above", "heading", "data", "group", "total", "other_warehouse", "empty", NULL};
static const char *const column_whys[] = {"by_caption", "by_request", "in_question", "no_caption", "foreign", "other_warehouse", "sum",
                                          "selling", "lost", "alike", "other", "not_understood", NULL};
static const char *const sheet_whys[] = {"hidden", "not_asked_for", "no_heading", "cannot_be_read", NULL};
static const char *const fits[] = {"exact", "near", NULL};

static const struct result_spec row_members[] = {
    {.name = "row", .kind = RESULT_ID, .help = "Of the sheet, from 1."},
    {.name = "kind", .kind = RESULT_CHOICE, .choices = row_kinds, .help = "What it was taken for; above: above the heading, or there is none."},
    {.name = "cells", .kind = RESULT_TEXTS, .help = "By column, \"\" = empty. Long texts are cut and end with \"…\"."},
    {.name = NULL},
};

static const struct result_spec args_members[] = {
    {.name = "field", .kind = RESULT_TEXT, .optional = true, .help = "What the caption says."},
    {.name = "column", .kind = RESULT_TEXT, .optional = true, .help = "Letter of the column that is read instead."},
    {.name = NULL},
};

static const struct result_spec why_members[] = {
    {.name = "code", .kind = RESULT_CHOICE, .choices = column_whys},
    {.name = "args", .kind = RESULT_OBJECT, .members = args_members},
    {.name = NULL},
};

static const struct result_spec column_members[] = {
    {.name = "letter", .kind = RESULT_TEXT},
    {.name = "caption", .kind = RESULT_TEXT, .help = "The texts over it from top to bottom, joined by \" / \"; \"\" = none."},
    {.name = "field", .kind = RESULT_TEXT, .nullable = true, .help = "What is read here, or could be (in_question); null = nothing."},
    {.name = "why", .kind = RESULT_OBJECT, .members = why_members},
    {.name = "samples", .kind = RESULT_TEXTS, .help = "The first three values below the heading."},
    {.name = NULL},
};

static const struct result_spec proposal_members[] = {
    {.name = "part_number", .kind = RESULT_TEXT, .optional = true},
    {.name = "lot", .kind = RESULT_TEXT, .optional = true},
    {.name = "code", .kind = RESULT_TEXT, .optional = true},
    {.name = "name", .kind = RESULT_TEXT, .optional = true},
    {.name = "vendor", .kind = RESULT_TEXT, .optional = true},
    {.name = "qty", .kind = RESULT_TEXT, .optional = true},
    {.name = "free", .kind = RESULT_TEXT, .optional = true},
    {.name = "reserved", .kind = RESULT_TEXT, .optional = true},
    {.name = "unit", .kind = RESULT_TEXT, .optional = true},
    {.name = "unit_cost", .kind = RESULT_TEXT, .optional = true},
    {.name = "total_cost", .kind = RESULT_TEXT, .optional = true},
    {.name = "warehouse", .kind = RESULT_TEXT, .optional = true},
    {.name = "currency", .kind = RESULT_TEXT, .optional = true},
    {.name = "received_on", .kind = RESULT_TEXT, .optional = true},
    {.name = "price", .kind = RESULT_TEXT, .optional = true},
    {.name = "min_qty", .kind = RESULT_TEXT, .optional = true},
    {.name = "pack_qty", .kind = RESULT_TEXT, .optional = true},
    /* of the catalogue */
    {.name = "active", .kind = RESULT_TEXT, .optional = true},
    {.name = "category", .kind = RESULT_TEXT, .optional = true},
    {.name = "coefficient", .kind = RESULT_TEXT, .optional = true},
    {.name = "ext_ref", .kind = RESULT_TEXT, .optional = true},
    {.name = "kind", .kind = RESULT_TEXT, .optional = true},
    {.name = "lot_code", .kind = RESULT_TEXT, .optional = true},
    {.name = "lot_qty", .kind = RESULT_TEXT, .optional = true},
    {.name = "manual_price", .kind = RESULT_TEXT, .optional = true},
    {.name = "nominal", .kind = RESULT_TEXT, .optional = true},
    {.name = "note", .kind = RESULT_TEXT, .optional = true},
    {.name = "party_code", .kind = RESULT_TEXT, .optional = true},
    {.name = "party_kind", .kind = RESULT_TEXT, .optional = true},
    {.name = "price_method", .kind = RESULT_TEXT, .optional = true},
    {.name = "price_per", .kind = RESULT_TEXT, .optional = true},
    {.name = "quoted_on", .kind = RESULT_TEXT, .optional = true},
    {.name = "rate", .kind = RESULT_TEXT, .optional = true},
    {.name = "rate_date", .kind = RESULT_TEXT, .optional = true},
    {.name = "source", .kind = RESULT_TEXT, .optional = true},
    {.name = "status", .kind = RESULT_TEXT, .optional = true},
    {.name = "valid_until", .kind = RESULT_TEXT, .optional = true},
    {.name = "vat_included", .kind = RESULT_TEXT, .optional = true},
    {.name = "vat_rate", .kind = RESULT_TEXT, .optional = true},
    {.name = "weight", .kind = RESULT_TEXT, .optional = true},
    {.name = "window_days", .kind = RESULT_TEXT, .optional = true},
    {.name = NULL},
};

static const struct result_spec sheet_members[] = {
    {.name = "name", .kind = RESULT_TEXT},
    {.name = "rows", .kind = RESULT_COUNT, .help = "Data rows."},
    {.name = "read", .kind = RESULT_BOOL},
    {.name = "hidden", .kind = RESULT_BOOL},
    {.name = "heading", .kind = RESULT_BOOL, .help = "It has one, read or not."},
    {.name = "why", .kind = RESULT_CHOICE, .choices = sheet_whys, .nullable = true, .help = "Why it was not read."},
    {.name = "code", .kind = RESULT_TEXT, .nullable = true, .help = "What stands against reading it: a code of a task's end."},
    {.name = "text", .kind = RESULT_TEXT, .nullable = true, .help = "The same for people."},
    {.name = NULL},
};

const struct result_spec table_profile_members[] = {
    {.name = "name", .kind = RESULT_TEXT},
    {.name = "fits", .kind = RESULT_CHOICE, .choices = fits, .help = "exact: the heading has the same captions, in whatever order; near: most of them are the same."},
    {.name = NULL},
};

#define VIEW_MEMBERS \
    {.name = "sheet", .kind = RESULT_TEXT, .nullable = true, .help = "Its name; \"\" in a file whose sheets have none; null: none was looked at."}, \
    {.name = "header_row", .kind = RESULT_ID, .nullable = true, .help = "First row of the heading, or of the rows most like one, from 1; null = nothing is like one."}, \
    {.name = "header_rows", .kind = RESULT_ID, .nullable = true}, \
    {.name = "rows", .kind = RESULT_LIST, .members = row_members, .help = "The first rows of the table and a few above it; without a heading the first 50 of the sheet."}, \
    {.name = "columns", .kind = RESULT_LIST, .members = column_members}, \
    {.name = "proposal", .kind = RESULT_OBJECT, .members = proposal_members, .help = "What is read, as the parameter columns: sent back it gives the same. Fields that are open, or not the same in all sheets that were read, are left out."}

static const struct result_spec other_members[] = {
    VIEW_MEMBERS,
    {.name = NULL},
};

const struct result_spec table_mapping_members[] = {
    {.name = "fields", .kind = RESULT_TEXTS, .help = "Names that columns takes."},
    {.name = "sheets", .kind = RESULT_LIST, .members = sheet_members, .help = "The first 100 sheets of the file."},
    {.name = "sheets_total", .kind = RESULT_COUNT},
    {.name = "profile", .kind = RESULT_OBJECT, .nullable = true, .members = table_profile_members, .help = "Saved parameters that were used for these captions before."},
    VIEW_MEMBERS,
    {.name = "others", .kind = RESULT_LIST, .members = other_members, .help = "Other sheets that may be meant."},
    {.name = NULL},
};
/* clang-format on */

/* ---- Rows and columns -------------------------------------------------------------------------------------------- */

static void put_null(struct json_out *out, const char *key)
{
    json_key(out, key);
    json_null(out);
}

static void put_noted(struct json_out *out, const struct table_view *view, uint32_t at)
{
    const char *text = arena_text(&view->text, at);
    json_raw(out, text, strlen(text));
}

static void put_rows(struct json_out *out, const struct table_view *view, unsigned most)
{
    json_key(out, "rows");
    json_array(out);
    for (unsigned i = 0; i < view->n_rows && i < most; i++) {
        json_object(out);
        json_put_int(out, "row", view->row[i].row + 1);
        json_put_string(out, "kind", row_kinds[view->row[i].kind]);
        json_key(out, "cells");
        put_noted(out, view, view->row[i].cells);
        json_object_end(out);
    }
    json_array_end(out);
}

static const char *why_of(const struct table_column *column)
{
    static const char *const unread[] = {
        [READ_OK] = "no_caption", [UNREAD_FOREIGN] = "foreign", [UNREAD_PLACE] = "other_warehouse",
        [UNREAD_SUM] = "sum",     [UNREAD_SELLING] = "selling", [UNREAD_LOST] = "lost",
        [UNREAD_ALIKE] = "alike", [UNREAD_OTHER] = "other",     [UNREAD_UNKNOWN] = "not_understood",
    };
    if (column->rival)
        return "in_question";
    if (column->field == FIELD_NONE)
        return unread[column->why];
    return column->chosen ? "by_request" : "by_caption";
}

static void put_why(struct json_out *out, const struct table_shown *shown, const struct table_heading *heading,
                    const struct table_column *column)
{
    char letter[4];
    json_key(out, "why");
    json_object(out);
    json_put_string(out, "code", why_of(column));
    json_key(out, "args");
    json_object(out);
    if (column->says != FIELD_NONE && column->says != column->field) {
        uint32_t other = heading->column[column->says];
        json_put_string(out, "field", shown->field_name(shown->ctx, column->says));
        if (column->why == UNREAD_LOST && other != ARENA_NONE)
            json_put_string(out, "column", table_column_letter(other, letter));
    }
    json_object_end(out);
    json_object_end(out);
}

static void put_caption(struct json_out *out, const char *text)
{
    char cut[CAPTION_BYTES + sizeof "…"];
    size_t n = strlen(text);
    if (n > CAPTION_BYTES) {
        n = utf8_cut(text, n, CAPTION_BYTES);
        memcpy(cut, text, n);
        memcpy(cut + n, "…", sizeof "…");
        text = cut;
    }
    json_put_string(out, "caption", text);
}

static void put_column(struct json_out *out, const struct table_shown *shown, const struct table_view *view, uint32_t i)
{
    const struct table_column *column = &view->heading.at[i];
    char letter[4];
    json_object(out);
    json_put_string(out, "letter", table_column_letter(i, letter));
    put_caption(out, table_heading_caption(&view->heading, i));
    json_put_string(out, "field", column->field ? shown->field_name(shown->ctx, column->field) : NULL);
    put_why(out, shown, &view->heading, column);
    json_key(out, "samples");
    json_array(out);
    for (unsigned k = 0; k < view->n_samples[i]; k++)
        put_noted(out, view, view->sample[i][k]);
    json_array_end(out);
    json_object_end(out);
}

static void put_columns(struct json_out *out, const struct table_shown *shown, const struct table_view *view)
{
    json_key(out, "columns");
    json_array(out);
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++)
        if (view->heading.at[i].caption || view->n_samples[i] > 0)
            put_column(out, shown, view, i);
    json_array_end(out);
}

/* The value of `columns` for a field, NULL = none. */
static const char *proposed(const struct table_heading *heading, unsigned field)
{
    return heading->proposal[field] ? arena_text(&heading->text, heading->proposal[field]) : NULL;
}

/* Do all sheets that were read propose this value for the field? The request is for all of them. */
static bool is_common(const struct table_shown *shown, unsigned field, const char *value)
{
    uint32_t read = 0, same = 0;
    for (uint32_t i = 0; i < shown->sheets->n; i++)
        read += shown->sheets->sheet[i].why == SHEET_READ;
    for (unsigned i = 0; i < shown->views->n; i++) {
        const struct table_view *view = shown->views->view[i];
        const char *other = proposed(&view->heading, field);
        same += shown->sheets->sheet[view->sheet].why == SHEET_READ && other && strcmp(other, value) == 0;
    }
    return read < 2 || same == read;
}

static void put_proposal(struct json_out *out, const struct table_shown *shown, const struct table_heading *heading)
{
    json_key(out, "proposal");
    json_object(out);
    for (unsigned field = FIELD_NONE + 1; field < FIELD_COUNT; field++) {
        const char *value = proposed(heading, field);
        if (value && is_common(shown, field, value))
            json_put_string(out, shown->field_name(shown->ctx, field), value);
    }
    json_object_end(out);
}

/* Of a file no sheet of which was looked at: they are hidden, or another one is asked for. */
static const struct table_view no_view;

static void put_view(struct json_out *out, const struct table_shown *shown, const struct table_view *view,
                     unsigned most)
{
    const struct table_heading *heading = &view->heading;
    json_put_string(out, "sheet", view == &no_view ? NULL : shown->sheets->sheet[view->sheet].name);
    if (heading->rows > 0) {
        json_put_int(out, "header_row", heading->row + 1);
        json_put_int(out, "header_rows", heading->rows);
    } else {
        put_null(out, "header_row");
        put_null(out, "header_rows");
    }
    put_rows(out, view, most);
    put_columns(out, shown, view);
    put_proposal(out, shown, heading);
}

/* ---- Sheets ------------------------------------------------------------------------------------------------------ */

static void put_sheet(struct json_out *out, const struct table_sheet *sheet)
{
    static const char *const whys[] = {NULL, "hidden", "not_asked_for", "no_heading", "cannot_be_read"};
    json_object(out);
    json_put_string(out, "name", sheet->name);
    json_put_int(out, "rows", sheet->rows);
    json_put_bool(out, "read", sheet->why == SHEET_READ);
    json_put_bool(out, "hidden", sheet->why == SHEET_HIDDEN);
    json_put_bool(out, "heading", sheet->heading);
    json_put_string(out, "why", whys[sheet->why]);
    json_put_string(out, "code", sheet->failure[0] ? sheet->failure : NULL);
    json_put_string(out, "text", sheet->text[0] ? sheet->text : NULL);
    json_object_end(out);
}

static void put_sheets(struct json_out *out, const struct table_sheets *sheets)
{
    json_key(out, "sheets");
    json_array(out);
    for (uint32_t i = 0; i < sheets->n && i < SHEETS_SHOWN; i++)
        put_sheet(out, &sheets->sheet[i]);
    json_array_end(out);
    json_put_int(out, "sheets_total", sheets->n);
}

/* ---- The whole --------------------------------------------------------------------------------------------------- */

/* How near the sheet is to the one that is meant. */
static size_t nearness(const struct table_shown *shown, const struct table_view *view)
{
    const struct table_sheet *sheet = &shown->sheets->sheet[view->sheet];
    if (sheet->why == SHEET_READ)
        return SIZE_MAX;
    return sheet->heading ? SIZE_MAX - 1 : 1 + strlen(sheet->text); /* as table_reader_judge() chooses */
}

const struct table_view *table_mapping_sheet(const struct table_shown *shown)
{
    const struct table_view *best = NULL;
    for (unsigned i = 0; i < shown->views->n; i++) {
        const struct table_view *view = shown->views->view[i];
        bool better = !best || nearness(shown, view) > nearness(shown, best) ||
                      (nearness(shown, view) == nearness(shown, best) && view->sheet < best->sheet);
        best = better ? view : best;
    }
    return best;
}

/* Sheets without a heading may be meant only if no sheet has one. */
static void put_others(struct json_out *out, const struct table_shown *shown, const struct table_view *but)
{
    bool headings = table_sheets_with_heading(shown->sheets) > 0;
    json_key(out, "others");
    json_array(out);
    for (unsigned i = 0; i < shown->views->n; i++) {
        const struct table_view *view = shown->views->view[i];
        if (view == but || (headings && view->result == HEAD_NONE))
            continue;
        json_object(out);
        put_view(out, shown, view, VIEW_OTHER_ROWS);
        json_object_end(out);
    }
    json_array_end(out);
}

static void put_fields(struct json_out *out, const char *const *fields)
{
    json_key(out, "fields");
    json_array(out);
    for (; *fields; fields++)
        json_string(out, *fields);
    json_array_end(out);
}

void table_put_profile(struct json_out *out, const struct table_fit *fit)
{
    json_key(out, "profile");
    if (!fit->name[0]) {
        json_null(out);
        return;
    }
    json_object(out);
    json_put_string(out, "name", fit->name);
    json_put_string(out, "fits", fits[fit->near]);
    json_object_end(out);
}

static const char *stock_name(const void *ctx, unsigned field)
{
    (void)ctx;
    return stock_field_name((enum stock_field)field);
}

struct table_shown table_shown_of(const struct table_reader *reader, const char *const *fields)
{
    return (struct table_shown){&reader->sheets, &reader->views, fields, stock_name, NULL};
}

void table_put_mapping(struct json_out *out, const struct table_shown *shown, const struct table_fit *fit)
{
    const struct table_view *found = table_mapping_sheet(shown), *view = found ? found : &no_view;
    json_object(out);
    put_fields(out, shown->fields);
    put_sheets(out, shown->sheets);
    table_put_profile(out, fit);
    put_view(out, shown, view, TABLE_HEAD_ROWS);
    put_others(out, shown, view);
    json_object_end(out);
}
