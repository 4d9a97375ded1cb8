/* Error numbers to classes: numbers of the server and of the client library, with a comment where the class is not
 * obvious. */
#include "store/error.h"

#include <stddef.h>

struct entry {
    unsigned number;
    enum store_class cls;
};

static const struct entry table[] = {
    {1213, STORE_RETRY}, /* deadlock; on Galera also a certification failure, then at COMMIT */
    {1020, STORE_RETRY}, /* row changed since our snapshot (innodb_snapshot_isolation) */
    {1205, STORE_RETRY}, /* lock wait; the transaction is still open and must be rolled back */
    {1412, STORE_RETRY}, /* table definition changed under the snapshot */
    {1615, STORE_RETRY}, /* statement needs to be prepared again */

    {2002, STORE_GONE}, /* no socket */
    {2003, STORE_GONE}, /* no TCP connection */
    {2005, STORE_GONE}, /* unknown host: the resolver may come back */
    {2006, STORE_GONE}, /* also the answer to a statement above max_allowed_packet */
    {2012, STORE_GONE},      {2013, STORE_GONE},
    {2026, STORE_GONE},                          /* TLS: a cut in the handshake looks like a bad certificate */
    {2027, STORE_GONE},                          /* malformed packet: the stream cannot be trusted any more */
    {2055, STORE_GONE},      {1927, STORE_GONE}, /* KILL CONNECTION */
    {1053, STORE_GONE},                          /* shutdown in progress */
    {1158, STORE_GONE},      {1159, STORE_GONE},
    {1160, STORE_GONE},      {1161, STORE_GONE},
    {4031, STORE_GONE}, /* idle time-out, told before the close */

    {1180, STORE_UNKNOWN}, /* error during COMMIT */

    {1047, STORE_UNUSABLE},                          /* Galera node outside the primary component */
    {1290, STORE_UNUSABLE},                          /* read_only */
    {1792, STORE_UNUSABLE},                          /* read-only transaction */
    {1836, STORE_UNUSABLE},  {1037, STORE_UNUSABLE}, /* server out of memory */
    {1038, STORE_UNUSABLE},  {1041, STORE_UNUSABLE},
    {1135, STORE_UNUSABLE}, /* no thread for the connection */
    {1040, STORE_UNUSABLE}, /* too many connections */
    {1203, STORE_UNUSABLE},  {1226, STORE_UNUSABLE},
    {1461, STORE_UNUSABLE}, /* max_prepared_stmt_count */

    {1317, STORE_STOPPED}, /* KILL QUERY */
    {1969, STORE_STOPPED}, /* max_statement_time */
    {3024, STORE_STOPPED},

    {3, STORE_NO_SPACE},  /* write failed (EE_WRITE) */
    {20, STORE_NO_SPACE}, /* EE_DISK_FULL */
    {1021, STORE_NO_SPACE},  {1026, STORE_NO_SPACE},
    {1114, STORE_NO_SPACE},

    {1022, STORE_DUPLICATE}, {1062, STORE_DUPLICATE},
    {1169, STORE_DUPLICATE}, {1586, STORE_DUPLICATE},

    {1048, STORE_DATA},      {1153, STORE_DATA}, /* packet too large, reported without closing the connection */
    {1216, STORE_DATA},      {1217, STORE_DATA},
    {1264, STORE_DATA},      {1265, STORE_DATA},
    {1292, STORE_DATA},      {1300, STORE_DATA}, /* invalid UTF-8 */
    {1364, STORE_DATA},      {1365, STORE_DATA},
    {1366, STORE_DATA},      {1367, STORE_DATA},
    {1406, STORE_DATA},      {1411, STORE_DATA},
    {1441, STORE_DATA},      {1451, STORE_DATA}, /* foreign keys */
    {1452, STORE_DATA},      {1525, STORE_DATA},
    {1690, STORE_DATA},      {2020, STORE_DATA}, /* packet above the client's own limit */
    {4025, STORE_DATA},                          /* CHECK */

    {1005, STORE_CONFIG},    {1044, STORE_CONFIG},
    {1045, STORE_CONFIG},    {1049, STORE_CONFIG},
    {1050, STORE_CONFIG},    {1054, STORE_CONFIG},
    {1060, STORE_CONFIG},    {1061, STORE_CONFIG},
    {1064, STORE_CONFIG},    {1072, STORE_CONFIG},
    {1091, STORE_CONFIG},    {1115, STORE_CONFIG},
    {1129, STORE_CONFIG}, /* host blocked after many failed handshakes: needs FLUSH HOSTS */
    {1130, STORE_CONFIG},    {1133, STORE_CONFIG},
    {1141, STORE_CONFIG},    {1142, STORE_CONFIG},
    {1143, STORE_CONFIG},    {1146, STORE_CONFIG},
    {1148, STORE_CONFIG},    {1193, STORE_CONFIG}, /* unknown variable: server too old */
    {1215, STORE_CONFIG},    {1227, STORE_CONFIG},
    {1231, STORE_CONFIG},    {1251, STORE_CONFIG},
    {1273, STORE_CONFIG},    {1286, STORE_CONFIG},
    {1305, STORE_CONFIG},    {1356, STORE_CONFIG},
    {1359, STORE_CONFIG},    {1370, STORE_CONFIG},
    {1396, STORE_CONFIG},    {1419, STORE_CONFIG}, /* trigger with a binary log and without the privilege */
    {1449, STORE_CONFIG},                          /* a trigger's definer is not there */
    {1524, STORE_CONFIG},    {1644, STORE_CONFIG}, /* SIGNAL of our own triggers */
    {1698, STORE_CONFIG},    {1820, STORE_CONFIG},
    {1862, STORE_CONFIG},    {2058, STORE_CONFIG},
    {2059, STORE_CONFIG},    {2061, STORE_CONFIG},
    {4166, STORE_CONFIG},
};

/* If the connection is lost before the answer to a COMMIT arrives, both outcomes are possible. The numbers of a
 * failed connect are not among these: nothing was sent. */
static bool loses_answer(unsigned number)
{
    switch (number) {
    case 2006:
    case 2013:
    case 2027:
    case 2055:
    case 1053:
    case 1158:
    case 1159:
    case 1160:
    case 1161:
    case 1180:
    case 1927:
    case 4031:
        return true;
    default:
        return false;
    }
}

enum store_class store_classify(unsigned number, bool committing)
{
    if (number == 0)
        return STORE_OK;
    if (committing && loses_answer(number))
        return STORE_UNKNOWN;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].number == number)
            return table[i].cls;
    return STORE_BUG;
}

const char *store_class_name(enum store_class cls)
{
    static const char *const names[] = {"ok",       "retry",     "gone", "unknown outcome", "unusable", "stopped",
                                        "no space", "duplicate", "data", "configuration",   "bug"};

    return (size_t)cls < sizeof names / sizeof names[0] ? names[cls] : "?";
}

static const char *words_for_unusable(unsigned number)
{
    switch (number) {
    case 1040:
    case 1203:
    case 1226:
        return "the database has no connection left";
    case 1290:
    case 1792:
    case 1836:
        return "the database is read-only";
    case 1047:
        return "the database's node is cut off from its cluster";
    case 1037:
    case 1038:
    case 1041:
    case 1135:
        return "the database's server has no memory left";
    default:
        return "the database cannot serve now";
    }
}

static const char *words_for_config(unsigned number)
{
    switch (number) {
    case 1045:
    case 1129:
    case 1130:
    case 1251:
    case 1524:
    case 1698:
    case 1820:
    case 1862:
    case 2058:
    case 2059:
    case 2061:
        return "the database refuses the service's login";
    case 1044:
    case 1142:
    case 1143:
    case 1227:
    case 1370:
    case 1419:
        return "the service lacks a right in the database";
    case 1049:
        return "the database is not there on its server";
    case 1146:
    case 1054:
        return "the database lacks a table or column";
    case 1449:
        return "a trigger in the database belongs to an account that is not there";
    default:
        return "the database is not set up as it must be";
    }
}

const char *store_error_words(const struct store_error *error)
{
    switch (error->cls) {
    case STORE_RETRY:
        return "the database is busy with other changes";
    case STORE_GONE:
        return "the database does not answer";
    case STORE_UNKNOWN:
        return "the connection to the database broke in a commit";
    case STORE_UNUSABLE:
        return words_for_unusable(error->number);
    case STORE_STOPPED:
        return "the database took too long";
    case STORE_NO_SPACE:
        return "the database's disk is full";
    case STORE_CONFIG:
        return words_for_config(error->number);
    default:
        return "the database failed";
    }
}
