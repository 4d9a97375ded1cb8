/* The list of migrations. */
#include "store/schema/versions.h"

#include <stddef.h>

const struct store_migration store_migrations[] = {
    {1, "first schema", schema_version_1},
    {2, "covering index for recalculation", schema_version_2},
    {3, "waiting stock by number", schema_version_3},
    {4, "origin of tasks, kept idempotency keys, task log", schema_version_4},
    {5, "task lists and counts", schema_version_5},
    {6, "how far failed tasks came, traces", schema_version_6},
    {7, "columns of refused rows", schema_version_7},
    {8, "lots by what they look like", schema_version_8},
    {9, "format and digest of uploads", schema_version_9},
    {10, "counts of every task", schema_version_10},
    {11, "refused rows under their own captions", schema_version_11},
    {12, "words to search components by, indexes of quote lists", schema_version_12},
    {13, "what people changed about components", schema_version_13},
    {14, "imports of price lists", schema_version_14},
    {15, "one index of quotes less", schema_version_15},
    {16, "facts of faults, files of earlier tasks", schema_version_16},
    {17, "chains of tasks", schema_version_17},
    {18, "tasks of one client", schema_version_18},
    {19, "undoing stock imports", schema_version_19},
    {20, "profiles of imports", schema_version_20},
    {21, "captions of files that profiles were used for", schema_version_21},
    {22, "bounds of outliers, changes of dry runs", schema_version_22},
    {0, NULL, NULL},
};
