/* Words of components. */
#include "handlers/catalog/words.h"

#include "store/schema/words.h"

#include <string.h>

#define LISTED                                                                                                         \
    "JSON_TABLE(?, '$[*]' COLUMNS (id INT UNSIGNED PATH '$')) n STRAIGHT_JOIN component c FORCE INDEX (PRIMARY) ON "   \
    "c.id = n.id"

int words_forget(struct store_conn *conn, const char *ids)
{
    struct store_value list = STORE_S(ids);
    return store_run(conn,
                     "DELETE w FROM " LISTED " STRAIGHT_JOIN " STORE_COMPONENT_WORDS
                     " STRAIGHT_JOIN component_word w FORCE INDEX (PRIMARY) ON w.gram = LEFT(" STORE_COMPONENT_WORD
                     ", 3) AND w.lot_code = c.lot_code AND w.word = " STORE_COMPONENT_WORD " AND w.source = 1",
                     &list, 1, NULL, NULL);
}

int words_learn(struct store_conn *conn, const char *ids)
{
    struct store_value list = STORE_S(ids);
    return store_run(conn, STORE_LEARN_WORDS(LISTED, "1"), &list, 1, NULL, NULL);
}

int words_learn_new(struct store_conn *conn, uint32_t last)
{
    struct store_value after = STORE_U(last);
    return store_run(conn, STORE_LEARN_WORDS("component c FORCE INDEX (PRIMARY)", "c.id > ?"), &after, 1, NULL, NULL);
}
