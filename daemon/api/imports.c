/* Imports over HTTP: the body is a file, and accepting it is all there is to do. */
#include "daemon/api/imports.h"

#include "daemon/accept/accept.h"

void resource_stock_import(struct http_request *request)
{
    accept_upload(request, "stock_import", NULL, NULL);
}

void resource_quotes_import(struct http_request *request)
{
    accept_upload(request, "quotes_import", NULL, NULL);
}

void resource_catalog_import(struct http_request *request)
{
    accept_upload(request, "catalog_import", "table", request->args[0]);
}
