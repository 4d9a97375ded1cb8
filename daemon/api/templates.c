/* A catalogue file that has only its heading. */
#include "daemon/api/templates.h"

#include "handlers/catalog/table.h"

#include <stdio.h>

void resource_template_get(struct http_request *request)
{
    char heading[CATALOG_HEADING], disposition[160];
    const struct catalog_table *table = catalog_table(request->args[0]);
    if (!table) {
        http_reply_problem(
            request, "not-found",
            "there is no such table: take components, part_numbers, parties, warehouses, rates or quotes", NULL);
        return;
    }
    size_t n = catalog_heading(table, heading);
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%s.csv\"", table->name);
    http_reply_header(request, "Content-Disposition", disposition);
    http_reply_header(request, "Cache-Control", "no-cache");
    http_reply(request, 200, "text/csv; charset=utf-8; header=present", heading, n);
}
