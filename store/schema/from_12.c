/* Versions 12 and later of the schema: searches, what people change, imports of price lists. */
#include "store/schema/versions.h"
#include "store/schema/words.h"

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

const char *const schema_version_12[] = {
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

const char *const schema_version_13[] = {
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

const char *const schema_version_14[] = {
    create_quote_import,
    create_quote_undo,
    alter_price_quote_import,
    NULL,
};

/* Each index of quotes costs an import a tenth of its time. ix_price begins with the component, too. */
static const char reindex_quotes[] = "ALTER TABLE price_quote DROP INDEX IF EXISTS ix_calc";

const char *const schema_version_15[] = {
    reindex_quotes,
    NULL,
};

/* What a fault's sentence says, as fields; an end's further members of error_detail; whose file an import took. */
static const char alter_task_faults[] = "ALTER TABLE task ADD COLUMN IF NOT EXISTS from_task UUID NULL, "
                                        "ADD COLUMN IF NOT EXISTS error_more MEDIUMTEXT NULL";
static const char alter_row_error_args[] =
    "ALTER TABLE task_row_error ADD COLUMN IF NOT EXISTS args TEXT NULL AFTER message";

const char *const schema_version_16[] = {
    alter_task_faults,
    alter_row_error_args,
    NULL,
};

/* What follows a task when it has succeeded (store/chain.h). A member's parameters wait here until it becomes a task. */
static const char create_task_chain[] =
    TABLE("task_chain", "chain UUID NOT NULL, "
                        "at TINYINT UNSIGNED NOT NULL, "
                        "task_id UUID NOT NULL, "
                        "type VARCHAR(32) NOT NULL, "
                        "params LONGTEXT NULL CHECK (params IS NULL OR JSON_VALID(params)), "
                        "started BOOLEAN NOT NULL DEFAULT 0, "
                        "created_at DATETIME(3) NOT NULL, "
                        "PRIMARY KEY (chain, at), "
                        "UNIQUE KEY uq_task (task_id), "
                        "KEY ix_created (created_at)");
static const char alter_task_chain[] = "ALTER TABLE task ADD COLUMN IF NOT EXISTS chain UUID NULL";

const char *const schema_version_17[] = {
    create_task_chain,
    alter_task_chain,
    NULL,
};

/* The tasks of one client, newest first. */
static const char index_task_client[] =
    "ALTER TABLE task ADD INDEX IF NOT EXISTS ix_client (requested_by, created_at, id)";

const char *const schema_version_18[] = {
    index_task_client,
    NULL,
};

/* The items that an import changed or deleted, as they were before: existed = 1; what an undo inserts again has 0. */
static const char create_stock_undo[] =
    TABLE("stock_undo", "import_id BIGINT UNSIGNED NOT NULL, "
                        "stock_id BIGINT UNSIGNED NOT NULL, "
                        "existed BOOLEAN NOT NULL, "
                        "pn_norm VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL, "
                        "vendor_norm VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL, "
                        "part_number VARCHAR(128) NOT NULL, "
                        "name VARCHAR(255) NOT NULL, "
                        "component_id INT UNSIGNED NULL, "
                        "lot_qty DECIMAL(12,3) NOT NULL, "
                        "qty DECIMAL(15,3) NOT NULL, "
                        "reserved DECIMAL(15,3) NOT NULL, "
                        "unit ENUM('pcs','set','m') NOT NULL, "
                        "unit_cost DECIMAL(14,4) NULL, "
                        "received_on DATE NULL, "
                        "stock_import_id BIGINT UNSIGNED NOT NULL, "
                        "PRIMARY KEY (import_id, stock_id)");
/* state_before and state_after: the import whose state there was, 0 = none (handlers/history/history.h). undo_until: NULL
 * if nothing is kept for an undo. */
#define HISTORY_COLUMNS                                                                                                \
    "ADD COLUMN IF NOT EXISTS state_before BIGINT UNSIGNED NOT NULL DEFAULT 0, "                                       \
    "ADD COLUMN IF NOT EXISTS state_after BIGINT UNSIGNED NOT NULL DEFAULT 0, "                                        \
    "ADD COLUMN IF NOT EXISTS undo_until DATETIME(3) NULL, "                                                           \
    "ADD INDEX IF NOT EXISTS ix_who (requested_by, id), ADD INDEX IF NOT EXISTS ix_until (undo_until)"
static const char alter_stock_import_undo[] =
    "ALTER TABLE stock_import MODIFY stock_date DATE NULL, "
    "ADD COLUMN IF NOT EXISTS effect ENUM('import','undo','redo') NOT NULL DEFAULT 'import', "
    "ADD COLUMN IF NOT EXISTS of_import BIGINT UNSIGNED NULL, "
    "ADD COLUMN IF NOT EXISTS undone_by BIGINT UNSIGNED NULL, "
    "ADD COLUMN IF NOT EXISTS date_before DATE NULL, "
    "ADD COLUMN IF NOT EXISTS requested_by VARCHAR(64) NULL, "
    "ADD INDEX IF NOT EXISTS ix_wh (warehouse_id, id), " HISTORY_COLUMNS;
static const char alter_quote_import_undo[] = "ALTER TABLE quote_import " HISTORY_COLUMNS;
static const char fill_stock_import_states[] = "UPDATE stock_import SET state_after = id WHERE state_after = 0";
static const char fill_stock_import_askers[] =
    "UPDATE stock_import i STRAIGHT_JOIN task t FORCE INDEX (PRIMARY) ON t.id = i.task_id SET i.requested_by = "
    "t.requested_by WHERE i.requested_by IS NULL";
static const char fill_quote_import_states[] =
    "UPDATE quote_import i JOIN (SELECT id, LAG(id) OVER (PARTITION BY party_id ORDER BY id) AS earlier FROM "
    "quote_import) l ON l.id = i.id SET i.state_before = COALESCE(l.earlier, 0), i.state_after = i.id, i.undo_until = "
    "i.created_at + INTERVAL 30 DAY WHERE i.state_after = 0";

const char *const schema_version_19[] = {
    create_stock_undo,
    alter_stock_import_undo,
    alter_quote_import_undo,
    fill_stock_import_states,
    fill_stock_import_askers,
    fill_quote_import_states,
    NULL,
};

/* Parameters of imports under a name; and for which captions each was used, by warehouse or party. */
static const char create_import_profile[] = TABLE("import_profile", "id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, "
                                                                    "name VARCHAR(64) NOT NULL, "
                                                                    "type VARCHAR(32) NOT NULL, "
                                                                    "params TEXT NOT NULL CHECK (JSON_VALID(params)), "
                                                                    "version INT UNSIGNED NOT NULL DEFAULT 1, "
                                                                    "created_by VARCHAR(64) NOT NULL, "
                                                                    "created_at DATETIME(3) NOT NULL, "
                                                                    "updated_by VARCHAR(64) NOT NULL, "
                                                                    "updated_at DATETIME(3) NOT NULL, "
                                                                    "UNIQUE KEY uq_name (name), "
                                                                    "KEY ix_type (type, name)");
static const char create_import_profile_use[] =
    TABLE("import_profile_use", "target VARCHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL, "
                                "captions CHAR(64) COLLATE utf8mb4_nopad_bin NOT NULL, "
                                "profile_id INT UNSIGNED NOT NULL, "
                                "used_at DATETIME(3) NOT NULL, "
                                "PRIMARY KEY (target, captions, profile_id), "
                                "KEY ix_profile (profile_id, used_at), "
                                "CONSTRAINT fk_pu_profile FOREIGN KEY (profile_id) REFERENCES import_profile(id) ON "
                                "DELETE CASCADE");

const char *const schema_version_20[] = {
    create_import_profile,
    create_import_profile_use,
    NULL,
};

/* The captions one by one, 8 hexadecimal digits for each (handlers/profiles/use.h); '' = not known. */
const char *const schema_version_21[] = {
    "ALTER TABLE import_profile_use ADD COLUMN IF NOT EXISTS marks VARCHAR(1440) CHARACTER SET ascii NOT NULL DEFAULT "
    "''",
    NULL,
};

/* What a run took for outliers: base prices outside of these. And what a dry run would have changed, for a day
 * (handlers/prices/changes.h): no foreign key, since the lock on its task's row would hold up whoever cancels it. */
static const char create_trial_change[] =
    TABLE("trial_change", "task_id UUID NOT NULL, "
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
                          "outlier_low DECIMAL(16,6) NULL, "
                          "outlier_high DECIMAL(16,6) NULL, "
                          "created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), "
                          "PRIMARY KEY (task_id, component_id), "
                          "KEY ix_created (created_at)");
const char *const schema_version_22[] = {
    "ALTER TABLE price_change ADD COLUMN IF NOT EXISTS outlier_low DECIMAL(16,6) NULL, ADD COLUMN IF NOT EXISTS "
    "outlier_high DECIMAL(16,6) NULL",
    create_trial_change,
    NULL,
};
