/* The prices and names of one list, lot by lot in byte order, read in pages: memory does not grow with the list. */
#ifndef PF_PRICELIST_WALK_H
#define PF_PRICELIST_WALK_H

#include "store/conn.h"

#define LIST_WALK_PAGE 2000
#define LIST_LOT_CODE  (64 * 4 + 1)
#define LIST_NAME      (255 * 4 + 1)

struct list_walk {
    uint32_t list; /* the list's id */
    struct {
        char lot_code[LIST_LOT_CODE];
        char name[LIST_NAME];
        int64_t price; /* scale 4 */
    } * items;         /* one page; NULL before the first */
    uint32_t n, at;
    bool last; /* there is no page after this one */
};

/* Begin at the first lot. Reads nothing yet. */
void list_walk_init(struct list_walk *walk, uint32_t list);
void list_walk_fini(struct list_walk *walk);
/* Read the next page if this one is used up and is not the last. Returns 0 or -1 with conn->error. */
int list_walk_fill(struct list_walk *walk, struct store_conn *conn);
/* After list_walk_fill(): there are no more lots. */
static inline bool list_walk_ended(const struct list_walk *walk)
{
    return walk->at == walk->n;
}

#endif
