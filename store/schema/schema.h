/* Schema migrations: one ordered list. Each has a name; the SHA-256 of its text is recorded in schema_version.
 *
 * store/migrate.h applies them. MariaDB commits DDL implicitly. Therefore every migration can be run again from any
 * point, and its row in schema_version is written last. */
#ifndef PF_SCHEMA_SCHEMA_H
#define PF_SCHEMA_SCHEMA_H

struct store_migration {
    unsigned version; /* 1, 2, … without gaps */
    const char *name;
    const char *const *statements; /* NULL-terminated */
};

/* The list that is compiled in; version 0 ends it. */
extern const struct store_migration store_migrations[];

#endif
