/* Applies the schema's migrations (store/schema/schema.h) and tells which version a database has.
 *
 * The janitor applies them at its start, under an advisory GET_LOCK, on the one node that migrates. MariaDB commits
 * DDL implicitly. Therefore every migration can be run again from any point (CREATE TABLE IF NOT EXISTS, CREATE OR
 * REPLACE TRIGGER …), and its row in schema_version is written last. */
#ifndef PF_STORE_MIGRATE_H
#define PF_STORE_MIGRATE_H

#include "store/conn.h"
#include "store/schema/schema.h"

/* Returns the newest version that is compiled in. */
unsigned store_schema_version(void);

/* Applies the missing migrations. Returns 0, or -1 with conn->error: STORE_CONFIG if the database is newer than this
 * program or a recorded checksum differs. `applied` (may be NULL): how many. */
int store_migrate(struct store_conn *conn, unsigned *applied);

/* Reads which version the database has; 0 = none yet. Returns 0, or -1 with conn->error: as store_migrate(), and if a restore
 * into it did not come to its end. */
int store_schema_read(struct store_conn *conn, unsigned *version);

/* Is the database at exactly our version? Returns 1, 0, or -1 with conn->error. */
int store_schema_current(struct store_conn *conn);

/* ---- For a restore (store/backup/backup.h) ---- */

/* A restore makes the tables, loads them, makes the triggers, which would count and forbid what is loaded, and records the
 * versions last. Until then a row of version 0 says that the database must not be used: every program refuses it. */
enum store_schema_part { STORE_SCHEMA_TABLES, STORE_SCHEMA_TRIGGERS };

/* Makes schema_version with the row of version 0. */
int store_schema_mark(struct store_conn *conn);
/* Runs one part of the statements of the versions up to `version`. Records nothing. */
int store_schema_build(struct store_conn *conn, unsigned version, enum store_schema_part part);
/* Records the versions up to `version` and takes the mark away, in one transaction. */
int store_schema_record(struct store_conn *conn, unsigned version);
/* Calls fn for each table that the versions up to `version` make; a nonzero value stops and is returned. */
int store_schema_tables(unsigned version, int (*fn)(const char *name, void *ctx), void *ctx);

/* Creates the database if it is missing (first start of the built-in server), on a connection of its own. The name
 * may have letters, digits and _. Returns 0, or -1 with *error. */
int store_create_database(const struct store_config *config, struct store_error *error);

#endif
