/* --map. */
#include "client/run/rows.h"

#include "base/json.h"
#include "client/core/say.h"

#include <stdio.h>

int rows_map(const struct cli *cli, struct params *params)
{
    struct json_out out;
    unsigned n = 0;
    int rc = CLI_DONE;
    json_out_init(&out);
    json_object(&out);
    for (unsigned i = 0; i < cli->n_given && rc == CLI_DONE; i++) {
        const char *text = cli->given[i].value, *equals = strchr(text, '=');
        char field[32];
        if (strcmp(cli->given[i].option->name, "map") != 0)
            continue;
        if (!equals || equals == text || equals[1] == '\0' || (size_t)(equals - text) >= sizeof field) {
            rc = say_error(CLI_USAGE, "--map", "'%s' must be FIELD=COLUMN, for example qty=F", text);
            continue;
        }
        snprintf(field, sizeof field, "%.*s", (int)(equals - text), text);
        json_put_string(&out, field, equals + 1);
        n++;
    }
    json_object_end(&out);
    if (rc == CLI_DONE && n > 0)
        params_add_raw(params, "columns", json_out_text(&out, NULL));
    json_out_fini(&out);
    return rc;
}

void rows_choose(struct params *params, const char *param, const char *value)
{
    struct json_out out;
    char why[64];
    const char *before = params_value(params, "columns"), *field = param + strlen("columns.");
    if (strncmp(param, "columns.", strlen("columns.")) != 0) {
        params_add(params, param, value);
        return;
    }
    yajl_val columns = before ? json_parse(before, strlen(before), 4, why, sizeof why) : NULL;
    json_out_init(&out);
    json_object(&out);
    for (size_t i = 0; YAJL_IS_OBJECT(columns) && i < YAJL_GET_OBJECT(columns)->len; i++)
        if (strcmp(YAJL_GET_OBJECT(columns)->keys[i], field) != 0)
            json_put_string(&out, YAJL_GET_OBJECT(columns)->keys[i],
                            YAJL_GET_STRING(YAJL_GET_OBJECT(columns)->values[i]));
    json_put_string(&out, field, value);
    json_object_end(&out);
    params_add_raw(params, "columns", json_out_text(&out, NULL));
    json_out_fini(&out);
    yajl_tree_free(columns);
}
