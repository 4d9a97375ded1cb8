/* Bars. */
#include "client/show/bar.h"

#include "base/clock.h"
#include "client/show/screen.h"
#include "client/show/text.h"
#include "client/show/tr.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LINE_EVERY_MS 10000
#define LINES_KEPT    64
#define BAR_LEAST     10
#define BAR_MOST      100

static unsigned drawn; /* lines */

/* "████▌░░░" of so many cells, in eighths. */
void bar_add(struct bytes *out, unsigned cells, unsigned percent)
{
    static const char *const part[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    unsigned eighths = cells * 8 * (percent > 100 ? 100 : percent) / 100;
    bool utf8 = screen_utf8();
    unsigned whole = eighths / 8, used = whole;
    if (!utf8)
        bytes_add_char(out, '[');
    for (unsigned i = 0; i < whole; i++)
        text_addf(out, "%s", utf8 ? "█" : "#");
    if (utf8 && eighths % 8) {
        text_addf(out, "%s", part[eighths % 8]);
        used++;
    }
    for (unsigned i = used; i < cells; i++)
        text_addf(out, "%s", utf8 ? "░" : ".");
    if (!utf8)
        bytes_add_char(out, ']');
}

/* What stands behind the bar, from the most to the least wanted: parts fall away from the right. */
static unsigned tail_parts(const struct bar_facts *facts, struct bytes parts[6])
{
    char a[TEXT_COUNT_SIZE], b[TEXT_COUNT_SIZE];
    unsigned n = 0;
    text_addf(&parts[n++], "%3u %%", facts->percent);
    if (facts->left_s >= 0)
        text_addf(&parts[n++], "%s", text_seconds((uint64_t)facts->left_s, a));
    if (facts->total > 0)
        text_addf(&parts[n++], "%s/%s", text_count(facts->done, a), text_count(facts->total, b));
    else if (facts->done > 0)
        text_addf(&parts[n++], "%s", text_count(facts->done, a));
    if (facts->rate > 0)
        text_addf(&parts[n++], _("%s/s"), text_count(facts->rate, a));
    if (facts->rejected > 0)
        text_addf(&parts[n++], ngettext("%s rejected", "%s rejected", (unsigned long)facts->rejected),
                  text_count(facts->rejected, a));
    if (facts->step[0])
        text_add(&parts[n++], facts->step);
    for (unsigned i = 0; i < n; i++)
        bytes_add_char(&parts[i], '\0');
    return n;
}

/* The name, the bar, the parts that fit. */
static void compose(const struct bar_facts *facts, unsigned width, struct bytes *out)
{
    struct bytes parts[6] = {{0}};
    char *name = text_clean(facts->what, width / 3);
    unsigned n = tail_parts(facts, parts), room = width - text_width(name) - 2, used = 0, kept = 0;
    for (; kept < n; kept++) {
        unsigned own = text_width(parts[kept].data) + 2;
        if (kept > 1 && used + own + BAR_LEAST + 2 > room)
            break;
        used += own;
    }
    unsigned frame = screen_utf8() ? 0 : 2;
    unsigned cells = room > used + BAR_LEAST + frame ? room - used - frame - 1 : BAR_LEAST;
    text_addf(out, "%s  ", name);
    bar_add(out, cells > BAR_MOST ? BAR_MOST : cells, facts->percent);
    for (unsigned i = 0; i < kept; i++)
        text_addf(out, "  %s", parts[i].data);
    for (unsigned i = 0; i < n; i++)
        bytes_free(&parts[i]);
    free(name);
}

static void draw_line(const struct bar_facts *facts, unsigned width)
{
    struct bytes line = {0};
    if (facts->waits) {
        char *text = text_clean(facts->step, 0), *name = text_clean(facts->what, width / 3);
        text_addf(&line, "%s  %s", name, text);
        free(text);
        free(name);
    } else {
        compose(facts, width - 1, &line);
    }
    bytes_add_char(&line, '\0');
    char *fits = text_clean(line.data, width - 1);
    fprintf(stderr, "\r%s\x1b[K", fits);
    free(fits);
    bytes_free(&line);
}

/* The cursor stays in the last line, so that one bar needs no scrolling. */
static void to_first_line(void)
{
    if (drawn > 1)
        fprintf(stderr, "\x1b[%uA", drawn - 1);
}

void bar_draw_all(const struct bar_facts *facts, unsigned n)
{
    unsigned width = screen_width(), most = screen_height() - 1;
    if (!screen_bar() || width == 0)
        return;
    n = n > most ? most : n;
    to_first_line();
    for (unsigned i = 0; i < n; i++) {
        if (i > 0)
            fputc('\n', stderr);
        draw_line(&facts[i], width);
    }
    if (n < drawn)
        fputs("\x1b[J", stderr);
    fflush(stderr);
    drawn = n;
}

void bar_draw(const struct bar_facts *facts)
{
    bar_draw_all(facts, 1);
}

void bar_clear(void)
{
    if (!drawn)
        return;
    to_first_line();
    fputs(drawn > 1 ? "\r\x1b[J" : "\r\x1b[K", stderr);
    fflush(stderr);
    drawn = 0;
}

/* Has the task another step, or has it been silent for long? */
static bool is_due(const struct bar_facts *facts)
{
    static struct {
        int64_t ms;
        char id[16], step[64];
    } last[LINES_KEPT]; /* of each task */
    int64_t now = clock_mono_ms();
    unsigned at = 0;
    while (at + 1 < LINES_KEPT && last[at].ms != 0 && strcmp(last[at].id, facts->id) != 0)
        at++;
    if (strcmp(last[at].id, facts->id) == 0 && strncmp(last[at].step, facts->step, sizeof last[at].step - 1) == 0 &&
        now - last[at].ms < LINE_EVERY_MS)
        return false;
    last[at].ms = now;
    snprintf(last[at].id, sizeof last[at].id, "%s", facts->id);
    snprintf(last[at].step, sizeof last[at].step, "%s", facts->step);
    return true;
}

void bar_line(const struct bar_facts *facts, bool must)
{
    struct bytes line = {0};
    char clock[16];
    if (!screen_lines() || (!is_due(facts) && !must))
        return;
    time_t wall = time(NULL);
    struct tm local;
    strftime(clock, sizeof clock, "%H:%M:%S", localtime_r(&wall, &local));
    text_addf(&line, "%s %s %s", clock, facts->id, facts->type);
    if (!facts->waits || strncmp(facts->step, _("waiting"), strlen(_("waiting"))) != 0)
        text_addf(&line, " %s", facts->waits ? _("waiting") : _("running"));
    if (!facts->waits)
        text_addf(&line, " %u%%", facts->percent);
    if (facts->total > 0)
        text_addf(&line, _(" %ju/%ju rows"), (uintmax_t)facts->done, (uintmax_t)facts->total);
    if (facts->rate > 0)
        text_addf(&line, _(" %ju/s"), (uintmax_t)facts->rate);
    bytes_add_char(&line, ' ');
    text_add(&line, facts->step);
    bytes_add_char(&line, '\n');
    fwrite(line.data, 1, line.len, stderr);
    bytes_free(&line);
}
