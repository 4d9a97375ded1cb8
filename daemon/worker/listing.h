/* GET of a list: check the query, read one page on the database thread, name the next one in the header Link. */
#ifndef PF_WORKER_LISTING_H
#define PF_WORKER_LISTING_H

#include "daemon/http/http.h"
#include "handlers/read/page.h"
#include "store/conn.h"

/* What `read` returns when there is nothing to list. */
enum {
    LISTING_NOT_FOUND = 1, /* 404: the thing that the path names does not exist */
    LISTING_NO_TASK,       /* 404: nor does the task */
    LISTING_TASK_GONE,     /* 410: it was there */
    LISTING_TASK_RUNNING   /* 409: it is not over */
};

struct listing {
    const char *name;                /* part of the cursor: "stock" */
    const struct param_spec *params; /* filters, then PAGE_PARAMS */
    const char *path_param;          /* the filter that the path's {name} gives, or NULL */
    unsigned n_keys;                 /* columns of the sort key */
    /* Write one JSON object, rows and next_cursor (page_put_next()), from canonical parameters. Returns 0, -1 with
     * conn->error, or LISTING_…. Faults added to page->faults refuse the request. */
    int (*read)(struct store_conn *conn, yajl_val params, struct page *page, struct json_out *out);
    const char
        *not_found; /* the detail of that 404: "no component has this lot code"; NULL if the path names nothing */
};

/* Path and query of the request up to and with "cursor=", for a Link header; "" when it does not fit. */
void listing_here(struct http_request *request, char *out, size_t size);

/* Handle the request. `listing` must live for ever. */
void listing_reply(struct http_request *request, const struct listing *listing);

#endif
