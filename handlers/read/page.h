/* Pages of a list, by keyset.
 *
 * A list is sorted by a few columns that are unique together; a page starts behind the last row of the one before,
 * whose key travels with the client as an opaque cursor. Rows that are added or removed between two pages neither
 * repeat nor hide other rows, and a page costs the same however far back it is. A cursor belongs to one list and one
 * set of filters: with others, or mangled, it is refused. */
#ifndef PF_READ_PAGE_H
#define PF_READ_PAGE_H

#include "handlers/params.h"

#define PAGE_KEYS         4   /* columns of a key, at most */
#define PAGE_KEY_BYTES    260 /* of one column's value, terminated: 64 characters */
#define PAGE_LIMIT_MAX    200 /* rows; a larger limit is lowered, not refused */
#define PAGE_CURSOR_BYTES (2 * (8 + PAGE_KEYS * PAGE_KEY_BYTES) + 1)

/* The last two parameters of every list; what stands before them are its filters. */
#define PAGE_PARAMS                                                                                                    \
    {.name = "limit",                                                                                                  \
     .kind = PARAM_INT,                                                                                                \
     .otherwise = "50",                                                                                                \
     .min = 1,                                                                                                         \
     .max = 1000000000,                                                                                                \
     .help = "Rows of a page; above 200 is lowered to 200."},                                                          \
    {                                                                                                                  \
        .name = "cursor", .kind = PARAM_STRING, .max = PAGE_CURSOR_BYTES,                                              \
        .help = "next_cursor of the page before, with the same filters."                                               \
    }

struct page {
    unsigned limit; /* rows; ask the database for page_want() */
    unsigned n_keys;
    bool started;  /* a page before this one ended with the key `after` */
    bool more;     /* a row was offered that did not fit */
    unsigned rows; /* taken */
    uint64_t list; /* digest of the list's name and its filters */
    /* Where the reader of the list reports filters that name nothing; then it returns 0 and has written nothing. */
    struct param_faults *faults;
    char after[PAGE_KEYS][PAGE_KEY_BYTES];
    char last[PAGE_KEYS][PAGE_KEY_BYTES]; /* key of the last row taken */
};

/* Start a page of list `name`, whose key has n_keys columns. `params` are canonical, with PAGE_PARAMS. Returns 0, or -1
 * with a fault at /cursor. `faults` is kept in the page. */
int page_open(struct page *page, const char *name, unsigned n_keys, yajl_val params, struct param_faults *faults);
/* For LIMIT: one row more than fits shows that there is a next page. */
static inline unsigned page_want(const struct page *page)
{
    return page->limit + 1;
}
/* Column i of the key to start behind; `first` if this is the first page. */
const char *page_after(const struct page *page, unsigned i, const char *first);
/* Offer the next row with its key, n_keys texts. Returns false if it does not fit: write nothing. */
bool page_take(struct page *page, const char *const *key);
/* Where the next page starts; NULL if this is the last page. Returns `cursor`. */
const char *page_next(const struct page *page, char cursor[PAGE_CURSOR_BYTES]);
/* Write "next_cursor": text or null. */
void page_put_next(const struct page *page, struct json_out *out);

#endif
