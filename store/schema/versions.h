/* The statements of each version, for the list in schema.c. This room only.
 *
 *   - A released statement is never edited, since its checksum is recorded in every database. A change is a new version.
 *   - Every statement must be harmless when it runs a second time: MariaDB commits DDL by itself, and a migration may be
 *     killed between any two statements.
 *   - Engine, character set and collation are named each time: a server's defaults may be latin1.
 *   - Codes and normalised numbers are utf8mb4_nopad_bin: bytes must be equal, a trailing blank counts. */
#ifndef PF_SCHEMA_VERSIONS_H
#define PF_SCHEMA_VERSIONS_H

#include "store/schema/schema.h"

#include <stddef.h>

/* clang-format off */
#define TABLE(name, columns)                                                                                           \
    "CREATE TABLE IF NOT EXISTS " name " (" columns ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 "                         \
    "COLLATE=utf8mb4_uca1400_as_ci"
/* clang-format on */

extern const char *const schema_version_1[];
extern const char *const schema_version_2[];
extern const char *const schema_version_3[];
extern const char *const schema_version_4[];
extern const char *const schema_version_5[];
extern const char *const schema_version_6[];
extern const char *const schema_version_7[];
extern const char *const schema_version_8[];
extern const char *const schema_version_9[];
extern const char *const schema_version_10[];
extern const char *const schema_version_11[];
extern const char *const schema_version_12[];
extern const char *const schema_version_13[];
extern const char *const schema_version_14[];
extern const char *const schema_version_15[];
extern const char *const schema_version_16[];
extern const char *const schema_version_17[];
extern const char *const schema_version_18[];
extern const char *const schema_version_19[];
extern const char *const schema_version_20[];
extern const char *const schema_version_21[];
extern const char *const schema_version_22[];

#endif
