/* A whole price list as a workbook (.xlsx), page by page: memory does not grow with the list. */
#ifndef PF_PRICELIST_WORKBOOK_H
#define PF_PRICELIST_WORKBOOK_H

#include "base/filesink.h"
#include "handlers/pricelist/read.h"

struct workbook_options {
    bool russian; /* headings, and how days look */
};
extern const struct param_spec workbook_params[]; /* lang */
void workbook_options_read(struct workbook_options *options, yajl_val params);

#define WORKBOOK_FORM 80
/* A short text that differs whenever the bytes of a list may differ, for an entity tag. Returns text. */
const char *workbook_form(const struct workbook_options *options, char text[WORKBOOK_FORM]);

/* Has the list more items than a sheet has rows? */
bool workbook_is_too_long(const struct pricelist_head *head);
/* Writes the list into sink->fd; rows wait in files without a name in directory_fd. Call it inside a snapshot. Returns
 * 0 with sink->len, -1 with conn->error, or 1 if a file could not be written (sink->error). */
int pricelist_workbook(struct store_conn *conn, const struct pricelist_head *head,
                       const struct workbook_options *options, int directory_fd, struct file_sink *sink);

#endif
