/* Classes of database errors: what to do about an error number. All numbers in the table were provoked on MariaDB
 * 10.11. */
#ifndef PF_STORE_ERROR_H
#define PF_STORE_ERROR_H

#include <stdbool.h>

enum store_class {
    STORE_OK = 0,
    STORE_RETRY, /* 1213, 1020, 1205: ROLLBACK, wait a little, run the whole transaction again */
    STORE_GONE, /* 2002, 2003, 2006, 2013, 2055, 1927, 4031 …: no connection, nothing committed: connect, run it again */
    STORE_UNKNOWN,   /* 2006/2013/1180 on COMMIT or on a write in autocommit: look the unique key up, then decide */
    STORE_UNUSABLE,  /* 1047, 1290, 1792, 1040, 1203, 1226: the server cannot serve now; not ready, try again later */
    STORE_STOPPED,   /* 1317, 1969, 3024: the statement was killed or ran out of time; the connection is fine */
    STORE_NO_SPACE,  /* 1114, 1021, 1026, 3 … */
    STORE_DUPLICATE, /* 1062, 1586 */
    STORE_DATA,      /* 1366, 1406, 1264, 1265, 1048, 1292, 1690, 4025 …: the values are wrong; never retry */
    STORE_CONFIG, /* 1044, 1045, 1049, 1054, 1064, 1142, 1146, 1370, 1644 …: the set-up is wrong; never retry in a loop */
    STORE_BUG     /* anything else: a fault of this program */
};

/* The last error of a connection or operation. */
struct store_error {
    enum store_class cls;
    unsigned number; /* of the client library or the server; 0 = none */
    char text[256];  /* for the log only: may contain SQL */
};

/* Returns the class of an error number. `committing`: the call was COMMIT, or a write in autocommit. */
enum store_class store_classify(unsigned number, bool committing);
const char *store_class_name(enum store_class cls);
/* What happened, in words for people who do not see the server: "the database's disk is full". Never SQL or a name. */
const char *store_error_words(const struct store_error *error);

#endif
