/* What the parts of a check share. */
#ifndef PF_ADMIN_CHECK_H
#define PF_ADMIN_CHECK_H

#include "daemon/admin/site.h"

#define CHECK_MOST 100 /* faults of one kind that are told */

struct check {
    struct site *site;
    struct store_conn *conn; /* in a snapshot */
    uint64_t faults;
    unsigned of_kind; /* told since check_kind() */
};

/* Another kind of fault begins. */
void check_kind(struct check *check);
/* One line: "stock_item 17: what is wrong". Returns false if no more of this kind are told. */
bool check_fault(struct check *check, const char *table, const char *key, const char *what);

/* The parts. They return 0, or -1 with the connection's error. */
int check_facts(struct check *check);
int check_rules(struct check *check);
int check_texts(struct check *check);
int check_lists(struct check *check);

/* All of it: an exit code. */
int check_database(struct site *site);

#endif
