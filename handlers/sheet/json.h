/* The cells of a spreadsheet as JSON, for priceforge-cells and the tests.
 *
 *   typed  {"sheets":[{"name":…,"hidden":…,"cells":[[row,column,type,"text"],…]},…]}
 *   plain  {"rows":…,"cols":…,"cells":[[row,column,"text"],…]}, of the first sheet
 *
 * Rows and columns count from 0 and are sorted; types are n, s, b, e, d (number, text, boolean, error, date).
 * Everything is held in memory until it is printed: a sheet may hand out its rows in any order. */
#ifndef PF_SHEET_JSON_H
#define PF_SHEET_JSON_H

#include "handlers/sheet/sheet.h"

#include <stdio.h>

struct gridjson;

struct gridjson *gridjson_new(void);
void gridjson_free(struct gridjson **json);
/* The sink that collects what is read. */
struct grid_sink gridjson_sink(struct gridjson *json);
void gridjson_print(struct gridjson *json, bool typed, FILE *out);

#endif
