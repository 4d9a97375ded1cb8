/* Ids of tasks. */
#include "client/run/task_ids.h"

#include "base/hex.h"
#include "base/json.h"
#include "client/core/say.h"
#include "client/net/ask.h"
#include "client/net/starts.h"

#include <stdlib.h>

#define SHORTEST 8

static bool is_prefix(const char *text)
{
    size_t n = strlen(text);
    return n >= SHORTEST && n < HEX_UUID_SIZE && strspn(text, "0123456789abcdefABCDEF-") == n;
}

/* The server's tasks with this beginning; several are listed. */
static int ask_server(struct cli *cli, const char *text, char task_id[37])
{
    char path[96];
    struct answer answer;
    snprintf(path, sizeof path, "/api/tasks?id_prefix=%s", text);
    int rc = ask_get(&cli->settings, path, &answer);
    yajl_val tasks = rc == CLI_DONE ? json_member(answer.json, "tasks") : NULL;
    const yajl_val *list = YAJL_IS_ARRAY(tasks) ? YAJL_GET_ARRAY(tasks)->values : NULL;
    size_t n = list ? YAJL_GET_ARRAY(tasks)->len : 0;
    if (rc == CLI_DONE && n == 0)
        rc = say_error(CLI_REFUSED, text, "no task has an id that begins like this");
    for (size_t i = 0; rc == CLI_DONE && n > 1 && i < n; i++)
        say_note("%s  %s", json_member_string(list[i], "id", ""), json_member_string(list[i], "type", ""));
    if (rc == CLI_DONE && n > 1)
        rc = say_error(CLI_USAGE, text, "several tasks have ids that begin like this; write more of it");
    if (rc == CLI_DONE && n == 1)
        snprintf(task_id, HEX_UUID_SIZE, "%s", json_member_string(list[0], "id", ""));
    answer_fini(&answer);
    return rc;
}

int task_id_find(struct cli *cli, const char *text, char task_id[37])
{
    const char *server = settings_server(&cli->settings);
    uint8_t id[16];
    if (!text)
        return starts_last(server, task_id)
                   ? CLI_DONE
                   : say_error(CLI_USAGE, NULL, "no task was started here yet; name one, or see priceforge tasks");
    if (hex_uuid_read(text, id) == 0) {
        hex_uuid(id, task_id);
        return CLI_DONE;
    }
    if (!is_prefix(text))
        return say_error(CLI_USAGE, text, "not the id of a task; at least %d of its digits are needed", SHORTEST);
    return starts_by_prefix(server, text, task_id) == 1 ? CLI_DONE : ask_server(cli, text, task_id);
}

int task_id_arg(struct cli *cli, unsigned n, char task_id[37])
{
    return task_id_find(cli, n < cli->n_args ? cli->args[n] : NULL, task_id);
}
