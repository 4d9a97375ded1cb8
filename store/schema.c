/* The versions of the schema and the list of migrations.
 *
 *   - A released statement is never edited, since its checksum is recorded in every database. A change is a new version.
 *   - Every statement must be harmless when it runs a second time: MariaDB commits DDL by itself, and a migration may be
 *     killed between any two statements.
 *   - Engine, character set and collation are named each time: a server's defaults may be latin1.
 *   - Codes and normalised numbers are utf8mb4_nopad_bin: bytes must be equal, a trailing blank counts. */
#include "store/migrate.h"
#include "store/words.h"

#include <stddef.h>

/* clang-format off */
#define TABLE(name, columns)                                                                                           \
    "CREATE TABLE IF NOT EXISTS " name " (" columns ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 "                         \
    "COLLATE=utf8mb4_uca1400_as_ci"

/* ---- Tasks, catalogue, quotes, stock, price lists ------------------------------------------------------------- */

static const char create_schema_version[] = TABLE("schema_version",
    "version INT UNSIGNED PRIMARY KEY, "
    "name VARCHAR(120) NOT NULL, "
    "sha256 BINARY(32) NOT NULL, "
    "applied_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)");

static const char create_task[] = TABLE("task",
    "id UUID PRIMARY KEY, "
    "node UUID NOT NULL, "
    "type VARCHAR(32) NOT NULL, "
    "status ENUM('queued','running','succeeded','failed','cancelled') NOT NULL DEFAULT 'queued', "
    "params LONGTEXT NOT NULL CHECK (JSON_VALID(params)), "
    "outcome ENUM('succeeded','partial','failed','cancelled','timed_out','interrupted','expired') NULL, "
    "message VARCHAR(255) NULL, "
    "result LONGTEXT NULL CHECK (result IS NULL OR JSON_VALID(result)), "
    "error_code VARCHAR(40) NULL, "
    "error_message VARCHAR(500) NULL, "
    "stage VARCHAR(40) NULL, "
    "progress_done BIGINT UNSIGNED NOT NULL DEFAULT 0, "
    "progress_total BIGINT UNSIGNED NULL, "
    "attempt SMALLINT UNSIGNED NOT NULL DEFAULT 0, "
    "cancel_requested BOOLEAN NOT NULL DEFAULT 0, "
    "idem_scope BINARY(32) NULL, "
    "idem_payload BINARY(32) NULL, "
    "live_key BINARY(32) NULL, "
    "requested_by VARCHAR(64) NULL, "
    "file_name VARCHAR(255) NULL, "
    "file_offset BIGINT UNSIGNED NULL, "
    "file_length BIGINT UNSIGNED NULL, "
    "created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), "
    "started_at DATETIME(3) NULL, "
    "heartbeat_at DATETIME(3) NULL, "
    "finished_at DATETIME(3) NULL, "
    "UNIQUE KEY uq_idem (idem_scope), "
    "UNIQUE KEY uq_live (live_key), "
    "KEY ix_node (node, status, created_at, id), "
    "KEY ix_finished (finished_at, id), "
    "KEY ix_created (created_at, id), "
    "KEY ix_queue (status, created_at, id), "
    "KEY ix_type (type, created_at)");

static const char create_task_row_error[] = TABLE("task_row_error",
    "id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, "
    "task_id UUID NOT NULL, "
    "severity ENUM('error','warning') NOT NULL, "
    "sheet VARCHAR(64) NULL, "
    "row_no INT UNSIGNED NOT NULL, "
    "field VARCHAR(24) NULL, "
    "code VARCHAR(32) NOT NULL, "
    "message VARCHAR(255) NOT NULL, "
    "raw VARCHAR(1000) NOT NULL DEFAULT '', "
    "pn_norm VARCHAR(64) COLLATE utf8mb4_nopad_bin NULL, "
    "suggestion VARCHAR(255) NULL, "
    "KEY ix_task (task_id, row_no), "
    "KEY ix_code (task_id, code), "
    "CONSTRAINT fk_tre_task FOREIGN KEY (task_id) REFERENCES task(id) ON DELETE CASCADE");

static const char create_component[] = TABLE("component",
    "id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, "
    "lot_code VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL, "
    "lot_norm VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL, "
    "name VARCHAR(255) NOT NULL, "
    "category VARCHAR(32) NOT NULL DEFAULT '', "
    "unit ENUM('pcs','set','m') NOT NULL DEFAULT 'pcs', "
    "active BOOLEAN NOT NULL DEFAULT 1, "
    "price_method ENUM('weighted_avg','average','median','min','latest','manual') NULL, "
    "window_days SMALLINT UNSIGNED NULL, "
    "coefficient DECIMAL(7,4) NOT NULL DEFAULT 1 CHECK (coefficient > 0), "
    "manual_price DECIMAL(14,4) NULL CHECK (manual_price > 0), "
    "price DECIMAL(14,4) NULL CHECK (price > 0), "
    "price_state ENUM('none','fresh','stale','manual') NOT NULL DEFAULT 'none', "
    "price_as_of DATE NULL, "
    "price_task UUID NULL, "
    "price_changed_at DATETIME(3) NULL, "
    "updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), "
    "UNIQUE KEY uq_lot (lot_code), "
    "UNIQUE KEY uq_lot_norm (lot_norm), "
    "KEY ix_cat (category, active)");

static const char create_part_number_map[] = TABLE("part_number_map",
    "id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, "
    "vendor_norm VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '', "
    "pn_norm VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL CHECK (pn_norm <> ''), "
    "pn_skeleton VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL, "
    "part_number VARCHAR(128) NOT NULL, "
    "component_id INT UNSIGNED NOT NULL, "
    "lot_qty DECIMAL(12,3) NOT NULL DEFAULT 1 CHECK (lot_qty > 0), "
    "pack_qty DECIMAL(12,3) NULL CHECK (pack_qty > 0), "
    "created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), "
    "created_by VARCHAR(64) NULL, "
    "UNIQUE KEY uq_map (pn_norm, vendor_norm), "
    "KEY ix_skel (pn_skeleton), "
    "KEY ix_comp (component_id), "
    "CONSTRAINT fk_map_comp FOREIGN KEY (component_id) REFERENCES component(id)");

static const char create_party[] = TABLE("party",
    "id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, "
    "kind ENUM('supplier','competitor') NOT NULL, "
    "code VARCHAR(32) COLLATE utf8mb4_nopad_bin NOT NULL, "
    "name VARCHAR(255) NOT NULL, "
    "weight DECIMAL(6,3) NOT NULL DEFAULT 1 CHECK (weight BETWEEN 0 AND 100), "
    "active BOOLEAN NOT NULL DEFAULT 1, "
    "UNIQUE KEY uq_party (kind, code)");

static const char create_price_quote[] = TABLE("price_quote",
    "id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, "
    "party_id INT UNSIGNED NOT NULL, "
    "component_id INT UNSIGNED NULL, "
    "part_number VARCHAR(128) NULL, "
    "pn_norm VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '', "
    "price DECIMAL(15,4) NOT NULL CHECK (price > 0), "
    "price_per INT UNSIGNED NOT NULL DEFAULT 1 CHECK (price_per BETWEEN 1 AND 100000), "
    "currency CHAR(3) COLLATE utf8mb4_nopad_bin NOT NULL, "
    "vat_included BOOLEAN NOT NULL DEFAULT 0, "
    "vat_rate DECIMAL(5,2) NOT NULL DEFAULT 0 CHECK (vat_rate BETWEEN 0 AND 99.99), "
    "min_qty DECIMAL(15,3) NOT NULL DEFAULT 1 CHECK (min_qty > 0), "
    "qty DECIMAL(15,3) NULL CHECK (qty >= 0), "
    "quoted_on DATE NOT NULL, "
    "valid_until DATE NULL, "
    "status ENUM('active','rejected') NOT NULL DEFAULT 'active', "
    "note VARCHAR(255) NULL, "
    "ext_ref VARCHAR(96) COLLATE utf8mb4_nopad_bin NULL, "
    "created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), "
    "UNIQUE KEY uq_ext (ext_ref), "
    "KEY ix_calc (component_id, quoted_on, party_id), "
    "KEY ix_pn (pn_norm), "
    "KEY ix_date (quoted_on), "
    "CONSTRAINT fk_q_party FOREIGN KEY (party_id) REFERENCES party(id), "
    "CONSTRAINT fk_q_comp FOREIGN KEY (component_id) REFERENCES component(id), "
    "CHECK (valid_until IS NULL OR valid_until >= quoted_on)");

static const char create_currency_rate[] = TABLE("currency_rate",
    "currency CHAR(3) COLLATE utf8mb4_nopad_bin NOT NULL, "
    "rate_date DATE NOT NULL, "
    "nominal INT UNSIGNED NOT NULL DEFAULT 1 CHECK (nominal BETWEEN 1 AND 100000), "
    "rate DECIMAL(18,6) NOT NULL CHECK (rate > 0 AND rate < 1000000), "
    "source VARCHAR(32) NOT NULL DEFAULT '', "
    "PRIMARY KEY (currency, rate_date)");

static const char create_price_change[] = TABLE("price_change",
    "id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, "
    "task_id UUID NOT NULL, "
    "component_id INT UNSIGNED NOT NULL, "
    "outcome ENUM('updated','unchanged','held','no_quotes','cleared') NOT NULL, "
    "method VARCHAR(16) NOT NULL, "
    "old_price DECIMAL(14,4) NULL, "
    "new_price DECIMAL(14,4) NULL, "
    "raw_price DECIMAL(18,6) NULL, "
    "coefficient DECIMAL(14,8) NOT NULL DEFAULT 1, "
    "change_pct DECIMAL(20,2) NULL, "
    "n_quotes INT UNSIGNED NOT NULL, "
    "n_used INT UNSIGNED NOT NULL, "
    "as_of DATE NOT NULL, "
    "reviewed ENUM('approved','dismissed') NULL, "
    "reviewed_by VARCHAR(64) NULL, "
    "reviewed_at DATETIME(3) NULL, "
    "created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), "
    "UNIQUE KEY uq_run (task_id, component_id), "
    "KEY ix_hist (component_id, id), "
    "KEY ix_held (outcome, reviewed), "
    "CONSTRAINT fk_pc_comp FOREIGN KEY (component_id) REFERENCES component(id)");

static const char create_price_change_quote[] = TABLE("price_change_quote",
    "price_change_id BIGINT UNSIGNED NOT NULL, "
    "quote_id BIGINT UNSIGNED NOT NULL, "
    "used BOOLEAN NOT NULL, "
    "reason VARCHAR(16) NULL, "
    "base_price DECIMAL(16,6) NULL, "
    "rate DECIMAL(18,6) NULL, "
    "rate_date DATE NULL, "
    "weight BIGINT UNSIGNED NULL, "
    "PRIMARY KEY (price_change_id, quote_id), "
    "KEY ix_quote (quote_id), "
    "CONSTRAINT fk_pcq FOREIGN KEY (price_change_id) REFERENCES price_change(id) ON DELETE CASCADE");

static const char create_warehouse[] = TABLE("warehouse",
    "id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, "
    "code VARCHAR(32) COLLATE utf8mb4_nopad_bin NOT NULL, "
    "name VARCHAR(255) NOT NULL, "
    "stock_date DATE NULL, "
    "stock_import_id BIGINT UNSIGNED NULL, "
    "UNIQUE KEY uq_wh (code)");

static const char create_stock_import[] = TABLE("stock_import",
    "id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, "
    "task_id UUID NOT NULL, "
    "warehouse_id INT UNSIGNED NOT NULL, "
    "file_name VARCHAR(255) NOT NULL, "
    "file_sha256 BINARY(32) NOT NULL, "
    "file_format ENUM('xlsx','mxl') NOT NULL, "
    "mode ENUM('replace','merge') NOT NULL, "
    "stock_date DATE NOT NULL, "
    "rows_total INT UNSIGNED NOT NULL, "
    "rows_rejected INT UNSIGNED NOT NULL, "
    "inserted INT UNSIGNED NOT NULL, "
    "updated INT UNSIGNED NOT NULL, "
    "unchanged INT UNSIGNED NOT NULL, "
    "deleted INT UNSIGNED NOT NULL, "
    "created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), "
    "UNIQUE KEY uq_task (task_id, warehouse_id), "
    "KEY ix_seen (warehouse_id, file_sha256, mode), "
    "CONSTRAINT fk_si_wh FOREIGN KEY (warehouse_id) REFERENCES warehouse(id)");

static const char create_stock_item[] = TABLE("stock_item",
    "id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, "
    "warehouse_id INT UNSIGNED NOT NULL, "
    "pn_norm VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL, "
    "vendor_norm VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL DEFAULT '', "
    "part_number VARCHAR(128) NOT NULL, "
    "name VARCHAR(255) NOT NULL DEFAULT '', "
    "component_id INT UNSIGNED NULL, "
    "lot_qty DECIMAL(12,3) NOT NULL DEFAULT 1, "
    "qty DECIMAL(15,3) NOT NULL, "
    "reserved DECIMAL(15,3) NOT NULL DEFAULT 0, "
    "unit ENUM('pcs','set','m') NOT NULL DEFAULT 'pcs', "
    "unit_cost DECIMAL(14,4) NULL CHECK (unit_cost > 0), "
    "received_on DATE NULL, "
    "stock_import_id BIGINT UNSIGNED NOT NULL, "
    "UNIQUE KEY uq_stock (warehouse_id, pn_norm, vendor_norm), "
    "KEY ix_comp (component_id), "
    "KEY ix_imp (stock_import_id), "
    "CONSTRAINT fk_st_wh FOREIGN KEY (warehouse_id) REFERENCES warehouse(id), "
    "CONSTRAINT fk_st_comp FOREIGN KEY (component_id) REFERENCES component(id), "
    "CONSTRAINT fk_st_imp FOREIGN KEY (stock_import_id) REFERENCES stock_import(id)");

static const char create_pricelist[] = TABLE("pricelist",
    "id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, "
    "source ENUM('estimate','warehouse','competitor') NOT NULL, "
    "seq INT UNSIGNED NOT NULL, "
    "version VARCHAR(16) COLLATE utf8mb4_nopad_bin NOT NULL, "
    "status ENUM('building','ready') NOT NULL DEFAULT 'building', "
    "currency CHAR(3) COLLATE utf8mb4_nopad_bin NOT NULL, "
    "as_of DATE NOT NULL, "
    "params LONGTEXT NOT NULL CHECK (JSON_VALID(params)), "
    "items INT UNSIGNED NOT NULL DEFAULT 0, "
    "content_sha256 BINARY(32) NULL, "
    "previous_id INT UNSIGNED NULL, "
    "task_id UUID NOT NULL, "
    "created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), "
    "archived_at DATETIME(3) NULL, "
    "note VARCHAR(255) NULL, "
    "UNIQUE KEY uq_seq (source, seq), "
    "UNIQUE KEY uq_ver (source, version), "
    "UNIQUE KEY uq_task (task_id)");

static const char create_pricelist_item[] = TABLE("pricelist_item",
    "pricelist_id INT UNSIGNED NOT NULL, "
    "lot_code VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL, "
    "component_id INT UNSIGNED NOT NULL, "
    "name VARCHAR(255) NOT NULL, "
    "category VARCHAR(32) NOT NULL, "
    "unit VARCHAR(8) NOT NULL, "
    "price DECIMAL(14,4) NOT NULL CHECK (price > 0), "
    "qty DECIMAL(15,3) NULL, "
    "basis ENUM('fresh','stale','manual','stock','estimate','quotes') NOT NULL, "
    "n_obs INT UNSIGNED NULL, "
    "price_min DECIMAL(14,4) NULL, "
    "price_max DECIMAL(14,4) NULL, "
    "price_as_of DATE NULL, "
    "part_numbers VARCHAR(2000) NOT NULL DEFAULT '', "
    "PRIMARY KEY (pricelist_id, lot_code), "
    "KEY ix_comp (component_id), "
    "CONSTRAINT fk_pli_pl FOREIGN KEY (pricelist_id) REFERENCES pricelist(id) ON DELETE CASCADE, "
    "CONSTRAINT fk_pli_comp FOREIGN KEY (component_id) REFERENCES component(id)");

static const char trigger_pli_ins[] =
    "CREATE OR REPLACE TRIGGER pli_ins BEFORE INSERT ON pricelist_item FOR EACH ROW IF (SELECT status FROM "
    "pricelist WHERE id = NEW.pricelist_id) <> 'building' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = "
    "'price list is immutable'; END IF";

static const char trigger_pli_upd[] =
    "CREATE OR REPLACE TRIGGER pli_upd BEFORE UPDATE ON pricelist_item FOR EACH ROW SIGNAL SQLSTATE '45000' "
    "SET MESSAGE_TEXT = 'price list is immutable'";

static const char trigger_pli_del[] =
    "CREATE OR REPLACE TRIGGER pli_del BEFORE DELETE ON pricelist_item FOR EACH ROW SIGNAL SQLSTATE '45000' "
    "SET MESSAGE_TEXT = 'price list is immutable'";

static const char trigger_pl_upd[] =
    "CREATE OR REPLACE TRIGGER pl_upd BEFORE UPDATE ON pricelist FOR EACH ROW IF OLD.status = 'ready' AND "
    "NOT (NEW.id <=> OLD.id AND NEW.source <=> OLD.source AND NEW.seq <=> OLD.seq AND NEW.version <=> "
    "OLD.version AND NEW.status <=> OLD.status AND NEW.currency <=> OLD.currency AND NEW.as_of <=> OLD.as_of "
    "AND NEW.params <=> OLD.params AND NEW.items <=> OLD.items AND NEW.content_sha256 <=> OLD.content_sha256 "
    "AND NEW.task_id <=> OLD.task_id AND NEW.created_at <=> OLD.created_at AND NEW.previous_id <=> "
    "OLD.previous_id) THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'price list is immutable'; END IF";

/* ---- The engine's own ------------------------------------------------------------------------------------------ */

/* Ids of tasks that were purged or forgotten: 410 instead of 404 for a while. */
static const char create_task_tombstone[] = TABLE("task_tombstone",
    "id UUID PRIMARY KEY, "
    "gone_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), "
    "KEY ix_gone (gone_at)");

static const char create_lease[] = TABLE("lease",
    "name VARCHAR(64) COLLATE utf8mb4_nopad_bin PRIMARY KEY, "
    "holder UUID NOT NULL, "
    "until DATETIME(6) NOT NULL, "
    "fence BIGINT UNSIGNED NOT NULL");

static const char create_node[] = TABLE("node",
    "id UUID PRIMARY KEY, "
    "name VARCHAR(255) NOT NULL, "
    "seen_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)");
/* clang-format on */

static const char *const version_1[] = {
    create_schema_version,
    create_task,
    create_task_row_error,
    create_component,
    create_part_number_map,
    create_party,
    create_price_quote,
    create_currency_rate,
    create_price_change,
    create_price_change_quote,
    create_warehouse,
    create_stock_import,
    create_stock_item,
    create_pricelist,
    create_pricelist_item,
    trigger_pli_ins,
    trigger_pli_upd,
    trigger_pli_del,
    trigger_pl_upd,
    create_task_tombstone,
    create_lease,
    create_node,
    NULL,
};

/* Everything a price is computed from, in the order it is read in: without it each quote costs a look into the table,
 * which makes a recalculation several times slower. */
static const char index_quote_price[] =
    "CREATE INDEX IF NOT EXISTS ix_price ON price_quote (component_id, id, quoted_on, party_id, price, price_per, "
    "currency, vat_included, vat_rate, min_qty, qty, valid_until, status, pn_norm)";

static const char *const version_2[] = {
    index_quote_price,
    NULL,
};

/* Unmatched stock (component_id NULL) is listed and linked by its number. Without the number in the index both would
 * read every unmatched row, and a link would lock them. */
static const char index_stock_number[] =
    "ALTER TABLE stock_item DROP INDEX IF EXISTS ix_comp, ADD INDEX ix_comp (component_id, pn_norm)";

static const char *const version_3[] = {
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

static const char *const version_4[] = {
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
static const char *const version_5[] = {
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

static const char *const version_6[] = {
    alter_task_reached,
    NULL,
};

/* Names of the columns whose cells an import kept with its row errors, separated by tabs: a failed import has no
 * result that could name them. */
static const char alter_task_columns[] = "ALTER TABLE task ADD COLUMN IF NOT EXISTS reject_columns VARCHAR(500) NULL";

static const char *const version_7[] = {
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

static const char *const version_8[] = {
    alter_component_skeleton,
    fill_component_skeleton,
    NULL,
};

/* What an upload turned out to be when it arrived: it is sniffed and, if a digest was asked for, hashed only there. */
static const char alter_task_file[] = "ALTER TABLE task ADD COLUMN IF NOT EXISTS file_format VARCHAR(7) CHARACTER SET "
                                      "ascii NULL, ADD COLUMN IF NOT EXISTS file_sha256 BINARY(32) NULL";

static const char *const version_9[] = {
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

static const char *const version_10[] = {
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

static const char *const version_11[] = {
    alter_task_columns,    create_task_heading,       alter_row_error_place,
    index_row_error_order, fill_task_heading,         fill_row_error_cells,
    drop_task_columns,     alter_stock_import_format, NULL,
};

/* For searching: the words by which a component is found, in capitals. Its own are those of its name and lot code
 * (source 1; handlers/catalog/words.h keeps them); the normalised part numbers of the map come beside them (source 2;
 * triggers keep them). `gram` is the beginning of the word. ix_word finds the components of a rare
 * word; along the primary key those of a frequent one come in the order of their codes. */
static const char create_component_word[] =
    TABLE("component_word", "gram VARCHAR(3) COLLATE utf8mb4_nopad_bin NOT NULL, "
                            "lot_code VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL, "
                            "word VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL, "
                            "source TINYINT UNSIGNED NOT NULL, "
                            "PRIMARY KEY (gram, lot_code, word, source), "
                            "KEY ix_word (word, lot_code)");
static const char fill_component_words[] = STORE_LEARN_WORDS("component c", "1");
static const char fill_number_words[] =
    "INSERT IGNORE INTO component_word (gram, lot_code, word, source) SELECT LEFT(m.pn_norm, 3) AS g, c.lot_code, "
    "m.pn_norm, 2 FROM part_number_map m STRAIGHT_JOIN component c ON c.id = m.component_id ORDER BY g, c.lot_code, "
    "m.pn_norm";

/* A number is taken away when no vendor's mapping of it to this component is left. */
#define ADD_NUMBER                                                                                                     \
    "INSERT IGNORE INTO component_word (gram, lot_code, word, source) SELECT LEFT(NEW.pn_norm, 3), c.lot_code, "       \
    "NEW.pn_norm, 2 FROM component c WHERE c.id = NEW.component_id"
#define DROP_NUMBER                                                                                                    \
    "DELETE w FROM component c FORCE INDEX (PRIMARY) STRAIGHT_JOIN component_word w FORCE INDEX (PRIMARY) ON w.gram "  \
    "= LEFT(OLD.pn_norm, 3) AND w.lot_code = c.lot_code AND w.word = OLD.pn_norm AND w.source = 2 WHERE c.id = "       \
    "OLD.component_id AND NOT EXISTS (SELECT 1 FROM part_number_map m FORCE INDEX (uq_map) WHERE m.pn_norm = "         \
    "OLD.pn_norm AND m.component_id = OLD.component_id)"
static const char trigger_number_added[] =
    "CREATE OR REPLACE TRIGGER number_added AFTER INSERT ON part_number_map FOR EACH ROW " ADD_NUMBER;
static const char trigger_number_moved[] =
    "CREATE OR REPLACE TRIGGER number_moved AFTER UPDATE ON part_number_map FOR EACH ROW IF NEW.component_id <> "
    "OLD.component_id OR NEW.pn_norm <> OLD.pn_norm THEN " DROP_NUMBER "; " ADD_NUMBER "; END IF";
static const char trigger_number_dropped[] =
    "CREATE OR REPLACE TRIGGER number_dropped AFTER DELETE ON part_number_map FOR EACH ROW " DROP_NUMBER;

/* Quotes are listed newest day first; the first of these takes the place of the foreign key's own index. */
static const char index_quote_lists[] =
    "ALTER TABLE price_quote ADD INDEX IF NOT EXISTS ix_party (party_id, status, quoted_on), "
    "DROP INDEX IF EXISTS ix_date, ADD INDEX IF NOT EXISTS ix_status (status, quoted_on)";

static const char *const version_12[] = {
    create_component_word, trigger_number_added, trigger_number_moved, trigger_number_dropped,
    fill_component_words,  fill_number_words,    index_quote_lists,    NULL,
};

/* What people changed about a component by hand, for its history: changes is a list of {field, old, new}. */
static const char create_component_edit[] =
    TABLE("component_edit", "id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, "
                            "component_id INT UNSIGNED NOT NULL, "
                            "changes TEXT NOT NULL CHECK (JSON_VALID(changes)), "
                            "reason VARCHAR(255) NULL, "
                            "edited_by VARCHAR(64) NOT NULL, "
                            "request_id VARCHAR(36) NULL, "
                            "edited_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), "
                            "KEY ix_hist (component_id, id), "
                            "CONSTRAINT fk_ce_comp FOREIGN KEY (component_id) REFERENCES component(id)");

static const char *const version_13[] = {
    create_component_edit,
    NULL,
};

/* Imports of price lists, and which quotes they brought and rejected. What an undo brought back is kept for a redo. A
 * party's quotes are read by status and day: its index stands in for the one that the foreign key needs. */
static const char create_quote_import[] =
    TABLE("quote_import", "id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, "
                          "task_id UUID NOT NULL, "
                          "party_id INT UNSIGNED NOT NULL, "
                          "effect ENUM('import','undo','redo') NOT NULL DEFAULT 'import', "
                          "of_import BIGINT UNSIGNED NULL, "
                          "undone_by BIGINT UNSIGNED NULL, "
                          "file_name VARCHAR(255) NOT NULL, "
                          "file_sha256 BINARY(32) NOT NULL, "
                          "file_format ENUM('xlsx','mxl','csv') NOT NULL, "
                          "quoted_on DATE NOT NULL, "
                          "valid_until DATE NULL, "
                          "supersede ENUM('false','true','all') NOT NULL, "
                          "rows_total INT UNSIGNED NOT NULL DEFAULT 0, "
                          "rows_rejected INT UNSIGNED NOT NULL DEFAULT 0, "
                          "no_price INT UNSIGNED NOT NULL DEFAULT 0, "
                          "quotes_total INT UNSIGNED NOT NULL DEFAULT 0, "
                          "inserted INT UNSIGNED NOT NULL DEFAULT 0, "
                          "replaced INT UNSIGNED NOT NULL DEFAULT 0, "
                          "unchanged INT UNSIGNED NOT NULL DEFAULT 0, "
                          "superseded INT UNSIGNED NOT NULL DEFAULT 0, "
                          "requested_by VARCHAR(64) NULL, "
                          "created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), "
                          "UNIQUE KEY uq_task (task_id), "
                          "KEY ix_party (party_id, id), "
                          "CONSTRAINT fk_qi_party FOREIGN KEY (party_id) REFERENCES party(id)");
static const char create_quote_undo[] =
    TABLE("quote_undo", "undo_id BIGINT UNSIGNED NOT NULL, "
                        "quote_id BIGINT UNSIGNED NOT NULL, "
                        "PRIMARY KEY (undo_id, quote_id), "
                        "CONSTRAINT fk_qu_undo FOREIGN KEY (undo_id) REFERENCES quote_import(id) ON DELETE CASCADE");
static const char alter_price_quote_import[] =
    "ALTER TABLE price_quote ADD COLUMN IF NOT EXISTS quote_import_id BIGINT UNSIGNED NULL, "
    "ADD COLUMN IF NOT EXISTS rejected_by BIGINT UNSIGNED NULL, "
    "ADD INDEX IF NOT EXISTS ix_party (party_id, status, quoted_on), "
    "ADD INDEX IF NOT EXISTS ix_rejected (rejected_by)";

static const char *const version_14[] = {
    create_quote_import,
    create_quote_undo,
    alter_price_quote_import,
    NULL,
};

const struct store_migration store_migrations[] = {
    {1, "first schema", version_1},
    {2, "covering index for recalculation", version_2},
    {3, "waiting stock by number", version_3},
    {4, "origin of tasks, kept idempotency keys, task log", version_4},
    {5, "task lists and counts", version_5},
    {6, "how far failed tasks came, traces", version_6},
    {7, "columns of refused rows", version_7},
    {8, "lots by what they look like", version_8},
    {9, "format and digest of uploads", version_9},
    {10, "counts of every task", version_10},
    {11, "refused rows under their own captions", version_11},
    {12, "words to search components by, indexes of quote lists", version_12},
    {13, "what people changed about components", version_13},
    {14, "imports of price lists", version_14},
    {0, NULL, NULL},
};
