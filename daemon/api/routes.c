/* What a worker serves: one row per method and path. */
#include "daemon/api/console/console.h"
#include "daemon/api/history.h"
#include "daemon/api/imports.h"
#include "daemon/api/lists.h"
#include "daemon/api/openapi/openapi.h"
#include "daemon/api/ops/ops.h"
#include "daemon/api/part_numbers.h"
#include "daemon/api/pricelist_files.h"
#include "daemon/api/pricelists.h"
#include "daemon/api/prices.h"
#include "daemon/api/problems.h"
#include "daemon/api/profiles.h"
#include "daemon/api/stock.h"
#include "daemon/api/task/actions.h"
#include "daemon/api/task/tasks.h"
#include "daemon/api/templates.h"
#include "daemon/process/metrics.h"
#include "daemon/worker/worker.h"

/* A file may come as a form, or raw under the types that browsers, curl and scripts send. Not as text/plain: a page of
 * another site could send that without a preflight request. */
#define FILE_TYPES                                                                                                     \
    "multipart/form-data, text/csv, application/octet-stream, "                                                        \
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, "                                              \
    "application/x-www-form-urlencoded"

const struct http_route worker_routes[] = {
    {HTTP_GET, "/api/tasks/{id}", resource_task_get, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/tasks", resource_task_list, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/tasks/summary", resource_task_summary, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_DELETE, "/api/tasks/{id}", resource_task_forget, BODY_NONE, NULL, SCOPE_CANCEL},
    {HTTP_GET, "/api/tasks/{id}/rejects.csv", resource_task_rejects, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/tasks/{id}/changes.csv", resource_task_changes, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/tasks/{id}/rows", resource_task_rows, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/tasks/{id}/log", resource_task_log, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/tasks/{id}/explain", resource_task_explain, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_POST, "/api/tasks/{id}/retry", resource_task_retry, BODY_NONE, NULL, SCOPE_START},
    {HTTP_POST, "/api/tasks/{id}/cancel", resource_task_cancel, BODY_MEMORY, "application/json", SCOPE_CANCEL},
    {HTTP_POST, "/api/tasks", resource_task_post, BODY_MEMORY, "application/json", SCOPE_START},
    {HTTP_POST, "/api/stock/import", resource_stock_import, BODY_SPOOL, FILE_TYPES, SCOPE_START},
    {HTTP_POST, "/api/quotes/import", resource_quotes_import, BODY_SPOOL, FILE_TYPES, SCOPE_START},
    {HTTP_GET, "/api/stock/imports", resource_stock_imports_get, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/stock/imports/{id}", resource_stock_import_get, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_POST, "/api/stock/imports/{id}/undo", resource_stock_import_undo, BODY_MEMORY, "application/json",
     SCOPE_START},
    {HTTP_GET, "/api/import-profiles", resource_profiles, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/import-profiles/{name}", resource_profile_get, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_PUT, "/api/import-profiles/{name}", resource_profile_put, BODY_MEMORY, "application/json",
     SCOPE_EDIT | ROUTE_CONDITIONAL},
    {HTTP_DELETE, "/api/import-profiles/{name}", resource_profile_delete, BODY_NONE, NULL,
     SCOPE_EDIT | ROUTE_CONDITIONAL},
    {HTTP_GET, "/api/quotes/imports", resource_quote_imports_get, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/quotes/imports/{id}", resource_quote_import_get, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_POST, "/api/quotes/imports/{id}/undo", resource_quote_import_undo, BODY_MEMORY, "application/json",
     SCOPE_START},
    {HTTP_POST, "/api/prices/recalculate-all", resource_recalculate_all, BODY_MEMORY, "application/json", SCOPE_START},
    {HTTP_GET, "/api/components", resource_components, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/components/{lot}", resource_component, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_PATCH, "/api/components/{lot}", resource_component_patch, BODY_MEMORY,
     "application/json, application/merge-patch+json", SCOPE_EDIT},
    {HTTP_GET, "/api/components/{lot}/price-history", resource_price_history, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/price-changes/held", resource_held, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_POST, "/api/price-changes/decide", resource_held_decide, BODY_MEMORY, "application/json", SCOPE_EDIT},
    {HTTP_POST, "/api/price-changes/{id}/approve", resource_held_approve, BODY_MEMORY, "application/json", SCOPE_EDIT},
    {HTTP_POST, "/api/price-changes/{id}/dismiss", resource_held_dismiss, BODY_MEMORY, "application/json", SCOPE_EDIT},
    {HTTP_POST, "/api/price-changes/held/{id}/approve", resource_held_approve, BODY_MEMORY, "application/json",
     SCOPE_EDIT},
    {HTTP_POST, "/api/price-changes/held/{id}/dismiss", resource_held_dismiss, BODY_MEMORY, "application/json",
     SCOPE_EDIT},
    {HTTP_POST, "/api/pricelists", resource_pricelist_post, BODY_MEMORY, "application/json", SCOPE_START},
    {HTTP_GET, "/api/pricelists", resource_pricelists_get, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/pricelists/{id}", resource_pricelist_get, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_DELETE, "/api/pricelists/{id}", resource_pricelist_archive, BODY_NONE, NULL, SCOPE_EDIT},
    {HTTP_POST, "/api/pricelists/{id}/unarchive", resource_pricelist_unarchive, BODY_MEMORY, "application/json",
     SCOPE_EDIT},
    {HTTP_GET, "/api/pricelists/{id}/items", resource_pricelist_items, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/pricelists/{id}/export-csv", resource_pricelist_csv, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/pricelists/{id}/export.xlsx", resource_pricelist_xlsx, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/pricelists/{a}/diff/{b}", resource_pricelist_diff, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_POST, "/api/catalog/{table}/import", resource_catalog_import, BODY_SPOOL, FILE_TYPES, SCOPE_START},
    {HTTP_GET, "/api/stock", resource_stock_get, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/stock/unmatched", resource_unmatched_get, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/templates/{table}.csv", resource_template_get, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/warehouses", resource_warehouses, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/parties", resource_parties, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/rates", resource_rates, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/categories", resource_categories, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/quotes", resource_quotes, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/part-numbers", resource_part_numbers, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_PUT, "/api/part-numbers", resource_part_number_put, BODY_MEMORY, "application/json", SCOPE_EDIT},
    {HTTP_DELETE, "/api/part-numbers", resource_part_number_delete, BODY_NONE, NULL, SCOPE_EDIT},
    {HTTP_GET, "/api/complete/{kind}", resource_complete, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/operation", resource_operation, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/api/session", resource_session, BODY_NONE, NULL, SCOPE_READ},
    {HTTP_GET, "/", resource_console, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/assets/{build}/{folder}/{file}", resource_console_file, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/healthz", resource_healthz, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/readyz", resource_readyz, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/metrics", resource_metrics, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/version", resource_version, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/problems/{slug}", resource_problem, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/api/openapi.json", resource_openapi, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, NULL, NULL, BODY_NONE, NULL, SCOPE_NONE},
};
_Static_assert(sizeof worker_routes / sizeof worker_routes[0] <= METRICS_ROUTES,
               "each route is counted: raise METRICS_ROUTES");
