/* A line of progress on standard error: as a bar that is drawn over itself, or as a line for logs. */
#ifndef PF_SHOW_BAR_H
#define PF_SHOW_BAR_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

struct bar_facts {
    const char *what; /* "stock.xlsx → MAIN" */
    const char *id;   /* eight digits, or "" */
    const char *type; /* of the task, for lines */
    const char *step; /* what it is doing; "" = only waits for its end */
    bool waits;       /* has not begun: no bar, no percent */
    unsigned percent;
    uint64_t done, total; /* rows; total 0 = not known */
    uint64_t rejected;
    uint64_t rate;  /* rows a second; 0 = not told */
    int64_t left_s; /* -1 = not told */
};

/* Draws the bar at its width, which the terminal has now. Nothing without screen_bar(). */
void bar_draw(const struct bar_facts *facts);
/* The same for several, one below the other, as far as the screen is high. */
void bar_draw_all(const struct bar_facts *facts, unsigned n);
/* "████▌░░░" of so many cells, for others. */
void bar_add(struct bytes *out, unsigned cells, unsigned percent);
/* Takes the bar away. */
void bar_clear(void);
/* One line, if screen_lines(): always if `must`, else if ten seconds have passed or the step is another one. */
void bar_line(const struct bar_facts *facts, bool must);

#endif
