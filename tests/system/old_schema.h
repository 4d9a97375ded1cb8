/* --schema SOCKET USER DATABASE VERSION: makes the tables of an older version of the schema, for tests of upgrades. Returns true
 * if it was given; *code is then the exit code. */
#ifndef PF_TEST_OLD_SCHEMA_H
#define PF_TEST_OLD_SCHEMA_H

#include <stdbool.h>

bool old_schema(int argc, char **argv, int *code);

#endif
