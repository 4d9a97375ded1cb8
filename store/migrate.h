/* Schema migrations: one ordered list, each with a name and the SHA-256 of its text, recorded in schema_version.
 *
 * Janitor only, at start, under an advisory GET_LOCK on the one node that migrates. MariaDB commits DDL implicitly, so
 * every migration is written to be re-run from any prefix (CREATE TABLE IF NOT EXISTS, CREATE OR REPLACE TRIGGER …) and
 * its row in schema_version is written last. */
#ifndef PF_STORE_MIGRATE_H
#define PF_STORE_MIGRATE_H

#include "store/conn.h"

struct store_migration {
    unsigned version; /* 1, 2, … without gaps */
    const char *name;
    const char *const *statements; /* NULL-terminated */
};

/* The list compiled in; ends with version 0. */
extern const struct store_migration store_migrations[];

/* The newest version compiled in. */
unsigned store_schema_version(void);

/* Apply what is missing. Returns 0, or -1 with conn->error: STORE_CONFIG when the database is newer than this program
 * or a recorded checksum differs. `applied` (may be NULL) counts. */
int store_migrate(struct store_conn *conn, unsigned *applied);

/* Is the database at exactly our version? Returns 1, 0, or -1 with conn->error. */
int store_schema_current(struct store_conn *conn);

/* Make the database itself if it is missing (the private server of a first start). The name may have letters, digits
 * and _. Own connection. Returns 0, or -1 with *error. */
int store_create_database(const struct store_config *config, struct store_error *error);

#endif
