/* The keys, and what they do. */
#include "base/clock.h"
#include "client/show/text.h"
#include "client/top/act.h"
#include "client/top/terminal.h"
#include "client/top/top.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOOT_MS 6000 /* so long what was done stays */

/* ---- The pane --------------------------------------------------------------------------------------------------- */

void top_set_pane(struct top *t, enum pane pane, char *text)
{
    free(t->pane_text);
    t->pane_text = text;
    t->pane = pane;
    t->pane_first = 0;
}

void top_show_end_of_log(struct top *t)
{
    unsigned width, height, lines = 0;
    terminal_size(&width, &height);
    for (const char *p = t->pane_text; *p; p++)
        lines += *p == '\n';
    t->pane_first = lines + 5 > height ? lines + 5 - height : 0;
    t->log_ms = clock_mono_ms();
}

static void open_task(struct top *t, enum pane pane)
{
    const struct top_task *task = rows_current(&t->rows);
    if (!task || t->page != PAGE_TASKS)
        return;
    snprintf(t->pane_id, sizeof t->pane_id, "%s", task->id);
    top_set_pane(t, pane, pane == PANE_LOG ? act_log(task->id) : act_explain(task->id));
    if (pane == PANE_LOG)
        top_show_end_of_log(t);
}

/* ---- Cancel, retry ---------------------------------------------------------------------------------------------- */

static unsigned chosen(const struct top *t)
{
    return t->rows.n_marked ? t->rows.n_marked : rows_current(&t->rows) ? 1 : 0;
}

static void say_foot(struct top *t, const char *text)
{
    snprintf(t->foot, sizeof t->foot, "%s", text);
    t->foot_until_ms = clock_mono_ms() + FOOT_MS;
}

/* On the marked tasks, else on that under the cursor. */
static void do_action(struct top *t)
{
    struct bytes said = {0};
    char ids[TOP_TASKS][37];
    unsigned n = chosen(t), done = 0;
    for (unsigned i = 0; i < n; i++)
        snprintf(ids[i], sizeof ids[i], "%s", t->rows.n_marked ? t->rows.marked[i] : rows_current(&t->rows)->id);
    for (unsigned i = 0; i < n; i++) {
        bool ok = t->action(ids[i], &said);
        done += ok;
        if (ok && rows_is_marked(&t->rows, ids[i]))
            rows_mark(&t->rows, ids[i]); /* the selection shrinks as tasks succeed */
    }
    bytes_add_char(&said, '\0');
    snprintf(t->foot, sizeof t->foot, "%s: %u%s%s", ngettext(t->done_one, t->done_many, done), done,
             said.len > 1 ? "   " : "", said.data);
    t->foot_until_ms = clock_mono_ms() + FOOT_MS;
    bytes_free(&said);
}

static void ask_cancel(struct top *t)
{
    unsigned n = chosen(t);
    if (n == 0 || t->page != PAGE_TASKS)
        return;
    snprintf(t->foot, sizeof t->foot, ngettext("cancel %u task? y/n", "cancel %u tasks? y/n", n), n);
    t->action = act_cancel;
    t->done_one = t->done_many = N_("cancelled");
    t->mode = MODE_ASK;
}

static void ask_retry(struct top *t)
{
    unsigned n = chosen(t);
    if (n == 0 || t->page != PAGE_TASKS)
        return;
    snprintf(t->foot, sizeof t->foot, ngettext("start %u task again? y/n", "start %u tasks again? y/n", n), n);
    t->action = act_retry;
    t->done_one = t->done_many = N_("started again");
    t->mode = MODE_ASK;
}

/* ---- Keys ------------------------------------------------------------------------------------------------------- */

static void up(struct top *t)
{
    if (t->pane)
        t->pane_first -= t->pane_first > 0;
    else
        rows_move(&t->rows, -1);
}

static void down(struct top *t)
{
    if (t->pane)
        t->pane_first++;
    else
        rows_move(&t->rows, 1);
}

static void page_by(struct top *t, int pages)
{
    unsigned width, height;
    terminal_size(&width, &height);
    int rows = (int)(height > 6 ? height - 5 : 1) * pages;
    if (!t->pane)
        rows_move(&t->rows, rows);
    else
        t->pane_first = rows < 0 && t->pane_first < (unsigned)-rows ? 0 : (unsigned)((int)t->pane_first + rows);
}

static void page_up(struct top *t)
{
    page_by(t, -1);
}

static void page_down(struct top *t)
{
    page_by(t, 1);
}

static void to_first(struct top *t)
{
    t->pane_first = 0;
    rows_move(&t->rows, -TOP_TASKS);
}

static void to_last(struct top *t)
{
    rows_move(&t->rows, TOP_TASKS);
}

static void mark(struct top *t)
{
    const struct top_task *task = rows_current(&t->rows);
    if (task && t->page == PAGE_TASKS)
        rows_mark(&t->rows, task->id);
    rows_move(&t->rows, 1);
}

static void mark_all(struct top *t)
{
    rows_mark_all(&t->rows);
}

static void clear(struct top *t)
{
    t->foot_until_ms = 0;
    if (t->pane)
        top_set_pane(t, PANE_NONE, NULL);
    else if (t->rows.filter[0])
        t->rows.filter[0] = '\0';
    else
        t->rows.n_marked = 0;
}

static void begin_filter(struct top *t)
{
    t->mode = MODE_FILTER;
    snprintf(t->foot, sizeof t->foot, "/%s", t->rows.filter);
}

static void next_order(struct top *t)
{
    static const char *const names[ORDERS] = {N_("as they came"), N_("by id"),       N_("by type"), N_("by who"),
                                              N_("by state"),     N_("by progress"), N_("by start")};
    t->rows.order = (enum rows_order)((t->rows.order + 1) % ORDERS);
    say_foot(t, tr(names[t->rows.order]));
}

static void reverse(struct top *t)
{
    t->rows.reverse = !t->rows.reverse;
}

static void pause_it(struct top *t)
{
    t->paused = !t->paused;
}

static void explain(struct top *t)
{
    open_task(t, PANE_EXPLAIN);
}

static void open_log(struct top *t)
{
    open_task(t, PANE_LOG);
}

static void next_page(struct top *t)
{
    top_set_pane(t, PANE_NONE, NULL);
    t->page = (enum top_page)((t->page + 1) % PAGES);
}

static void earlier_page(struct top *t)
{
    top_set_pane(t, PANE_NONE, NULL);
    t->page = (enum top_page)((t->page + PAGES - 1) % PAGES);
}

static void quit(struct top *t)
{
    if (t->pane)
        top_set_pane(t, PANE_NONE, NULL);
    else
        t->over = true;
}

static void help(struct top *t);

/* The line of keys and the page of ? are made from it. */
static const struct {
    uint32_t key[3];
    const char *shown, *brief, *meaning; /* brief: in the line; NULL = only on the page */
    void (*act)(struct top *t);
} keys[] = {
    {{'j', KEY_OF_DOWN}, "jk", N_("move"), N_("one row down"), down},
    {{'k', KEY_OF_UP}, "k", NULL, N_("one row up"), up},
    {{'g', KEY_OF_HOME}, "g", NULL, N_("the first row"), to_first},
    {{'G', KEY_OF_END}, "G", NULL, N_("the last row"), to_last},
    {{KEY_OF_PAGE_UP}, "PgUp", NULL, N_("a screen up"), page_up},
    {{KEY_OF_PAGE_DOWN}, "PgDn", NULL, N_("a screen down"), page_down},
    {{'x', ' '}, "x", N_("select"), N_("select the row, or not any more"), mark},
    {{'A'}, "A", NULL, N_("select all that are shown"), mark_all},
    {{KEY_OF_ENTER, 'e'}, "enter", N_("explain"), N_("why the task is where it is"), explain},
    {{'c'}, "c", N_("cancel"), N_("cancel the selected tasks, or that of the row"), ask_cancel},
    {{'r'}, "r", N_("retry"), N_("start them again"), ask_retry},
    {{'l'}, "l", N_("log"), N_("the log of the task; it follows"), open_log},
    {{'/'}, "/", N_("filter"), N_("only rows that have a text"), begin_filter},
    {{KEY_OF_ESC}, "esc", NULL, N_("close what is open, clear the filter, then the selection"), clear},
    {{'s'}, "s", NULL, N_("another order"), next_order},
    {{'S'}, "S", NULL, N_("the other way round"), reverse},
    {{'p'}, "p", NULL, N_("pause, go on"), pause_it},
    {{KEY_OF_TAB, KEY_OF_RIGHT}, "tab", N_("view"), N_("the next view: tasks, queue, processes, database"), next_page},
    {{'h', KEY_OF_LEFT}, "h", NULL, N_("the view before"), earlier_page},
    {{'?'}, "?", N_("help"), N_("this page"), help},
    {{'q'}, "q", N_("quit"), N_("close what is open, or end"), quit},
};
#define KEYS (sizeof keys / sizeof keys[0])

static void help(struct top *t)
{
    struct bytes out = {0};
    for (size_t i = 0; i < KEYS; i++)
        text_addf(&out, "  %-7s %s\n", keys[i].shown, tr(keys[i].meaning));
    bytes_add_char(&out, '\0');
    top_set_pane(t, PANE_HELP, out.data);
}

void top_line_of_keys(struct top *t)
{
    struct bytes out = {0};
    for (size_t i = 0; i < KEYS; i++)
        if (keys[i].brief)
            text_addf(&out, "%s%s %s", out.len ? "  " : "", keys[i].shown, tr(keys[i].brief));
    bytes_add_char(&out, '\0');
    snprintf(t->keys, sizeof t->keys, "%s", out.data);
    bytes_free(&out);
}

static void press_in_list(struct top *t, uint32_t key)
{
    key = terminal_by_place(key);
    for (size_t i = 0; i < KEYS; i++)
        for (size_t k = 0; k < 3; k++)
            if (keys[i].key[k] == key) {
                keys[i].act(t);
                return;
            }
}

static void press_in_filter(struct top *t, uint32_t key)
{
    char *filter = t->rows.filter;
    size_t n = strlen(filter);
    struct bytes letter = {0};
    if (key == KEY_OF_ENTER || key == KEY_OF_ESC)
        t->mode = MODE_LIST;
    if (key == KEY_OF_ESC)
        filter[0] = '\0';
    if (key == KEY_OF_BACKSPACE && n > 0) {
        do {
            n--;
        } while (n > 0 && ((unsigned char)filter[n] & 0xC0) == 0x80);
        filter[n] = '\0';
    } else if (key >= ' ' && key < 0x110000) {
        bytes_add_code(&letter, key);
        if (n + letter.len < sizeof t->rows.filter) {
            memcpy(filter + n, letter.data, letter.len);
            filter[n + letter.len] = '\0';
        }
        bytes_free(&letter);
    }
    snprintf(t->foot, sizeof t->foot, "/%s", filter);
}

void top_press(struct top *t, uint32_t key)
{
    if (t->mode == MODE_FILTER) {
        press_in_filter(t, key);
    } else if (t->mode == MODE_ASK) {
        t->mode = MODE_LIST;
        t->foot_until_ms = 0;
        if (key == 'y' || key == 'Y' || key == L'д' || key == L'Д')
            do_action(t);
    } else {
        press_in_list(t, key);
    }
    rows_make(&t->rows, &t->picture);
}
