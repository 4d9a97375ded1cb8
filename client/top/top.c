/* priceforge top: the loop. */
#include "client/top/top.h"
#include "base/clock.h"
#include "client/core/say.h"
#include "client/net/ask.h"
#include "client/net/signals.h"
#include "client/show/screen.h"
#include "client/show/text.h"
#include "client/top/act.h"
#include "client/top/terminal.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_MS     2000
#define AGE_MS     1000 /* the age of the last picture, while the server is away */
#define BATCH_S    30   /* for the first picture */
#define BATCH_WIDE 200

static const struct cli_option options[] = {
    {'b', "batch", NULL, N_("print one picture as text and end"), NULL},
    {'N', "pictures", "N", N_("with -b: so many, one at each change"), NULL},
    {0, NULL, NULL, NULL, NULL},
};
static const char *const examples[] = {"priceforge top", "priceforge top -s office", "priceforge top -b", NULL};

static struct top top; /* too large for the stack */

/* ---- What the server says --------------------------------------------------------------------------------------- */

/* Takes everything that has come. Returns whether something has to be drawn. */
static bool take_news(struct top *t)
{
    enum feed_kind kind;
    const char *text;
    bool news = false;
    while ((text = feed_next(&t->feed, &kind))) {
        news = true;
        if (kind == FEED_REFUSED) {
            snprintf(t->refused, sizeof t->refused, "%s", text);
            t->over = true;
        } else if (kind == FEED_AWAY) {
            snprintf(t->picture.away, sizeof t->picture.away, "%s", text);
        } else if (kind == FEED_SAME) {
            t->picture.away[0] = '\0';
            t->picture.got_ms = clock_mono_ms();
        } else if (!t->paused && kind == FEED_PICTURE) {
            picture_take(&t->picture, text);
        } else if (!t->paused && kind == FEED_TASKS) {
            picture_details(&t->picture, text);
        }
    }
    if (news)
        rows_make(&t->rows, &t->picture);
    return news;
}

/* ---- Drawing ---------------------------------------------------------------------------------------------------- */

static void make(struct top *t, unsigned width, unsigned height, bool plain)
{
    struct view view = {.picture = &t->picture,
                        .rows = &t->rows,
                        .page = t->page,
                        .server = settings_server(&t->cli->settings),
                        .pane = t->pane ? t->pane_text : NULL,
                        .pane_first = t->pane_first,
                        .foot = t->mode != MODE_LIST || clock_mono_ms() < t->foot_until_ms ? t->foot : NULL,
                        .keys = t->keys,
                        .paused = t->paused,
                        .plain = plain};
    draw(&t->drawing, &view, width, height);
}

static void show(struct top *t)
{
    unsigned width, height;
    terminal_size(&width, &height);
    make(t, width, height, false);
    terminal_show(&t->drawing);
}

/* ---- The loop --------------------------------------------------------------------------------------------------- */

static void follow_log(struct top *t)
{
    if (t->pane != PANE_LOG || clock_mono_ms() - t->log_ms < LOG_MS)
        return;
    char *text = act_log(t->pane_id);
    unsigned first = t->pane_first;
    bool longer = strlen(text) > strlen(t->pane_text);
    top_set_pane(t, PANE_LOG, text);
    t->pane_first = first;
    if (longer)
        top_show_end_of_log(t);
    t->log_ms = clock_mono_ms();
}

static int loop(struct top *t)
{
    show(t);
    while (!t->over && !signals_got()) {
        struct pollfd ready[] = {{STDIN_FILENO, POLLIN, 0}, {t->feed.fd, POLLIN, 0}};
        poll(ready, 2, AGE_MS);
        bool changed = take_news(t) || t->picture.away[0] || t->foot_until_ms;
        for (uint32_t key; !t->over && (key = terminal_key()) != KEY_NONE; changed = true)
            top_press(t, key);
        if (ready[0].revents & (POLLHUP | POLLERR))
            break; /* the terminal has gone */
        follow_log(t);
        if ((changed || t->pane == PANE_LOG) && !t->over)
            show(t);
        if (clock_mono_ms() >= t->foot_until_ms)
            t->foot_until_ms = 0;
    }
    return signals_got() && signals_got() != SIGINT ? 128 + signals_got() : CLI_DONE;
}

static int refuse(const struct top *t)
{
    return say_error(CLI_REFUSED, settings_server(&t->cli->settings), "%s", t->refused);
}

static int on_terminal(struct top *t)
{
    const char *color = cli_value(t->cli, "color"), *no_color = getenv("NO_COLOR");
    bool never = (color && strcmp(color, "never") == 0) || (no_color && *no_color);
    top_line_of_keys(t);
    if (!terminal_open(!never))
        return say_error(CLI_FAILED, "TERM", "this terminal cannot show it; priceforge top -b prints it");
    int rc = loop(t);
    terminal_close();
    return t->refused[0] ? refuse(t) : rc;
}

/* ---- Without a screen ------------------------------------------------------------------------------------------- */

static int in_batch(struct top *t)
{
    long pictures = 1;
    int rc = cli_number(t->cli, "pictures", 1, 1000000, &pictures);
    int64_t begun = clock_mono_ms();
    while (rc == CLI_DONE && pictures > 0 && !signals_got()) {
        struct pollfd ready = {t->feed.fd, POLLIN, 0};
        poll(&ready, 1, AGE_MS);
        bool news = take_news(t);
        if (t->over)
            return refuse(t);
        if (!t->picture.json && clock_mono_ms() - begun > BATCH_S * 1000)
            return say_error(CLI_AWAY, settings_server(&t->cli->settings), "%s, tried for %u s.%s", tr(t->picture.away),
                             BATCH_S, "");
        if (!news || !t->picture.json)
            continue;
        unsigned width = screen_out_is_terminal() ? screen_width() : BATCH_WIDE;
        make(t, width, DRAW_LINES, true);
        for (unsigned i = 0; i < t->drawing.n; i++)
            printf("%s\n", t->drawing.line[i].text);
        fflush(stdout);
        if (--pictures > 0)
            putchar('\n');
    }
    return signals_got() ? 128 + signals_got() : rc;
}

static int run(struct cli *cli)
{
    const char *term = getenv("TERM");
    bool can = isatty(STDIN_FILENO) == 1 && screen_out_is_terminal() && term && *term && strcmp(term, "dumb") != 0;
    struct answer answer = {0};
    if (say_json() || say_jsonl()) {
        int rc = ask_get(&cli->settings, "/api/operation", &answer);
        if (rc == CLI_DONE)
            ask_print_body(&answer);
        answer_fini(&answer);
        return rc;
    }
    top.cli = cli;
    feed_start(&top.feed, &cli->settings);
    int rc = can && !cli_has(cli, "batch") ? on_terminal(&top) : in_batch(&top);
    feed_stop(&top.feed);
    top_set_pane(&top, PANE_NONE, NULL);
    drawing_fini(&top.drawing);
    picture_fini(&top.picture);
    return rc;
}

const struct cli_command command_top = {
    .name = "top",
    .arguments = "",
    .summary = N_("A live view: tasks, queue, processes, database."),
    .examples = examples,
    .options = options,
    .run = run,
};
