/* What the answer to a poll may say after what was said before. */
#include "tests/prove/poller.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

/* What a task shows of itself. */
struct shown {
    const char *id, *status, *message, *error, *done_at;
    long progress;
    bool running, has_result;
};

static char complaint[400];

__attribute__((format(printf, 1, 2))) static const char *wrong(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(complaint, sizeof complaint, format, args);
    va_end(args);
    return complaint;
}

static yajl_val member(yajl_val tree, const char *name)
{
    const char *path[] = {name, NULL};

    return yajl_tree_get(tree, path, yajl_t_any);
}

static const char *text_of(yajl_val tree, const char *name)
{
    yajl_val value = member(tree, name);

    return YAJL_IS_STRING(value) ? YAJL_GET_STRING(value) : NULL;
}

static bool read_shown(yajl_val tree, struct shown *shown)
{
    yajl_val progress = member(tree, "progress"), result = member(tree, "result");

    *shown = (struct shown){.id = text_of(tree, "id"),
                            .status = text_of(tree, "status"),
                            .message = text_of(tree, "message"),
                            .error = text_of(tree, "error"),
                            .done_at = text_of(tree, "done_at")};
    if (!shown->id || !shown->status || !shown->message || !shown->error || !YAJL_IS_INTEGER(progress) || !result)
        return false;
    shown->progress = (long)YAJL_GET_INTEGER(progress);
    shown->running = strcmp(shown->status, "running") == 0;
    shown->has_result = !YAJL_IS_NULL(result);
    return true;
}

/* "…attempt 2 of 3…"; the first attempt does not say that it is one. */
static long attempt_of(const struct truth *truth, const char *message)
{
    const char *at = strstr(message, "attempt ");

    if (strcmp(message, "waiting for the database") == 0)
        return truth->attempt; /* said in any attempt */
    return at ? strtol(at + 8, NULL, 10) : 1;
}

/* The message of a task whose last attempt was interrupted goes on with what that attempt said last. */
static const char *last_step(const char *message)
{
    static const char before[] = "no attempt left; last step: ";
    const char *at = strncmp(message, "interrupted (", 13) == 0 ? strstr(message, before) : NULL;

    return at ? at + sizeof before - 1 : message;
}

static bool between_attempts(const char *message)
{
    return strncmp(message, "waiting for a runner", 20) == 0 || strncmp(message, "waiting, ", 9) == 0 ||
           strncmp(message, "interrupted (", 13) == 0;
}

/* Progress never falls within an attempt; attempts never go back. */
static const char *check_running(struct truth *truth, const struct shown *shown)
{
    if (shown->has_result || shown->error[0] != '\0')
        return wrong("running, with an error or a result");
    const char *message = last_step(shown->message);
    if (between_attempts(message)) {
        if (shown->progress != 0)
            return wrong("progress %ld between two attempts", shown->progress);
        truth->progress = 0;
        return NULL;
    }
    long attempt = attempt_of(truth, message);
    if (attempt < truth->attempt)
        return wrong("attempt %ld after attempt %ld", attempt, truth->attempt);
    if (attempt == truth->attempt && shown->progress < truth->progress)
        return wrong("progress fell from %ld to %ld in attempt %ld: %s", truth->progress, shown->progress, attempt,
                     shown->message);
    truth->attempt = attempt;
    truth->progress = shown->progress;
    return NULL;
}

static const char *check_final(const struct shown *shown)
{
    bool completed = strcmp(shown->status, "completed") == 0;

    if (!completed && strcmp(shown->status, "error") != 0)
        return wrong("status %s", shown->status);
    if (!shown->done_at)
        return wrong("over, and no done_at");
    if (completed && (shown->progress != 100 || shown->error[0] != '\0' || !shown->has_result))
        return wrong("completed with progress %ld, error \"%s\"", shown->progress, shown->error);
    if (!completed && (shown->error[0] == '\0' || shown->has_result))
        return wrong("an error without a text, or with a result");
    return NULL;
}

static uint64_t hash(uint64_t word, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        word = (word ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    return word;
}

/* What stays for ever: all of a success; of an error all but the progress and the last message, which a runner that was
 * killed may have told the table alone. */
static uint64_t lasting(const struct shown *shown, const char *body, size_t len)
{
    uint64_t word = UINT64_C(14695981039346656037);

    if (strcmp(shown->status, "completed") == 0)
        return hash(word, body, len);
    word = hash(word, shown->error, strlen(shown->error));
    return hash(word, shown->done_at, strlen(shown->done_at));
}

static const char *check_tree(struct truth *truth, yajl_val tree, const char *body, size_t len)
{
    struct shown shown;
    const char *why;

    if (!tree || !read_shown(tree, &shown))
        return wrong("not a task: %.200s", body);
    if (strcmp(shown.id, truth->id) != 0)
        return wrong("another task: %s", shown.id);
    if (shown.progress < 0 || shown.progress > 100)
        return wrong("progress %ld", shown.progress);
    if (truth->final && shown.running)
        return wrong("runs again after its end: %.200s", body);
    if (shown.running)
        return check_running(truth, &shown);
    why = check_final(&shown);
    if (why)
        return why;
    if (truth->final && lasting(&shown, body, len) != truth->final_hash)
        return wrong("changed after its end: %.200s", body);
    truth->final = true;
    truth->final_hash = lasting(&shown, body, len);
    return NULL;
}

const char *truth_check(struct truth *truth, int status, const char *body, size_t len)
{
    char error[100];

    if (status != 200)
        return wrong("status %d: %.200s", status, body);
    yajl_val tree = yajl_tree_parse(body, error, sizeof error);
    const char *why = check_tree(truth, tree, body, len);
    yajl_tree_free(tree);
    return why;
}
