/* The tasks as a person has them on the screen: filtered, in an order, with a cursor and marks. */
#ifndef PF_TOP_ROWS_H
#define PF_TOP_ROWS_H

#include "client/top/picture.h"

enum rows_order { ORDER_SERVER, ORDER_ID, ORDER_TYPE, ORDER_WHO, ORDER_STATE, ORDER_PROGRESS, ORDER_BEGAN, ORDERS };

struct rows {
    const struct top_task *row[TOP_TASKS];
    unsigned n, cursor, first; /* first: the uppermost on the screen */
    char at[37];               /* the id under the cursor: it stays there when others come and go */
    char filter[64];
    enum rows_order order;
    bool reverse;
    char marked[TOP_TASKS][37];
    unsigned n_marked;
};

/* Makes the rows anew from the picture. Marks of tasks that have gone are forgotten. */
void rows_make(struct rows *rows, const struct picture *picture);
void rows_move(struct rows *rows, int by);
/* Keeps the cursor within `height` rows of the screen. */
void rows_scroll(struct rows *rows, unsigned height);
bool rows_is_marked(const struct rows *rows, const char *id);
void rows_mark(struct rows *rows, const char *id);
void rows_mark_all(struct rows *rows);
/* NULL if there are no rows. */
const struct top_task *rows_current(const struct rows *rows);

#endif
