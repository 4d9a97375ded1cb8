/* Lists. */
#include "client/run/lists.h"

#include "base/json.h"
#include "client/core/say.h"
#include "client/net/ask.h"
#include "client/net/params.h"
#include "client/show/screen.h"
#include "client/show/text.h"

#include <stdlib.h>

#define ROWS      50
#define PAGE_MOST 200

yajl_val list_member(yajl_val object, const char *path)
{
    char name[64];
    while (object && *path) {
        size_t n = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)n, path);
        bool number = strspn(name, "0123456789") == n;
        size_t at = strtoul(name, NULL, 10);
        if (number && YAJL_IS_ARRAY(object))
            object = at < YAJL_GET_ARRAY(object)->len ? YAJL_GET_ARRAY(object)->values[at] : NULL;
        else
            object = json_member(object, name);
        path += n + (path[n] == '.');
    }
    return object;
}

char *list_path(const struct cli *cli, const char *path)
{
    struct params params = {.n = 0};
    struct bytes query = {0};
    char *whole = NULL;
    for (unsigned i = 0; i < cli->n_given; i++)
        if (cli->given[i].option->param)
            params_add(&params, cli->given[i].option->param,
                       cli->given[i].option->value ? cli->given[i].value : "true");
    params_query(&params, &query);
    if (asprintf(&whole, "%s%s%.*s", path, query.len ? "?" : "", (int)query.len, query.data ? query.data : "") < 0)
        no_memory();
    bytes_free(&query);
    params_fini(&params);
    return whole;
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

static const char *number_text(yajl_val value)
{
    return YAJL_IS_NUMBER(value) ? YAJL_GET_NUMBER(value) : YAJL_IS_STRING(value) ? YAJL_GET_STRING(value) : NULL;
}

static void add_cell(struct table *table, const struct list_field *field, yajl_val row)
{
    char buf[TEXT_COUNT_SIZE];
    yajl_val value = list_member(row, field->path);
    const char *text = number_text(value);
    if (YAJL_IS_TRUE(value) || YAJL_IS_FALSE(value))
        text = YAJL_IS_TRUE(value) ? _("yes") : _("no");
    if (!text)
        table_add(table, NULL);
    else if (field->kind == LIST_COUNT)
        table_add(table, text_count(strtoull(text, NULL, 10), buf));
    else if (field->kind == LIST_DECIMAL)
        table_add(table, text_decimal(text, field->digits, buf));
    else if (field->kind == LIST_MOMENT)
        table_add(table, text_moment(text, buf));
    else if (field->kind == LIST_WORD)
        table_add(table, tr_word(field->path, text, text));
    else
        table_add(table, text);
}

struct listing {
    struct cli *cli;
    const char *path, *array;
    long limit;
    bool all;
    struct table *table;
    const struct list_field *fields;
    unsigned n_fields;
    long rows;
    struct json_out json; /* with --json --all */
    char cursor[512];
};

static void take_rows(struct listing *l, yajl_val page)
{
    yajl_val rows = json_member(page, l->array);
    size_t n = YAJL_IS_ARRAY(rows) ? YAJL_GET_ARRAY(rows)->len : 0;
    for (size_t i = 0; i < n; i++)
        for (unsigned f = 0; f < l->n_fields; f++)
            add_cell(l->table, &l->fields[f], YAJL_GET_ARRAY(rows)->values[i]);
    l->rows += (long)n;
    snprintf(l->cursor, sizeof l->cursor, "%s", json_member_string(page, "next_cursor", ""));
}

static int ask_page(struct listing *l, struct answer *answer)
{
    char *path = NULL, *cursor = http_escape(l->cursor);
    long left = l->all ? PAGE_MOST : l->limit - l->rows;
    if (asprintf(&path, "%s%climit=%ld%s%s", l->path, strchr(l->path, '?') ? '&' : '?',
                 left > PAGE_MOST ? PAGE_MOST : left, *cursor ? "&cursor=" : "", cursor) < 0)
        no_memory();
    int rc = ask_get(&l->cli->settings, path, answer);
    free(cursor);
    free(path);
    return rc;
}

/* The array of a body, without its brackets: pages are joined as text, so that every member stays as it came. */
static void join_json(struct bytes *out, const char *body, const char *array)
{
    char start[80];
    snprintf(start, sizeof start, "\"%s\":[", array);
    const char *from = strstr(body, start), *to = strstr(body, "],\"next_cursor\"");
    if (!from || !to)
        return;
    from += strlen(start);
    if (to > from && out->len > 0)
        bytes_add_char(out, ',');
    bytes_add(out, from, (size_t)(to - from));
}

static int take_pages(struct listing *l, struct bytes *joined)
{
    int rc = CLI_DONE;
    do {
        struct answer answer;
        rc = ask_page(l, &answer);
        if (rc == CLI_DONE) {
            take_rows(l, answer.json);
            if (say_json() && l->all)
                join_json(joined, answer.reply.body.data, l->array);
            else if (say_json())
                ask_print_body(&answer);
        }
        answer_fini(&answer);
    } while (rc == CLI_DONE && l->cursor[0] && (l->all || l->rows < l->limit) && !(say_json() && !l->all));
    return rc;
}

static void print_all(const struct listing *l, const struct bytes *joined, const char *none)
{
    if (say_json() && l->all)
        printf("{\"%s\":[%.*s],\"next_cursor\":null}\n", l->array, (int)joined->len, joined->data ? joined->data : "");
    if (say_json())
        return;
    bool terminal = screen_out_is_terminal();
    if (l->rows > 0)
        table_print(l->table, terminal ? screen_width() : 0, terminal || cli_has(l->cli, "header"), stdout);
    else if (none)
        say_note("%s", tr(none));
    if (l->cursor[0])
        say_note("%ld shown; more: --limit 200, --all", l->rows);
}

int list_print(struct cli *cli, const char *path, const char *array, const struct list_field *fields, unsigned n,
               const char *none)
{
    struct table_column columns[TABLE_COLUMNS];
    struct bytes joined = {0};
    for (unsigned i = 0; i < n; i++)
        columns[i] = fields[i].column;
    struct listing l = {.cli = cli,
                        .path = path,
                        .array = array,
                        .limit = ROWS,
                        .all = cli_has(cli, "all"),
                        .table = table_new(columns, n),
                        .fields = fields,
                        .n_fields = n};
    int rc = cli_number(cli, "limit", 1, 100000, &l.limit);
    if (rc == CLI_DONE)
        rc = take_pages(&l, &joined);
    if (rc == CLI_DONE)
        print_all(&l, &joined, none);
    table_free(&l.table);
    bytes_free(&joined);
    return rc;
}
