/* Profiles. */
#include "client/run/profiles.h"

#include "client/core/say.h"
#include "client/net/ask.h"
#include "client/show/screen.h"

#include <stdio.h>
#include <stdlib.h>

#define PATIENCE_S 30

char *profile_path(const char *name)
{
    char *path = NULL, *escaped = http_escape(name);
    if (asprintf(&path, "/api/import-profiles/%s", escaped) < 0)
        no_memory();
    free(escaped);
    return path;
}

/* An existing profile is replaced only as it was read, after a question. *tag is "" if there is none. */
static int present_tag(const char *name, const char *path, char tag[128])
{
    struct http_request request = {.method = "GET", .path = path};
    struct http_reply reply;
    int rc = http_ask(&request, &reply);
    bool there = rc == 0 && reply.status == 200;
    snprintf(tag, 128, "%s", there ? reply.etag : "");
    http_reply_fini(&reply);
    return there && !say_ask("The profile %s is there already; replace it?", name) ? CLI_NOT_CONFIRMED : CLI_DONE;
}

/* From an import: its parameters, and the captions of its file. */
int profile_keep(struct cli *cli, const char *name, const char *task_id)
{
    char tag[128], body[80], *path = profile_path(name);
    struct answer answer = {0};
    int rc = present_tag(name, path, tag), n = snprintf(body, sizeof body, "{\"from_task\":\"%s\"}", task_id);
    struct http_request request = {.method = "PUT",
                                   .path = path,
                                   .body = body,
                                   .body_len = (size_t)n,
                                   .type = "application/json",
                                   .if_match = *tag ? tag : NULL};
    if (rc == CLI_DONE)
        rc = ask(&cli->settings, &request, PATIENCE_S, &answer);
    bool own = strcmp(cli->command->name, "profile save") == 0; /* else the document is the task's */
    if (rc == CLI_DONE && say_json() && own)
        ask_print_body(&answer);
    else if (rc == CLI_DONE && !say_jsonl())
        say("%s profile %s: as task %.8s was started; use it by --profile", screen_done(), name, task_id);
    answer_fini(&answer);
    free(path);
    return rc;
}
