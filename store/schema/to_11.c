/* Versions 2 to 11 of the schema: what tasks tell about themselves, refused rows, indexes. */
#include "store/schema/versions.h"

/* Everything a price is computed from, in the order it is read in: without it each quote costs a look into the table,
 * which makes a recalculation several times slower. */
static const char index_quote_price[] =
    "CREATE INDEX IF NOT EXISTS ix_price ON price_quote (component_id, id, quoted_on, party_id, price, price_per, "
    "currency, vat_included, vat_rate, min_qty, qty, valid_until, status, pn_norm)";

const char *const schema_version_2[] = {
    index_quote_price,
    NULL,
};

/* Unmatched stock (component_id NULL) is listed and linked by its number. Without the number in the index both would
 * read every unmatched row, and a link would lock them. */
static const char index_stock_number[] =
    "ALTER TABLE stock_item DROP INDEX IF EXISTS ix_comp, ADD INDEX ix_comp (component_id, pn_norm)";

const char *const schema_version_3[] = {
    index_stock_number,
    NULL,
};

/* Who asked for a task and by which request, which task it repeats, who asked to stop it and why. */
static const char alter_task_origin[] = "ALTER TABLE task ADD COLUMN IF NOT EXISTS request_id VARCHAR(36) NULL, "
                                        "ADD COLUMN IF NOT EXISTS retry_of UUID NULL, "
                                        "ADD COLUMN IF NOT EXISTS cancel_requested_at DATETIME(3) NULL, "
                                        "ADD COLUMN IF NOT EXISTS cancel_by VARCHAR(64) NULL, "
                                        "ADD COLUMN IF NOT EXISTS cancel_reason VARCHAR(200) NULL";

/* Idempotency keys that are not in a row of `task`: the start joined an existing task, or the task was forgotten. */
static const char create_idem_key[] = TABLE("idem_key", "scope BINARY(32) PRIMARY KEY, "
                                                        "payload BINARY(32) NOT NULL, "
                                                        "task_id UUID NOT NULL, "
                                                        "created_at DATETIME(3) NOT NULL, "
                                                        "KEY ix_created (created_at)");

/* A task's log as text in pieces; `at` is the offset of the piece's first byte. */
static const char create_task_log[] =
    TABLE("task_log", "task_id UUID NOT NULL, "
                      "at INT UNSIGNED NOT NULL, "
                      "text TEXT NOT NULL, "
                      "PRIMARY KEY (task_id, at), "
                      "CONSTRAINT fk_log_task FOREIGN KEY (task_id) REFERENCES task(id) ON DELETE CASCADE");

const char *const schema_version_4[] = {
    alter_task_origin,
    create_idem_key,
    create_task_log,
    NULL,
};

/* For lists that filter by type and status: each pair is one range, newest last. */
static const char index_task_list[] =
    "CREATE INDEX IF NOT EXISTS ix_type_status ON task (type, status, created_at, id)";

/* How many tasks ended, by type and state, without counting rows. One total would make tasks that end together wait
 * for each other, and would make the snapshot of a long import refuse to commit. Therefore each end adds a row of its
 * own beside its final state, in the same transaction, and the janitor adds these rows up. */
static const char create_task_count[] =
    TABLE("task_count", "type VARCHAR(32) NOT NULL, "
                        "status ENUM('queued','running','succeeded','failed','cancelled') NOT NULL, "
                        "n BIGINT NOT NULL, "
                        "PRIMARY KEY (type, status)");

static const char create_task_count_change[] =
    TABLE("task_count_change", "id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, "
                               "type VARCHAR(32) NOT NULL, "
                               "status ENUM('queued','running','succeeded','failed','cancelled') NOT NULL, "
                               "n TINYINT NOT NULL");

/* The triggers are dropped first and created last, so that a second run counts nothing twice. */
const char *const schema_version_5[] = {
    index_task_list,
    create_task_count,
    create_task_count_change,
    "DROP TRIGGER IF EXISTS task_added",
    "DROP TRIGGER IF EXISTS task_ended",
    "DROP TRIGGER IF EXISTS task_dropped",
    "DELETE FROM task_count_change",
    "DELETE FROM task_count",
    "INSERT INTO task_count (type, status, n) SELECT type, status, COUNT(*) FROM task WHERE finished_at IS NOT NULL "
    "GROUP BY type, status",
    "CREATE OR REPLACE TRIGGER task_added AFTER INSERT ON task FOR EACH ROW IF NEW.finished_at IS NOT NULL THEN "
    "INSERT INTO task_count_change (type, status, n) VALUES (NEW.type, NEW.status, 1); END IF",
    "CREATE OR REPLACE TRIGGER task_ended AFTER UPDATE ON task FOR EACH ROW IF OLD.finished_at IS NULL AND "
    "NEW.finished_at IS NOT NULL THEN INSERT INTO task_count_change (type, status, n) VALUES (NEW.type, NEW.status, "
    "1); END IF",
    "CREATE OR REPLACE TRIGGER task_dropped AFTER DELETE ON task FOR EACH ROW IF OLD.finished_at IS NOT NULL THEN "
    "INSERT INTO task_count_change (type, status, n) VALUES (OLD.type, OLD.status, -1); END IF",
    NULL,
};

/* What a poll last showed of a task that ended without success: the percent and the rows counted (progress_rejected
 * is NULL if it counted none). And the trace that its request belongs to. */
static const char alter_task_reached[] = "ALTER TABLE task ADD COLUMN IF NOT EXISTS progress TINYINT UNSIGNED NOT NULL "
                                         "DEFAULT 0, ADD COLUMN IF NOT EXISTS progress_rejected BIGINT UNSIGNED NULL, "
                                         "ADD COLUMN IF NOT EXISTS traceparent CHAR(55) CHARACTER SET ascii NULL";

const char *const schema_version_6[] = {
    alter_task_reached,
    NULL,
};

/* Names of the columns whose cells an import kept with its row errors, separated by tabs: a failed import has no
 * result that could name them. */
static const char alter_task_columns[] = "ALTER TABLE task ADD COLUMN IF NOT EXISTS reject_columns VARCHAR(500) NULL";

const char *const schema_version_7[] = {
    alter_task_columns,
    NULL,
};

/* As in the part-number map: an unmatched number in stock may look like the code of a lot. */
static const char alter_component_skeleton[] =
    "ALTER TABLE component ADD COLUMN IF NOT EXISTS lot_skeleton VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL "
    "DEFAULT '' AFTER lot_norm, ADD INDEX IF NOT EXISTS ix_skel (lot_skeleton)";
static const char fill_component_skeleton[] =
    "UPDATE component SET lot_skeleton = "
    "REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE("
    "lot_norm,'O','0'),'Q','0'),'I','1'),'L','1'),'Z','2'),'S','5'),'B','8'),'G','6'),'З','3'),'Ч','4'),'Б','6'), "
    "updated_at = updated_at WHERE lot_skeleton = ''";

const char *const schema_version_8[] = {
    alter_component_skeleton,
    fill_component_skeleton,
    NULL,
};

/* What an upload turned out to be when it arrived: it is sniffed and, if a digest was asked for, hashed only there. */
static const char alter_task_file[] = "ALTER TABLE task ADD COLUMN IF NOT EXISTS file_format VARCHAR(7) CHARACTER SET "
                                      "ascii NULL, ADD COLUMN IF NOT EXISTS file_sha256 BINARY(32) NULL";

const char *const schema_version_9[] = {
    alter_task_file,
    NULL,
};

/* What a task has counted; NULL = not counted. Successes have these columns too; before, their numbers were only in
 * the result. */
static const char alter_task_counts[] = "ALTER TABLE task MODIFY COLUMN progress_done BIGINT UNSIGNED NULL, "
                                        "ADD COLUMN IF NOT EXISTS progress_created BIGINT UNSIGNED NULL, "
                                        "ADD COLUMN IF NOT EXISTS progress_updated BIGINT UNSIGNED NULL, "
                                        "ADD COLUMN IF NOT EXISTS progress_unchanged BIGINT UNSIGNED NULL";
static const char forget_unknown_counts[] = "UPDATE task SET progress_done = NULL WHERE progress_rejected IS NULL";
static const char fill_import_counts[] =
    "UPDATE task SET progress_total = JSON_VALUE(result, '$.rows_total'), progress_done = progress_total, "
    "progress_created = JSON_VALUE(result, '$.inserted'), progress_updated = JSON_VALUE(result, '$.updated'), "
    "progress_unchanged = JSON_VALUE(result, '$.unchanged'), "
    "progress_rejected = COALESCE(JSON_VALUE(result, '$.rows_rejected'), JSON_VALUE(result, '$.rejected')) "
    "WHERE status = 'succeeded' AND type IN ('stock_import', 'catalog_import')";
static const char fill_recalculate_counts[] =
    "UPDATE task SET progress_total = JSON_VALUE(result, '$.components_total'), progress_done = progress_total, "
    "progress_updated = JSON_VALUE(result, '$.updated'), progress_unchanged = JSON_VALUE(result, '$.unchanged'), "
    "progress_rejected = JSON_VALUE(result, '$.failed') WHERE status = 'succeeded' AND type = 'recalculate'";
static const char fill_pricelist_counts[] =
    "UPDATE task SET progress_total = JSON_VALUE(result, '$.items') + "
    "COALESCE((SELECT SUM(s.n) FROM JSON_TABLE(JSON_EXTRACT(task.result, '$.skipped.*'), '$[*]' "
    "COLUMNS (n BIGINT PATH '$')) AS s), 0), progress_done = progress_total, "
    "progress_rejected = COALESCE(JSON_VALUE(result, '$.skipped.failed'), 0) "
    "WHERE status = 'succeeded' AND type = 'pricelist_create'";

const char *const schema_version_10[] = {
    alter_task_counts, forget_unknown_counts, fill_import_counts, fill_recalculate_counts, fill_pricelist_counts, NULL,
};

/* The headings of an imported file, and with each refused row its cells, so that it can be written as the file has it:
 * captions is a list of rows of texts by column, cells a list of texts, numbers and nulls by column. Rows and names of
 * columns that were kept before are turned into these. */
static const char create_task_heading[] =
    TABLE("task_heading", "task_id UUID NOT NULL, "
                          "number SMALLINT UNSIGNED NOT NULL, "
                          "sheet VARCHAR(64) NULL, "
                          "captions MEDIUMTEXT NOT NULL, "
                          "csv_separator CHAR(1) CHARACTER SET ascii NULL, "
                          "PRIMARY KEY (task_id, number), "
                          "CONSTRAINT fk_heading_task FOREIGN KEY (task_id) REFERENCES task(id) ON DELETE CASCADE");
static const char alter_row_error_place[] =
    "ALTER TABLE task_row_error ADD COLUMN IF NOT EXISTS heading SMALLINT UNSIGNED NULL AFTER row_no, "
    "ADD COLUMN IF NOT EXISTS column_letter VARCHAR(3) CHARACTER SET ascii NULL AFTER heading, "
    "ADD COLUMN IF NOT EXISTS caption VARCHAR(255) NULL AFTER column_letter, "
    "ADD COLUMN IF NOT EXISTS cells TEXT NULL AFTER raw";
/* They are read in the order in which they were written. */
static const char index_row_error_order[] =
    "ALTER TABLE task_row_error DROP INDEX IF EXISTS ix_task, ADD INDEX ix_task (task_id, id)";
static const char fill_task_heading[] =
    "INSERT IGNORE INTO task_heading (task_id, number, captions) SELECT id, 1, CONCAT('[[\"', REPLACE(reject_columns, "
    "'\\t', '\",\"'), '\"]]') FROM task WHERE reject_columns IS NOT NULL";
static const char fill_row_error_cells[] =
    "UPDATE task_row_error SET heading = 1, cells = CONCAT('[', REPLACE(JSON_QUOTE(REPLACE(raw, '\\t', '\uFFFF')), "
    "'\uFFFF', '\",\"'), ']') WHERE heading IS NULL AND cells IS NULL";

/* Stock comes as CSV too. */
static const char alter_stock_import_format[] =
    "ALTER TABLE stock_import MODIFY file_format ENUM('xlsx','mxl','csv') NOT NULL";

/* The names are made again first, in case that this was the last statement before a crash. */
static const char drop_task_columns[] = "ALTER TABLE task DROP COLUMN IF EXISTS reject_columns";

const char *const schema_version_11[] = {
    alter_task_columns,    create_task_heading,       alter_row_error_place,
    index_row_error_order, fill_task_heading,         fill_row_error_cells,
    drop_task_columns,     alter_stock_import_format, NULL,
};
