/* priceforge health, version, open. */
#include "client/core/cli.h"

#include "base/json.h"
#include "client/core/say.h"
#include "client/net/ask.h"
#include "client/show/text.h"

#include <stdlib.h>

static const char *const health_examples[] = {"priceforge health", "priceforge health -v", NULL};

static void print_settings(const struct cli *cli)
{
    const struct settings *s = &cli->settings;
    say_note("server   %s  (%s)", s->url, s->url_from);
    say_note("token    %s", s->token[0] ? s->token_from : _("none"));
}

/* Each check that fails, by its name and what it says. */
static void print_checks(yajl_val checks)
{
    for (size_t i = 0; YAJL_IS_OBJECT(checks) && i < YAJL_GET_OBJECT(checks)->len; i++) {
        yajl_val check = YAJL_GET_OBJECT(checks)->values[i];
        if (!json_member_bool(check, "ok", true))
            say("degraded  %s: %s",
                tr_word("check", YAJL_GET_OBJECT(checks)->keys[i], YAJL_GET_OBJECT(checks)->keys[i]),
                tr(json_member_string(check, "detail", N_("not ready"))));
    }
}

static int run_health(struct cli *cli)
{
    struct http_request request = {.method = "GET", .path = "/readyz"};
    struct answer answer = {0}, version = {0}, session = {0};
    char why[64];
    if (say_verbose())
        print_settings(cli);
    if (http_ask(&request, &answer.reply) != 0) {
        int rc = say_error(CLI_AWAY, cli->settings.url, "%s. On the server: systemctl status priceforge",
                           tr(answer.reply.error));
        answer_fini(&answer);
        return rc;
    }
    answer.json = json_parse(answer.reply.body.data, answer.reply.body.len, 16, why, sizeof why);
    if (!answer.json) {
        answer_fini(&answer);
        return say_error(CLI_AWAY, cli->settings.url, "this is not a priceforge server");
    }
    bool ready = json_member_bool(answer.json, "ready", false);
    if (say_json()) {
        ask_print_body(&answer);
    } else if (ready && ask_get(&cli->settings, "/version", &version) == CLI_DONE) {
        const char *who = ask_get(&cli->settings, "/api/session", &session) == CLI_DONE
                              ? json_member_string(session.json, "client", "?")
                              : _("not let in");
        say("ok        %s: priceforge %s, database %s; you are %s", settings_server(&cli->settings),
            json_member_string(version.json, "version", "?"), tr(json_member_string(answer.json, "database", "?")),
            who);
    }
    if (!say_json())
        print_checks(json_member(answer.json, "checks"));
    answer_fini(&session);
    answer_fini(&version);
    answer_fini(&answer);
    return ready ? CLI_DONE : CLI_FAILED;
}

const struct cli_command command_health = {
    .name = "health",
    .arguments = "",
    .summary = N_("Whether the server would work on a task now."),
    .examples = health_examples,
    .run = run_health,
};

/* ---- Version ---------------------------------------------------------------------------------------------------- */

static const char *const version_examples[] = {"priceforge version", NULL};

static int run_version(struct cli *cli)
{
    struct answer answer = {0};
    int rc = ask_get(&cli->settings, "/version", &answer);
    if (rc == CLI_DONE && say_json())
        ask_print_body(&answer);
    else if (rc == CLI_DONE)
        say("priceforge %s; the server %s is %s (%s)", PACKAGE_VERSION, settings_server(&cli->settings),
            json_member_string(answer.json, "version", "?"), json_member_string(answer.json, "commit", "?"));
    answer_fini(&answer);
    return rc;
}

const struct cli_command command_version = {
    .name = "version",
    .arguments = "",
    .summary = N_("The versions of this command and of the server."),
    .examples = version_examples,
    .run = run_version,
};
