/* The table of commands. */
#include "client/command/list.h"

#include <stddef.h>

extern const struct cli_command command_import, command_quotes, command_catalog, command_recalculate, command_pricelist,
    command_pricelist_create, command_pricelist_list, command_pricelist_show, command_pricelist_export,
    command_pricelist_diff, command_pricelist_archive, command_pricelist_unarchive, command_tasks, command_watch,
    command_cancel, command_retry, command_rejects, command_log, command_undo_list, command_undo_quotes, command_why,
    command_stock, command_unmatched, command_map, command_held, command_held_approve, command_held_dismiss,
    command_token_set, command_health, command_version;

const struct cli_command *const command_list[] = {
    &command_import,
    &command_quotes,
    &command_catalog,
    &command_recalculate,
    &command_pricelist,
    &command_pricelist_create,
    &command_pricelist_list,
    &command_pricelist_show,
    &command_pricelist_export,
    &command_pricelist_diff,
    &command_pricelist_archive,
    &command_pricelist_unarchive,
    &command_tasks,
    &command_watch,
    &command_cancel,
    &command_retry,
    &command_rejects,
    &command_log,
    &command_undo_list,
    &command_undo_quotes,
    &command_why,
    &command_stock,
    &command_unmatched,
    &command_map,
    &command_held,
    &command_held_approve,
    &command_held_dismiss,
    &command_token_set,
    &command_health,
    &command_version,
    NULL,
};
