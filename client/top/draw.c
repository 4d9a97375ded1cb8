/* The pages. */
#include "client/top/draw.h"

#include "base/clock.h"
#include "base/json.h"
#include "client/show/bar.h"
#include "client/show/screen.h"
#include "client/show/text.h"
#include "client/show/tr.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HEADS_FROM   8 /* lines of a screen that has room for heads */
#define WHAT_LEAST   16
#define LEAST_WIDTH  40
#define LEAST_HEIGHT 5

struct sheet {
    struct drawing *drawing;
    const struct view *view;
    unsigned width, height;
};

static void add_line(struct sheet *s, enum look look, const struct bytes *text)
{
    struct drawing *d = s->drawing;
    if (d->n == DRAW_LINES)
        return;
    d->line[d->n].look = look;
    d->line[d->n++].text = text_clean(text->data ? text->data : "", s->width);
}

__attribute__((format(printf, 3, 4))) static void linef(struct sheet *s, enum look look, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = text_format(format, args);
    va_end(args);
    add_line(s, look, &(struct bytes){.data = text});
    free(text);
}

static void add_blanks(struct bytes *out, unsigned n)
{
    while (n-- > 0)
        bytes_add_char(out, ' ');
}

/* A cell of so many columns and two blanks; cut if it is a name. */
static void cell(struct bytes *out, const char *text, unsigned width, bool right)
{
    char *clean = text_clean(text, width);
    unsigned own = text_width(clean), pad = own < width ? width - own : 0;
    add_blanks(out, right ? pad : 0);
    text_addf(out, "%s", clean);
    add_blanks(out, (right ? 0 : pad) + 2);
    free(clean);
}

/* ---- Heads ------------------------------------------------------------------------------------------------------ */

static const char *age(int64_t ms, char buf[TEXT_COUNT_SIZE])
{
    return text_seconds(ms > 0 ? (uint64_t)ms / 1000 : 0, buf);
}

static const char *clock_text(int64_t ms, char buf[16])
{
    time_t at = (time_t)(ms / 1000);
    struct tm local;
    strftime(buf, 16, "%H:%M:%S", localtime_r(&at, &local));
    return buf;
}

static void head_server(struct sheet *s)
{
    const struct picture *p = s->view->picture;
    const char *node = json_member_string(p->json, "node", ""),
               *weak = json_member_string(json_member(p->json, "database"), "weakness", NULL);
    char when[16], old[TEXT_COUNT_SIZE];
    int64_t since = clock_mono_ms() - p->got_ms;
    if (p->away[0])
        linef(s, LOOK_AWAY, _("priceforge top   %s   away: %s; this is %s old"), s->view->server, tr(p->away),
              age(since, old));
    else
        linef(s, LOOK_HEAD, "priceforge top   %s   %.8s   %s%s%s%s", s->view->server, node, clock_text(p->now_ms, when),
              s->view->paused ? _("   PAUSED") : "", weak ? "   ! " : "", weak ? weak : "");
}

static void head_tasks(struct sheet *s)
{
    const struct picture *p = s->view->picture;
    yajl_val processes = json_member(p->json, "processes"), oldest = json_member(p->json, "queue");
    unsigned runners = 0;
    char a[TEXT_COUNT_SIZE];
    for (size_t i = 0; YAJL_IS_ARRAY(processes) && i < YAJL_GET_ARRAY(processes)->len; i++)
        runners += strcmp(json_member_string(YAJL_GET_ARRAY(processes)->values[i], "kind", ""), "runner") == 0;
    (void)oldest;
    linef(s, LOOK_HEAD,
          _("running %u/%u   waiting %u   failed %u   started %.0f/min   ended %.0f/min   polls %s/s, 304 %lld %%"),
          p->running, runners, p->waiting, p->failed, p->started_min, p->ended_min, text_count((uint64_t)p->polls_s, a),
          (long long)p->unchanged_percent);
}

static void head_database(struct sheet *s)
{
    const struct picture *p = s->view->picture;
    yajl_val database = json_member(p->json, "database"), slots = json_member(p->json, "slots"),
             totals = json_member(p->json, "totals");
    bool up = json_member_bool(database, "up", false);
    linef(s, up ? LOOK_HEAD : LOOK_AWAY,
          _("database %s   slots %lld/%lld   lock waits %lld   lock repairs %lld   held %lld"),
          up ? _("ok") : json_member_string(database, "trouble", _("away")),
          (long long)json_member_int(slots, "live", 0), (long long)json_member_int(slots, "all", 0),
          (long long)json_member_int(totals, "waits_locked", 0), (long long)json_member_int(slots, "repairs", 0),
          (long long)json_member_int(totals, "polls_held", 0));
}

/* ---- Tasks ------------------------------------------------------------------------------------------------------ */

enum column { C_ID, C_TYPE, C_WHO, C_STATE, C_BAR, C_PERCENT, C_RATE, C_LEFT, C_RUNNER, COLUMNS };

static const struct {
    const char *title;
    unsigned width;
    bool right;
} columns[COLUMNS] = {
    [C_ID] = {N_("ID"), 8, false},        [C_TYPE] = {N_("TYPE"), 16, false}, [C_WHO] = {N_("WHO"), 12, false},
    [C_STATE] = {N_("STATE"), 11, false}, [C_BAR] = {"", 12, false},          [C_PERCENT] = {"%", 5, true},
    [C_RATE] = {N_("RATE/s"), 9, true},   [C_LEFT] = {N_("LEFT"), 7, true},   [C_RUNNER] = {N_("RUNNER"), 6, true}};

/* Columns go in this order when the screen is narrow. */
static const enum column going[] = {C_RATE, C_RUNNER, C_WHO, C_BAR, C_TYPE, C_LEFT};

static void choose_columns(unsigned width, bool shown[COLUMNS])
{
    unsigned used = 2 + WHAT_LEAST;
    for (unsigned c = 0; c < COLUMNS; c++) {
        shown[c] = true;
        used += columns[c].width + 2;
    }
    for (size_t i = 0; i < sizeof going / sizeof going[0] && used > width; i++) {
        shown[going[i]] = false;
        used -= columns[going[i]].width + 2;
    }
}

/* What the task is called, and where it stands; nothing for the columns with numbers. */
static void column_words(const struct top_task *task, enum column c, struct bytes *out)
{
    if (c == C_ID)
        text_addf(out, "%.8s", task->id);
    else if (c == C_TYPE)
        text_add(out, task->type);
    else if (c == C_WHO)
        text_add(out, task->who);
    else if (c == C_STATE)
        text_addf(out, "%s", task->state);
    else if (c == C_BAR && task->running)
        bar_add(out, screen_utf8() ? 12 : 10, task->progress);
}

static void column_text(const struct top_task *task, enum column c, struct bytes *out)
{
    char a[TEXT_COUNT_SIZE];
    column_words(task, c, out);
    if (c == C_PERCENT && task->running)
        text_addf(out, "%u %%", task->progress);
    else if (c == C_RATE && task->rate > 0)
        text_addf(out, "%s", text_count((uint64_t)task->rate, a));
    else if (c == C_LEFT && task->left_s >= 0)
        text_addf(out, "%s", text_seconds((uint64_t)task->left_s, a));
    else if (c == C_RUNNER && task->runner >= 0)
        text_addf(out, "%d", task->runner);
    bytes_add_char(out, '\0');
}

static void task_line(struct sheet *s, unsigned at, const bool shown[COLUMNS])
{
    const struct rows *rows = s->view->rows;
    const struct top_task *task = rows->row[at];
    bool current = !s->view->plain && at == rows->cursor;
    struct bytes line = {0};
    text_addf(&line, "%c ", rows_is_marked(rows, task->id) ? 'x' : current ? '>' : ' ');
    for (unsigned c = 0; c < COLUMNS; c++) {
        struct bytes text = {0};
        if (!shown[c])
            continue;
        column_text(task, (enum column)c, &text);
        cell(&line, text.data, columns[c].width, columns[c].right);
        bytes_free(&text);
    }
    if (task->what[0]) {
        text_add(&line, task->what);
        text_addf(&line, ", ");
    }
    text_add(&line, task->message);
    bytes_add_char(&line, '\0');
    add_line(s, current ? LOOK_CURSOR : task->failed ? LOOK_FAILED : LOOK_PLAIN, &line);
    bytes_free(&line);
}

static void page_tasks(struct sheet *s, unsigned room)
{
    struct rows *rows = s->view->rows;
    struct bytes title = {0};
    bool shown[COLUMNS];
    choose_columns(s->width, shown);
    text_addf(&title, "  ");
    for (unsigned c = 0; c < COLUMNS; c++)
        if (shown[c])
            cell(&title, tr(columns[c].title), columns[c].width, columns[c].right);
    text_addf(&title, "%s", _("WHAT"));
    bytes_add_char(&title, '\0');
    if (room > 1) {
        add_line(s, LOOK_TITLE, &title);
        room--;
    }
    bytes_free(&title);
    if (s->view->plain)
        room = rows->n;
    rows_scroll(rows, room);
    for (unsigned i = rows->first; i < rows->n && i < rows->first + room; i++)
        task_line(s, i, shown);
    if (rows->n == 0)
        linef(s, LOOK_PLAIN, "  %s", rows->filter[0] ? _("no task fits the filter") : _("no tasks"));
}

/* ---- The other pages -------------------------------------------------------------------------------------------- */

static void page_queue(struct sheet *s)
{
    yajl_val types = json_member(json_member(s->view->picture->json, "queue"), "types");
    linef(s, LOOK_TITLE, "  %-24s %9s %9s %9s", _("TYPE"), _("RUNNING"), _("LIMIT"), _("WAITING"));
    for (size_t i = 0; YAJL_IS_OBJECT(types) && i < YAJL_GET_OBJECT(types)->len; i++) {
        yajl_val type = YAJL_GET_OBJECT(types)->values[i];
        long long limit = (long long)json_member_int(type, "limit", -1);
        char most[24];
        snprintf(most, sizeof most, "%lld", limit);
        linef(s, LOOK_PLAIN, "  %-24s %9lld %9s %9lld", YAJL_GET_OBJECT(types)->keys[i],
              (long long)json_member_int(type, "running", 0), limit < 0 ? "-" : most,
              (long long)json_member_int(type, "waiting", 0));
    }
}

static void page_processes(struct sheet *s)
{
    yajl_val list = json_member(s->view->picture->json, "processes");
    linef(s, LOOK_TITLE, "  %-14s %-10s %9s %14s %12s", _("PROCESS"), _("STATE"), _("PID"), _("UP"), _("LAST BEAT"));
    for (size_t i = 0; YAJL_IS_ARRAY(list) && i < YAJL_GET_ARRAY(list)->len; i++) {
        yajl_val process = YAJL_GET_ARRAY(list)->values[i];
        const char *state = json_member_string(process, "state", "");
        long long pid = (long long)json_member_int(process, "pid", -1),
                  beat = (long long)json_member_int(process, "beat_age_ms", -1);
        char name[48], up[TEXT_COUNT_SIZE], number[24] = "-", last[32] = "-";
        snprintf(name, sizeof name, "%s %lld", json_member_string(process, "kind", ""),
                 (long long)json_member_int(process, "index", 0));
        if (pid > 0)
            snprintf(number, sizeof number, "%lld", pid);
        if (beat >= 0)
            snprintf(last, sizeof last, "%lld ms", beat);
        linef(s, strcmp(state, "active") == 0 ? LOOK_PLAIN : LOOK_FAILED, "  %-14s %-10s %9s %14s %12s", name, state,
              number, age(json_member_int(process, "age_ms", 0), up), last);
    }
}

static void page_database(struct sheet *s)
{
    yajl_val database = json_member(s->view->picture->json, "database"),
             totals = json_member(s->view->picture->json, "totals");
    const char *trouble = json_member_string(database, "trouble", NULL),
               *weak = json_member_string(database, "weakness", NULL);
    bool up = json_member_bool(database, "up", false);
    linef(s, LOOK_TITLE, "  %s",
          json_member_bool(database, "built_in", false) ? _("DATABASE (built in)") : _("DATABASE"));
    linef(s, up ? LOOK_PLAIN : LOOK_FAILED, _("  state                        %s"),
          up        ? _("ok")
          : trouble ? trouble
                    : _("away"));
    linef(s, LOOK_PLAIN, _("  last statement               %lld ms ago"),
          (long long)json_member_int(database, "age_ms", 0));
    if (weak)
        linef(s, LOOK_FAILED, _("  weakness                     %s"), weak);
    linef(s, LOOK_PLAIN, _("  attempts that met a lock     %lld"),
          (long long)json_member_int(totals, "waits_locked", 0));
    linef(s, LOOK_PLAIN, _("  attempts that waited for it  %lld"),
          (long long)json_member_int(totals, "waits_database", 0));
    linef(s, LOOK_PLAIN, _("  connections made anew        %lld"), (long long)json_member_int(totals, "reconnects", 0));
}

static void page_pane(struct sheet *s, unsigned room)
{
    const char *at = s->view->pane;
    for (unsigned line = 0; *at && line < s->view->pane_first + room; line++) {
        int n = (int)strcspn(at, "\n");
        if (line >= s->view->pane_first)
            linef(s, LOOK_PLAIN, "%.*s", n, at);
        at += n + (at[n] == '\n');
    }
}

/* ---- All together ----------------------------------------------------------------------------------------------- */

void drawing_fini(struct drawing *drawing)
{
    for (unsigned i = 0; i < drawing->n; i++)
        free(drawing->line[i].text);
    drawing->n = 0;
}

static void draw_page(struct sheet *s, unsigned room)
{
    if (s->view->pane)
        page_pane(s, room);
    else if (s->view->page == PAGE_QUEUE)
        page_queue(s);
    else if (s->view->page == PAGE_PROCESSES)
        page_processes(s);
    else if (s->view->page == PAGE_DATABASE)
        page_database(s);
    else
        page_tasks(s, room);
}

static void draw_foot(struct sheet *s)
{
    const struct rows *rows = s->view->rows;
    struct bytes empty = {0};
    while (s->drawing->n + 1 < s->height)
        add_line(s, LOOK_PLAIN, &empty);
    if (s->view->foot)
        linef(s, LOOK_FOOT, "%s", s->view->foot);
    else if (rows->n_marked)
        linef(s, LOOK_FOOT, _("%u selected   %s"), rows->n_marked, s->view->keys);
    else if (rows->filter[0])
        linef(s, LOOK_FOOT, "/%s   %s", rows->filter, s->view->keys);
    else
        linef(s, LOOK_FOOT, "%s", s->view->keys);
}

void draw(struct drawing *drawing, const struct view *view, unsigned width, unsigned height)
{
    struct sheet s = {drawing, view, width, height};
    drawing_fini(drawing);
    if (width < LEAST_WIDTH || height < LEAST_HEIGHT) {
        linef(&s, LOOK_PLAIN, "%s", _("too small"));
        return;
    }
    if (!view->picture->json) {
        linef(&s, LOOK_PLAIN, "%s   %s", view->server, view->picture->away[0] ? tr(view->picture->away) : _("asking"));
    } else {
        if (height >= HEADS_FROM) {
            head_server(&s);
            head_tasks(&s);
            head_database(&s);
        }
        draw_page(&s, height - drawing->n - 1);
    }
    if (!view->plain) {
        while (drawing->n > height - 1)
            free(drawing->line[--drawing->n].text);
        draw_foot(&s);
    }
}
