/* Parameters. */
#include "client/net/params.h"

#include "base/json.h"
#include "client/core/say.h"
#include "client/net/http.h"

#include <stdlib.h>

static void put(struct params *params, const char *name, const char *value, bool raw)
{
    unsigned i = 0;
    while (i < params->n && strcmp(params->list[i].name, name) != 0)
        i++;
    if (i == PARAMS_MOST)
        return; /* the server refuses unknown ones: so many are wrong anyway */
    if (i == params->n) {
        params->list[i].name = strdup(name);
        params->n++;
    } else {
        free(params->list[i].value);
    }
    params->list[i].value = strdup(value);
    params->list[i].raw = raw;
    if (!params->list[i].name || !params->list[i].value)
        no_memory();
}

void params_add(struct params *params, const char *name, const char *value)
{
    put(params, name, value, false);
}

void params_add_raw(struct params *params, const char *name, const char *json)
{
    put(params, name, json, true);
}

/* Whole numbers, words and whole documents of JSON; not "007", which is a text. */
static bool is_json(const char *value)
{
    char why[64];
    size_t n = strlen(value), digits = strspn(value + (value[0] == '-'), "0123456789");
    if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0 || strcmp(value, "null") == 0)
        return true;
    if (digits > 0 && digits < 16 && value[digits + (value[0] == '-')] == '\0')
        return digits == 1 || value[value[0] == '-'] != '0';
    if (value[0] != '[' && value[0] != '{')
        return false;
    yajl_val tree = json_parse(value, n, 16, why, sizeof why);
    yajl_tree_free(tree);
    return tree != NULL;
}

static int take_set(struct params *params, const char *text)
{
    const char *equals = strchr(text, '=');
    char name[64];
    if (!equals || equals == text || (size_t)(equals - text) >= sizeof name)
        return say_error(CLI_USAGE, "--set", "'%s' must be NAME=VALUE", text);
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    put(params, name, equals + 1, is_json(equals + 1));
    return CLI_DONE;
}

int params_take(struct params *params, const struct cli *cli)
{
    for (unsigned i = 0; i < cli->n_given; i++) {
        const struct cli_option *option = cli->given[i].option;
        if (option->param)
            put(params, option->param, option->value ? cli->given[i].value : "true",
                !option->value || is_json(cli->given[i].value));
    }
    for (unsigned i = 0; i < cli->n_given; i++)
        if (strcmp(cli->given[i].option->name, "set") == 0 && take_set(params, cli->given[i].value) != CLI_DONE)
            return CLI_USAGE;
    return CLI_DONE;
}

const char *params_value(const struct params *params, const char *name)
{
    for (unsigned i = 0; i < params->n; i++)
        if (strcmp(params->list[i].name, name) == 0)
            return params->list[i].value;
    return NULL;
}

void params_json(const struct params *params, struct bytes *out)
{
    struct json_out json;
    size_t n;
    json_out_init(&json);
    json_object(&json);
    for (unsigned i = 0; i < params->n; i++) {
        json_key(&json, params->list[i].name);
        if (params->list[i].raw)
            json_raw(&json, params->list[i].value, strlen(params->list[i].value));
        else
            json_string(&json, params->list[i].value);
    }
    json_object_end(&json);
    const char *text = json_out_text(&json, &n);
    bytes_add(out, text, n);
    json_out_fini(&json);
}

void params_query(const struct params *params, struct bytes *out)
{
    for (unsigned i = 0; i < params->n; i++) {
        char *value = http_escape(params->list[i].value);
        if (i > 0)
            bytes_add_char(out, '&');
        bytes_add(out, params->list[i].name, strlen(params->list[i].name));
        bytes_add_char(out, '=');
        bytes_add(out, value, strlen(value));
        free(value);
    }
}

void params_copy(struct params *to, const struct params *from)
{
    for (unsigned i = 0; i < from->n; i++)
        put(to, from->list[i].name, from->list[i].value, from->list[i].raw);
}

void params_fini(struct params *params)
{
    for (unsigned i = 0; i < params->n; i++) {
        free(params->list[i].name);
        free(params->list[i].value);
    }
    params->n = 0;
}
