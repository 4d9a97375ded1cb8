/* The result of an import of a catalogue file. */
#include "handlers/table/result.h"
#include "base/json.h"
#include "handlers/catalog/run.h"
#include "handlers/heading/head.h"

/* clang-format off */
static const struct result_spec ignored_members[] = {
    {.name = "column", .kind = RESULT_TEXT, .help = "Its letter."},
    {.name = "caption", .kind = RESULT_TEXT},
    {.name = "why", .kind = RESULT_TEXT, .help = "Why it is not read."},
    {.name = NULL},
};

static const struct result_spec file_members[] = {
    {.name = "name", .kind = RESULT_TEXT},
    {.name = "format", .kind = RESULT_TEXT, .help = "As recognised by its content."},
    {.name = "sheet", .kind = RESULT_TEXT, .help = "The sheet that was read; empty for CSV."},
    {.name = "header_row", .kind = RESULT_ID, .help = "Row of the heading, from 1."},
    {.name = "columns", .kind = RESULT_COUNTS, .help = "Column of the file by column of the table, from 1."},
    {.name = "ignored", .kind = RESULT_LIST, .members = ignored_members, .help = "Columns that are not read."},
    {.name = "sheets", .kind = RESULT_LIST, .members = table_sheet_members, .help = "Every sheet of the file."},
    PROFILE_FILE_MEMBERS,
    {.name = NULL},
};

const struct result_spec catalog_result_members[] = {
    {.name = "table", .kind = RESULT_CHOICE, .choices = catalog_table_names},
    {.name = "dry_run", .kind = RESULT_BOOL, .optional = true, .help = "True: nothing was written."},
    {.name = "file", .kind = RESULT_OBJECT, .optional = true, .members = file_members, .help = "Absent, as dry_run and errors_truncated, in results of earlier versions."},
    {.name = "rows_total", .kind = RESULT_COUNT, .help = "Rows of the file; accepted and rejected ones."},
    {.name = "rows_accepted", .kind = RESULT_COUNT, .optional = true, .help = "Inserted, updated and unchanged ones. Absent, as rows_rejected, in results of earlier versions."},
    {.name = "rows_rejected", .kind = RESULT_COUNT, .optional = true},
    {.name = "inserted", .kind = RESULT_COUNT},
    {.name = "updated", .kind = RESULT_COUNT},
    {.name = "unchanged", .kind = RESULT_COUNT},
    {.name = "rejected", .kind = RESULT_COUNT, .deprecated = true, .help = "Now rows_rejected."},
    {.name = "errors", .kind = RESULT_ISSUES, .help = "Rejected rows by code; a row counts under each of its codes."},
    {.name = "errors_truncated", .kind = RESULT_BOOL, .optional = true, .help = "True: not every error is kept with its text."},
    {.name = "relinked", .kind = RESULT_COUNT, .optional = true, .help = "Rows of stock and quotes that have a lot now; absent after a dry run."},
    {.name = "mapping", .kind = RESULT_OBJECT, .optional = true, .members = table_mapping_members, .help = "After a dry run: sheets, first rows, and what each column was taken for."},
    RESULT_REJECTS,
    {.name = NULL},
};
/* clang-format on */

static void put_ignored(const struct catalog_file *file, struct json_out *out)
{
    char letter[4];
    json_key(out, "ignored");
    json_array(out);
    for (uint32_t i = 0; i < TABLE_COLUMNS; i++) {
        if (file->head.why[i] == COLUMN_READ)
            continue;
        json_object(out);
        json_put_string(out, "column", table_column_letter(i, letter));
        json_put_string(out, "caption", file->head.caption[i]);
        json_put_string(out, "why", catalog_unread_text((enum catalog_unread)file->head.why[i]));
        json_object_end(out);
    }
    json_array_end(out);
}

static void put_file(const struct catalog_run *run, struct json_out *out)
{
    const struct catalog_file *file = &run->file;
    const struct table_shown shown = catalog_run_shown(run);
    json_key(out, "file");
    json_object(out);
    json_put_string(out, "name", run->job->file->name);
    json_put_string(out, "format", sheet_format_name(run->format));
    json_put_string(out, "sheet", file->sheets.sheet[file->read_sheet].name);
    json_put_int(out, "header_row", file->head.row + 1);
    json_key(out, "columns");
    json_object(out);
    for (size_t i = 0; run->table->columns[i].name; i++)
        if (file->head.present[i])
            json_put_int(out, run->table->columns[i].name, file->head.file_column[i] + 1);
    json_object_end(out);
    put_ignored(file, out);
    table_put_sheets(out, &file->sheets);
    profile_put_file(out, &shown, run->dry_run ? &run->fitting : NULL);
    json_object_end(out);
}

char *catalog_result_json(const struct catalog_run *run)
{
    const struct table_shown shown = catalog_run_shown(run);
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    json_put_string(&out, "table", run->table->name);
    json_put_bool(&out, "dry_run", run->dry_run);
    put_file(run, &out);
    json_put_int(&out, "rows_total", run->file.rows_total);
    json_put_int(&out, "rows_accepted", run->file.rows_total - run->file.rejected);
    json_put_int(&out, "rows_rejected", run->file.rejected);
    json_put_int(&out, "inserted", (int64_t)run->inserted);
    json_put_int(&out, "updated", (int64_t)run->updated);
    json_put_int(&out, "unchanged", (int64_t)(run->staged + run->file.repeated - run->inserted - run->updated));
    json_put_int(&out, "rejected", run->file.rejected);
    json_key(&out, "errors");
    json_object(&out);
    for (unsigned i = 0; i < run->file.n_counts; i++)
        json_put_int(&out, run->file.counts[i].code, (int64_t)run->file.counts[i].n);
    json_object_end(&out);
    json_put_bool(&out, "errors_truncated", run->file.all_issues > run->file.issues.n);
    if (!run->dry_run)
        json_put_int(&out, "relinked", (int64_t)(run->relinked.stock + run->relinked.quotes));
    if (run->file.rejected)
        run_put_rejects(&out, run->job->id);
    if (run->dry_run) {
        json_key(&out, "mapping");
        table_put_mapping(&out, &shown, &run->fitting);
    }
    json_object_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}

int catalog_find_profile(struct catalog_run *run, struct store_conn *db)
{
    const struct table_shown shown = catalog_run_shown(run);
    return profile_fitting(db, "catalog_import", run->job->params, &shown, &run->fitting);
}
