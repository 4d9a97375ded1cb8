/* Columns and sheets of a file as JSON. */
#include "handlers/table/result.h"

/* clang-format off */
const struct result_spec table_ignored_members[] = {
    {.name = "column", .kind = RESULT_TEXT, .help = "Its letter."},
    {.name = "caption", .kind = RESULT_TEXT},
    {.name = "why", .kind = RESULT_TEXT},
    {.name = NULL},
};

const struct result_spec table_sheet_members[] = {
    {.name = "name", .kind = RESULT_TEXT},
    {.name = "rows", .kind = RESULT_COUNT, .optional = true, .help = "Data rows; of a sheet that was read."},
    {.name = "read", .kind = RESULT_BOOL},
    {.name = "why", .kind = RESULT_TEXT, .optional = true, .help = "Why it was not read."},
    {.name = NULL},
};
/* clang-format on */

void table_put_ignored(struct json_out *out, const struct table_heading *heading)
{
    char letter[4];
    json_key(out, "ignored");
    json_array(out);
    for (uint32_t column = 0; heading && column < TABLE_COLUMNS; column++) {
        enum table_unread why = (enum table_unread)heading->at[column].why;
        if (why == READ_OK)
            continue;
        json_object(out);
        json_put_string(out, "column", table_column_letter(column, letter));
        json_put_string(out, "caption", table_heading_caption(heading, column));
        json_put_string(out, "why", table_unread_text(why));
        json_object_end(out);
    }
    json_array_end(out);
}

void table_put_sheets(struct json_out *out, const struct table_sheets *sheets)
{
    json_key(out, "sheets");
    json_array(out);
    for (uint32_t i = 0; i < sheets->n; i++) {
        const struct table_sheet *sheet = &sheets->sheet[i];
        json_object(out);
        json_put_string(out, "name", sheet->name);
        if (sheet->why == SHEET_READ)
            json_put_int(out, "rows", sheet->rows);
        json_put_bool(out, "read", sheet->why == SHEET_READ);
        if (sheet->why != SHEET_READ)
            json_put_string(out, "why", table_sheet_why(sheet));
        json_object_end(out);
    }
    json_array_end(out);
}
