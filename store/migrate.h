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

/* Is the database at exactly our version? Returns 1, 0, or -1 with conn->error. */
int store_schema_current(struct store_conn *conn);

/* Creates the database if it is missing (first start of the built-in server), on a connection of its own. The name
 * may have letters, digits and _. Returns 0, or -1 with *error. */
int store_create_database(const struct store_config *config, struct store_error *error);

#endif
