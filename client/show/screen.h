/* What the two streams are: a terminal of some width, with or without colours, with or without UTF-8. One state per
 * process, set once by screen_init(). */
#ifndef PF_SHOW_SCREEN_H
#define PF_SHOW_SCREEN_H

#include <stdbool.h>

enum screen_progress { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_LINES, PROGRESS_OFF };
enum screen_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct screen_wishes {
    enum screen_color color;
    enum screen_progress progress;
    bool ascii; /* no characters beyond ASCII of our own */
};

/* Looks at the streams, TERM, NO_COLOR and the locale, which setlocale() has set. */
void screen_init(const struct screen_wishes *wishes);

bool screen_utf8(void);
bool screen_out_is_terminal(void);
bool screen_err_is_terminal(void);
/* A bar is drawn on standard error: it is a terminal that can, and nobody asked for lines. */
bool screen_bar(void);
bool screen_lines(void); /* progress as lines */
/* Columns of the terminal on standard error or output, 40 to 400; asked anew each time. 0 if neither is one. */
unsigned screen_width(void);
/* Lines of it, at least 2; 24 if it does not say. */
unsigned screen_height(void);

/* Signs of an outcome, with colour if there is one: "✔", "✖", "!", or "ok", "FAILED", "!". On standard output. */
const char *screen_done(void);
const char *screen_failed(void);
const char *screen_warned(void);

#endif
