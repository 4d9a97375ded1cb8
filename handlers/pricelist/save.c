/* Writing a price list: part numbers, header, items, and the report. */
#include "handlers/pricelist/run.h"

#include "base/hex.h"
#include "base/json.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const source_names[] = {"estimate", "warehouse", "competitor", NULL};

/* ---- Part numbers ---------------------------------------------------------------------------------------------- */

static uint32_t characters(const char *text)
{
    uint32_t n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* Rows of one component follow one another, so its text is the last in the arena and grows in place. The list ends with
 * the last whole number that fits. */
static int on_number(const struct store_value *v, unsigned n, void *ctx)
{
    struct list_run *run = ctx;
    struct list_row *row = list_row_of(run, (uint32_t)price_column_number(&v[0], 0));
    uint32_t chars = characters(v[1].text);
    (void)n;
    if (!row || row->skip != LIST_IN || row->numbers_full)
        return 0;
    if (row->numbers == ARENA_NONE) {
        row->numbers = arena_add(&run->texts, v[1].text, v[1].len);
        row->numbers_chars = chars;
        return 0;
    }
    row->numbers_full = row->numbers_chars + 3 + chars > LIST_NUMBERS;
    if (row->numbers_full)
        return 0;
    run->texts.used--; /* over the terminator */
    arena_add(&run->texts, BETWEEN_NUMBERS, sizeof BETWEEN_NUMBERS - 1);
    run->texts.used--;
    arena_add(&run->texts, v[1].text, v[1].len);
    row->numbers_chars += 3 + chars;
    return 0;
}

int list_load_numbers(struct list_run *run)
{
    if (run->n_ids == 0 || run->dry_run)
        return 0;
    char *list = price_ids_json(run->ids, run->n_ids);
    struct store_value ids = STORE_S(list);
    int rc = store_query(run->db,
                         "SELECT STRAIGHT_JOIN m.component_id, m.part_number FROM JSON_TABLE(?, '$[*]' COLUMNS (id INT "
                         "UNSIGNED PATH '$')) j JOIN part_number_map m FORCE INDEX (ix_comp) ON m.component_id = j.id "
                         "ORDER BY m.component_id, m.pn_norm, m.vendor_norm",
                         &ids, 1, on_number, run);
    free(list);
    return rc;
}

/* ---- Header ---------------------------------------------------------------------------------------------------- */

struct numbering {
    uint32_t seq, day;
    char *params;
};

static int on_numbers(const struct store_value *v, unsigned n, void *ctx)
{
    struct numbering *numbering = ctx;
    (void)n;
    numbering->seq = (uint32_t)price_column_number(&v[0], 0) + 1;
    numbering->day = (uint32_t)price_column_number(&v[1], 0) + 1;
    return 0;
}

static int on_params(const struct store_value *v, unsigned n, void *ctx)
{
    (void)n;
    *(char **)ctx = strdup(v[0].text);
    return 0;
}

static int insert_header(struct list_run *run, const struct numbering *numbering, const char *as_of, const char *task)
{
    uint64_t id = 0;
    struct store_value v[] = {STORE_S(source_names[run->source]),
                              STORE_U(numbering->seq),
                              STORE_S(run->version),
                              STORE_S(run->currency),
                              STORE_S(as_of),
                              STORE_S(numbering->params ? numbering->params : "{}"),
                              run->previous.id ? STORE_U(run->previous.id) : STORE_N,
                              STORE_S(task),
                              STORE_S_OR_NULL(run->note)};
    if (store_run(run->db,
                  "INSERT INTO pricelist (source, seq, version, status, currency, as_of, params, previous_id, task_id, "
                  "note) VALUES (?, ?, ?, 'building', ?, ?, ?, ?, ?, ?)",
                  v, 9, NULL, &id) != 0)
        return -1;
    run->list_id = (uint32_t)id;
    run->write = list_items_begin(run->db);
    return run->write ? 0 : -1;
}

int list_save_header(struct list_run *run, struct job_ending *ending)
{
    struct numbering numbering = {0};
    struct run_uuid task = run_uuid(run->job->id);
    struct price_date as_of = price_date(run->as_of);
    struct store_value source = STORE_S(source_names[run->source]), day[] = {STORE_S(as_of.s), source},
                       id = STORE_SN(task.s, 36);
    if (store_query(run->db,
                    "SELECT MAX(seq), MAX(IF(as_of = ?, CAST(SUBSTRING(version, 12) AS UNSIGNED), 0)) FROM pricelist "
                    "WHERE source = ?",
                    day, 2, on_numbers, &numbering) != 0)
        return -1;
    if (numbering.day > 9999) {
        job_ending_fail(ending, "E_TOO_MANY_VERSIONS", "There are already 9999 lists of this source and day.");
        return JOB_EFFECT_REJECT;
    }
    list_version(run->as_of, numbering.day, run->version);
    int rc = store_query(run->db, "SELECT params FROM task WHERE id = ?", &id, 1, on_params, &numbering.params);
    if (rc == 0)
        rc = insert_header(run, &numbering, as_of.s, task.s);
    free(numbering.params);
    return rc;
}

int list_save_ready(struct list_run *run)
{
    struct store_value v[] = {STORE_U(run->items), STORE_B((const char *)run->sha256, 32), STORE_U(run->list_id)};
    if (store_bulk_flush(run->write) != 0)
        return -1;
    return store_run(run->db, "UPDATE pricelist SET items = ?, content_sha256 = ?, status = 'ready' WHERE id = ?", v, 3,
                     NULL, NULL);
}

/* ---- Report ---------------------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct result_spec diff_members[] = {
    {.name = "added", .kind = RESULT_COUNT},
    {.name = "removed", .kind = RESULT_COUNT},
    {.name = "up", .kind = RESULT_COUNT},
    {.name = "down", .kind = RESULT_COUNT},
    {.name = "same", .kind = RESULT_COUNT},
    {.name = "avg_pct", .kind = RESULT_DECIMAL, .nullable = true, .help = "Mean change of the lots in both lists."},
    {.name = NULL},
};

const struct result_spec list_result_members[] = {
    {.name = "pricelist_id", .kind = RESULT_ID, .nullable = true, .help = "Null after a dry run."},
    {.name = "created", .kind = RESULT_BOOL, .help = "False: a dry run, or the last list is the same and is the answer."},
    {.name = "source", .kind = RESULT_CHOICE, .choices = source_names},
    {.name = "version", .kind = RESULT_TEXT, .nullable = true},
    {.name = "currency", .kind = RESULT_TEXT},
    {.name = "as_of", .kind = RESULT_DATE, .help = "The day of the list."},
    RESULT_ROWS("Components that were looked at; inserted, unchanged and those skipped add up to it."),
    {.name = "inserted", .kind = RESULT_COUNT, .optional = true, .help = "Items of a new list, or of the list that a dry run would make."},
    {.name = "updated", .kind = RESULT_COUNT, .optional = true, .help = "0: a list never changes."},
    {.name = "unchanged", .kind = RESULT_COUNT, .optional = true, .help = "Items of the last list, if that is the answer."},
    {.name = "items", .kind = RESULT_COUNT},
    {.name = "skipped", .kind = RESULT_COUNTS, .help = "Components that are not in the list, by reason."},
    {.name = "content_sha256", .kind = RESULT_SHA256, .help = "Equal for equal content."},
    {.name = "previous_id", .kind = RESULT_ID, .nullable = true, .help = "The previous list of this source."},
    {.name = "diff", .kind = RESULT_OBJECT, .nullable = true, .members = diff_members, .help = "Compared with the previous list; null if there is none in the same currency."},
    RESULT_REJECTS,
    {.name = NULL},
};
/* clang-format on */

static void put_diff(struct json_out *out, const struct list_previous *previous)
{
    static const enum diff_status order[] = {DIFF_ADDED, DIFF_REMOVED, DIFF_UP, DIFF_DOWN, DIFF_SAME};
    char text[48];
    dec128 pct;
    json_key(out, "diff");
    if (!previous->compared) {
        json_null(out);
        return;
    }
    json_object(out);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        json_put_int(out, diff_status_name(order[i]), previous->diff.count[order[i]]);
    bool any = diff_average(&previous->diff, &pct);
    if (any)
        dec_format(pct, 2, false, text, sizeof text);
    json_put_string(out, "avg_pct", any ? text : NULL);
    json_object_end(out);
}

static void put_number_or_null(struct json_out *out, const char *key, uint32_t number)
{
    json_key(out, key);
    if (number)
        json_int(out, number);
    else
        json_null(out);
}

/* If the answer is the last list, its own day counts. */
static int32_t day_of(const struct list_run *run)
{
    return run->list_id && run->list_id == run->previous.id ? run->previous.as_of : run->as_of;
}

/* Under the names that every type has. */
static void put_rows(struct json_out *out, const struct list_run *run)
{
    bool last = run->list_id && run->list_id == run->previous.id;
    uint64_t total = run->items;
    for (unsigned i = LIST_INACTIVE; i < LIST_SKIPS; i++)
        total += run->skipped[i];
    json_put_int(out, "rows_total", (int64_t)total);
    json_put_int(out, "rows_rejected", (int64_t)run->skipped[LIST_FAILED]);
    json_put_int(out, "inserted", last ? 0 : (int64_t)run->items);
    json_put_int(out, "updated", 0);
    json_put_int(out, "unchanged", last ? (int64_t)run->items : 0);
}

char *list_result_json(const struct list_run *run)
{
    struct json_out out;
    char hash[65];
    json_out_init(&out);
    json_object(&out);
    put_number_or_null(&out, "pricelist_id", run->list_id);
    json_put_bool(&out, "created", run->created);
    json_put_string(&out, "source", source_names[run->source]);
    json_put_string(&out, "version", run->version[0] ? run->version : NULL);
    json_put_string(&out, "currency", run->currency);
    json_put_string(&out, "as_of", price_date(day_of(run)).s);
    put_rows(&out, run);
    json_put_int(&out, "items", (int64_t)run->items);
    json_key(&out, "skipped");
    json_object(&out);
    for (unsigned i = LIST_INACTIVE; i < LIST_SKIPS; i++)
        if (run->skipped[i] > 0)
            json_put_int(&out, list_skip_name((enum list_skip)i), (int64_t)run->skipped[i]);
    json_object_end(&out);
    hex_text(run->sha256, 32, hash);
    json_put_string(&out, "content_sha256", hash);
    put_number_or_null(&out, "previous_id", run->previous.id);
    put_diff(&out, &run->previous);
    if (run->skipped[LIST_FAILED] > 0)
        run_put_rejects(&out, run->job->id);
    json_object_end(&out);
    char *text = json_out_copy(&out);
    json_out_fini(&out);
    return text;
}
