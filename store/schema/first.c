/* Version 1 of the schema: tasks, catalogue, quotes, stock, price lists. */
#include "store/schema/versions.h"

/* clang-format off */
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

const char *const schema_version_1[] = {
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
