/* Scenes of a stock import: a table as JSON, with ' for ", and the numbers that its rows must come to. Included once by
 * a test program. */
#ifndef PF_TESTS_STOCK_SCENE_H
#define PF_TESTS_STOCK_SCENE_H

#include "tests/unit/stock_grid.h"

#define CATALOGUE                                                                                                                   \
    "'warehouses':[{'code':'MAIN','name':'Основной склад'},{'code':'REMOTE','name':'Удалённый склад'}]," \
    "'components':[{'lot_code':'CPU-32C'},{'lot_code':'MEM-64'},{'lot_code':'SSD-3T8'},{'lot_code':'CAB-PWR',"                      \
    "'unit':'m'}],"                                                                                                                 \
    "'part_numbers':[{'part_number':'KLV-32R5-48','lot_code':'CPU-32C','vendor':'Kelvar'},"                                         \
    "{'part_number':'MM64-R5','lot_code':'MEM-64'},{'part_number':'MM64-R5 KIT2','lot_code':'MEM-64','lot_qty':'2'},"               \
    "{'part_number':'SD3T8-E','lot_code':'SSD-3T8','pack_qty':'2.5'},"                                                              \
    "{'part_number':'DUP-100','lot_code':'SSD-3T8','vendor':'Ostrum'},"                                                             \
    "{'part_number':'DUP-100','lot_code':'MEM-64','vendor':'Tavrex'},{'part_number':'PWR-CAB','lot_code':'CAB-PWR'},"               \
    "{'part_number':'4711','lot_code':'SSD-3T8','vendor':'1C'},{'part_number':'4711','lot_code':'MEM-64',"                          \
    "'vendor':'Other'}],"                                                                                                           \
    "'rates':[{'currency':'USD','date':'2026-02-03','nominal':1,'rate':'92.5000'},"                                                 \
    "{'currency':'JPY','date':'2026-02-04','nominal':100,'rate':'61.2345'},"                                                        \
    "{'currency':'EUR','date':'2026-01-22','nominal':1,'rate':'101.0000'},"                                                         \
    "{'currency':'CNY','date':'2026-01-21','nominal':1,'rate':'12.0000'}]"

struct scene {
    const char *title;
    const char *params; /* JSON members */
    const char *grid;   /* JSON rows; may be followed by ],'merges':[… */
    const char *counts; /* "rows_total rejected header group total other merged matched" */
    const char *codes;  /* "E_X:1 W_Y:2", in the order of the list of codes */
    const char *items;  /* "PN/VENDOR lot qty reserved unit cost date; …" in file order; "-" = none */
};

static inline yajl_val parse_scene(const struct scene *scene)
{
    char text[16384], why[200];
    int n = snprintf(text, sizeof text, "{" CATALOGUE ",'today':'2026-02-05','params':{%s},'grid':[%s]}", scene->params,
                     scene->grid);
    assert_true(n > 0 && (size_t)n < sizeof text);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    yajl_val tree = json_parse(text, (size_t)n, 16, why, sizeof why);
    if (!tree)
        fail_msg("%s: %s", scene->title, why);
    return tree;
}

static inline void same(const struct scene *scene, const char *what, const char *have, const char *want)
{
    if (strcmp(have, want) != 0)
        fail_msg("%s: %s are \"%s\", expected \"%s\"", scene->title, what, have, want);
}

static inline void write_codes(const struct stock_issues *issues, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (unsigned code = 1; code < STOCK_CODES; code++)
        if (issues->count[code])
            n += (size_t)snprintf(out + n, size - n, "%s%s:%llu", n ? " " : "", stock_code_name((enum stock_code)code),
                                  (unsigned long long)issues->count[code]);
}

static inline size_t write_item(const struct grid_run *run, const struct stock_item *item, char *out, size_t size)
{
    char qty[48], reserved[48], cost[48] = "-", date[16] = "-";
    const struct catalog_component *lot =
        item->component == ARENA_NONE ? NULL : &run->catalog.components[item->component];
    dec_format(item->qty, 3, true, qty, sizeof qty);
    dec_format(item->reserved, 3, true, reserved, sizeof reserved);
    if (item->cost >= 0)
        dec_format(item->cost, 4, true, cost, sizeof cost);
    if (item->date)
        snprintf(date, sizeof date, "%u", item->date);
    return (size_t)snprintf(out, size, "%s/%s %s %s %s %s %s %s", stock_item_pn(&run->items, item),
                            stock_item_vendor(&run->items, item),
                            lot ? catalog_map_text(&run->catalog, lot->lot_code) : "-", qty, reserved,
                            unit_name((enum unit)item->unit), cost, date);
}

static inline void write_items(const struct grid_run *run, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < run->n_lines; i++) {
        n += (size_t)snprintf(out + n, size - n, "%s", i ? "; " : "");
        n += write_item(run, &run->items.item[run->lines[i].item], out + n, size - n);
    }
}

static inline void check_scene(const struct scene *scene)
{
    static struct grid_run run;
    char text[2000];
    yajl_val tree = parse_scene(scene);
    grid_run(&run, tree);
    struct stock_totals t = stock_items_totals(&run.items, run.params.mode);
    const struct stock_reader *r = &run.reader;
    snprintf(text, sizeof text, "%u %u %u %u %u %u %u %u", r->rows_total, r->rows_rejected, r->skipped[SKIP_HEADER],
             r->skipped[SKIP_GROUP], r->skipped[SKIP_TOTAL], r->skipped[SKIP_OTHER_WAREHOUSE], r->duplicates_merged,
             t.matched);
    if (run.rc != 0)
        same(scene, "failures", r->table.failure, scene->counts);
    else
        same(scene, "counts", text, scene->counts);
    write_codes(&r->issues, text, sizeof text);
    same(scene, "codes", text, scene->codes);
    write_items(&run, text, sizeof text);
    same(scene, "items", text, scene->items);
    grid_run_fini(&run);
    yajl_tree_free(tree);
}

static inline void check_scenes(const struct scene *scenes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_scene(&scenes[i]);
}
#define CHECK(scenes) check_scenes(scenes, sizeof scenes / sizeof scenes[0])
#define ALL           "'max_reject_pct':100"

#endif
