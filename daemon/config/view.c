/* A loaded configuration as others see it: compared and kept over reloads, dumped, and in parts for other layers. */
#include "daemon/config/config.h"
#include "daemon/config/table.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void config_compare(const struct config *before, const struct config *after, config_change_fn fn, void *ctx)
{
    char old[CONFIG_VALUE_MAX], new[CONFIG_VALUE_MAX], name[96];

    for (const struct config_key *key = config_keys; key->section; key++) {
        if (config_key_equal(key, before, after))
            continue;
        config_key_text(key, before, old, sizeof old);
        config_key_text(key, after, new, sizeof new);
        snprintf(name, sizeof name, "%s.%s", key->section, key->name);
        fn(name, old, new, key->effect == CONFIG_RESTART, ctx);
    }
    const char *old_password = before->db_password ? before->db_password : "";
    if (strcmp(old_password, after->db_password ? after->db_password : "") != 0)
        fn("database.password_file", "(one password)", "(another password)", true, ctx);
}

static void keep_text(char **next, const char *running)
{
    char *copy = running ? strdup(running) : NULL;

    if (running && !copy)
        abort();
    free(*next);
    *next = copy;
}

void config_keep_fixed(const struct config *running, struct config *next)
{
    char value[CONFIG_VALUE_MAX], why[CONFIG_WHY_MAX];

    for (const struct config_key *key = config_keys; key->section; key++) {
        if (key->effect != CONFIG_RESTART)
            continue;
        config_key_text(key, running, value, sizeof value);
        if (config_key_set(key, next, value, why) < 0)
            abort(); /* it was accepted once */
    }
    next->private_database = running->private_database;
    keep_text(&next->spool_dir, running->spool_dir);
    keep_text(&next->private_socket, running->private_socket);
    config_forget_secrets(next);
    keep_text(&next->db_password, running->db_password);
}

static void dump_key(FILE *out, const struct config *config, const struct config_key *key)
{
    char value[CONFIG_VALUE_MAX];

    config_key_text(key, config, value, sizeof value);
    fprintf(out, "# %s", key->help);
    if (key->unit[0])
        fprintf(out, " Unit: %s.", key->unit);
    for (const struct config_choice *choice = key->choices; choice && choice->word; choice++)
        fprintf(out, "%s%s%s", choice == key->choices ? " One of " : ", ", choice->word, choice[1].word ? "" : ".");
    if (key->fallback)
        fprintf(out, " Default: %s.", key->fallback[0] ? key->fallback : "empty");
    fprintf(out, "%s\n%s = %s\n\n", key->effect == CONFIG_RESTART ? "" : " Reloadable.", key->name, value);
}

void config_dump(const struct config *config, int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    FILE *out = copy >= 0 ? fdopen(copy, "w") : NULL;
    const char *section = "";

    if (!out)
        return;
    for (const struct config_key *key = config_keys; key->section; key++) {
        if (strcmp(section, key->section) != 0)
            fprintf(out, "[%s]\n", key->section);
        section = key->section;
        dump_key(out, config, key);
    }
    fclose(out);
}

struct store_config config_store(const struct config *config, unsigned read_timeout_s, unsigned statement_timeout_s)
{
    return (struct store_config){.host = config->db_host,
                                 .socket = config->private_database ? config->private_socket : config->db_socket,
                                 .port = config->db_port,
                                 .user = config->db_user,
                                 .password = config->db_password,
                                 .name = config->db_name,
                                 .tls_ca = config->db_tls_ca[0] ? config->db_tls_ca : NULL,
                                 .connect_timeout_s = 3,
                                 .read_timeout_s = read_timeout_s,
                                 .statement_timeout_s = statement_timeout_s,
                                 .lock_timeout_s = 10};
}

struct job_settings config_job_settings(const struct config *config)
{
    return (struct job_settings){.base_currency = config->base_currency,
                                 .default_vat_rate = config->default_vat_rate,
                                 .rate_max_age_days = config->rate_max_age_days,
                                 .quote_history_days = config->quote_history_days,
                                 .undo_days = config->undo_days,
                                 .time_zone = config->time_zone,
                                 .max_rows = config->max_rows,
                                 .mxl_code_page = (unsigned)config->mxl_code_page};
}
