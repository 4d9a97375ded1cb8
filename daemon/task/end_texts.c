/* Ends written by the daemon itself. */
#include "daemon/task/end_texts.h"

#include "base/clock.h"
#include "base/json.h"
#include "daemon/process/process.h"
#include "daemon/task/spool.h"
#include "daemon/task/state.h"

#include <stdio.h>
#include <string.h>

#define PARAMS_DEPTH 16

/* The client as people know it: the name of its token, or its address. A local program has neither. */
static void name_client(const char *identity, char *out, size_t size)
{
    const char *name = strncmp(identity, "token:", 6) == 0 ? identity + 6 : identity;
    if (strcmp(name, "unix") != 0 && strcmp(name, "unknown") != 0)
        snprintf(out, size, " by %s", name);
}

void ending_cancelled(struct ending *ending, const struct journal_row *row)
{
    char by[sizeof((struct journal_row){0}).cancel_by + 4] = "";
    char why[sizeof((struct journal_row){0}).cancel_reason + 3] = "";
    if (row && row->cancel_by[0])
        name_client(row->cancel_by, by, sizeof by);
    if (row && row->cancel_reason[0])
        snprintf(why, sizeof why, " (%s)", row->cancel_reason);
    snprintf(ending->text, sizeof ending->text, "Cancelled%s%s; nothing was written.", by, why);
    ending->end = (struct journal_end){.status = JOURNAL_CANCELLED,
                                       .outcome = OUTCOME_CANCELLED,
                                       .message = "cancelled",
                                       .error_code = "cancelled",
                                       .error_message = ending->text,
                                       .done_ms = clock_wall_ms()};
}

/* "2 hours": in the largest unit that is exact. */
static void span(unsigned seconds, char *out, size_t size)
{
    static const struct {
        unsigned seconds;
        const char *name;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (seconds % units[i].seconds != 0)
            continue;
        unsigned n = seconds / units[i].seconds;
        snprintf(out, size, "%u %s%s", n, units[i].name, n == 1 ? "" : "s");
        return;
    }
}

void ending_expired(struct ending *ending, unsigned limit_s)
{
    char limit[40];
    span(limit_s, limit, sizeof limit);
    snprintf(ending->text, sizeof ending->text,
             "Not started within %s; nothing was written. Start it again when fewer tasks wait.", limit);
    ending->end = (struct journal_end){.status = JOURNAL_FAILED,
                                       .outcome = OUTCOME_EXPIRED,
                                       .message = "expired",
                                       .error_code = "expired",
                                       .error_message = ending->text,
                                       .done_ms = clock_wall_ms()};
}

void ending_interrupted(struct ending *ending, const struct interruption *why, const struct shm_task *task)
{
    char cause[TASK_ERROR_MAX];
    const char *step = task ? taskwords_last_step(task) : "";
    taskwords_cause(why, cause, sizeof cause);
    snprintf(ending->text, sizeof ending->text, "Interrupted in attempt %u of %u (%s%s%s); nothing was written.",
             why->attempt, why->max, cause, step[0] ? "; last step: " : "", step);
    ending->end = (struct journal_end){.status = JOURNAL_FAILED,
                                       .outcome = OUTCOME_INTERRUPTED,
                                       .error_code = "interrupted",
                                       .error_message = ending->text,
                                       .done_ms = clock_wall_ms()};
}

void ending_gone(struct ending *ending)
{
    snprintf(ending->text, sizeof ending->text, "The task's row is no longer in the database.");
    ending->end = (struct journal_end){
        .status = JOURNAL_FAILED, .outcome = OUTCOME_FAILED, .error_message = ending->text, .done_ms = clock_wall_ms()};
}

void ending_keep(struct ending *ending, const struct shm_task *task)
{
    struct journal_end *end = &ending->end;
    if (end->status == JOURNAL_SUCCEEDED)
        return;
    end->progress = task->progress;
    if (!end->counts.known)
        end->counts = taskstate_counts(task);
    if (end->message)
        return;
    ending->message[0] = '\0'; /* "cancelling" must not stay as the last message */
    if (!(task->flags & TASK_CANCEL_ASKED))
        taskwords_message(task, ending->message);
    end->message = ending->message;
}

unsigned ending_keep_file_s(const struct config *config, enum journal_status status, bool dry_run)
{
    if (status == JOURNAL_SUCCEEDED)
        return dry_run ? config->keep_preview_s : 0;
    return config->keep_failed_s > config->keep_preview_s ? config->keep_failed_s : config->keep_preview_s;
}

bool ending_is_dry_run(const struct journal_row *row)
{
    char why[80];
    yajl_val params = json_parse(row->params, strlen(row->params), PARAMS_DEPTH, why, sizeof why);
    bool dry_run = params && json_member_bool(params, "dry_run", false);
    yajl_tree_free(params);
    return dry_run;
}

int64_t ending_file_until(const struct config *config, const struct journal_row *row)
{
    if (row->file.name[0] == '\0' || row->status <= JOURNAL_RUNNING)
        return 0;
    unsigned keep_s = ending_keep_file_s(config, row->status, ending_is_dry_run(row));
    return keep_s ? row->done_ms + 1000 * (int64_t)keep_s : 0;
}

void ending_drop_file(const struct config *config, int spool_dir_fd, const uint8_t id[16], enum journal_status status,
                      bool dry_run)
{
    if (ending_keep_file_s(config, status, dry_run) == 0)
        spool_drop(spool_dir_fd, id);
}
