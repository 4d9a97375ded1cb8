/* Makes what an older program would have made. */
#include "tests/system/old_schema.h"

#include "store/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int make(const struct store_config *config, unsigned version)
{
    struct store_conn conn;

    store_conn_init(&conn, config);
    int rc = store_ensure(&conn) == 0 && store_schema_mark(&conn) == 0 &&
                     store_schema_build(&conn, version, STORE_SCHEMA_TABLES) == 0 &&
                     store_schema_build(&conn, version, STORE_SCHEMA_TRIGGERS) == 0 &&
                     store_schema_record(&conn, version) == 0
                 ? 0
                 : 1;
    if (rc != 0)
        fprintf(stderr, "old_schema: %s\n", conn.error.text);
    store_conn_fini(&conn);
    return rc;
}

bool old_schema(int argc, char **argv, int *code)
{
    if (argc != 6 || strcmp(argv[1], "--schema") != 0)
        return false;
    struct store_config config = {.socket = argv[2], .user = argv[3], .name = argv[4], .lock_timeout_s = 5};
    *code = store_library_init() == 0 ? make(&config, (unsigned)strtoul(argv[5], NULL, 10)) : 1;
    return true;
}
