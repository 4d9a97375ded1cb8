/* Follow-ups, read by the same table of commands. */
#include "client/run/then.h"

#include "base/json.h"
#include "client/core/say.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MOST 32

static int add_one(struct cli *cli, const char *text, struct json_out *out)
{
    struct cli own;
    struct params params = {.n = 0};
    struct bytes json = {0};
    char *copy = strdup(text), *words[WORDS_MOST + 1] = {copy}, *at = NULL; /* the first one is not looked at */
    int n = 1;
    if (!copy)
        no_memory();
    for (char *word = strtok_r(copy, " ", &at); word && n < WORDS_MOST; word = strtok_r(NULL, " ", &at))
        words[n++] = word;
    int rc = cli_read(&own, cli->commands, n, words);
    const struct cli_command *command = rc == CLI_DONE ? own.command : NULL;
    if (rc == CLI_DONE && (!command || !command->follows))
        rc = say_error(CLI_USAGE, "--then", "'%s' cannot follow; recalculate and pricelist create can", text);
    own.settings = cli->settings;
    if (rc == CLI_DONE && command)
        rc = command->params(&own, &params);
    if (rc == CLI_DONE && command) {
        params_json(&params, &json);
        json_object(out);
        json_put_string(out, "type", command->follows);
        json_key(out, "params");
        json_raw(out, json.data, json.len);
        json_object_end(out);
    }
    bytes_free(&json);
    params_fini(&params);
    free(copy);
    return rc;
}

int then_take(struct cli *cli, struct params *params)
{
    struct json_out out;
    int rc = CLI_DONE;
    if (!cli_has(cli, "then"))
        return CLI_DONE;
    json_out_init(&out);
    json_array(&out);
    for (unsigned i = 0; i < cli->n_given && rc == CLI_DONE; i++)
        if (strcmp(cli->given[i].option->name, "then") == 0)
            rc = add_one(cli, cli->given[i].value, &out);
    json_array_end(&out);
    if (rc == CLI_DONE)
        params_add_raw(params, "then", json_out_text(&out, NULL));
    json_out_fini(&out);
    return rc;
}
