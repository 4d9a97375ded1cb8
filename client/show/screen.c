/* Terminals. */
#include "client/show/screen.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_LEAST 40
#define WIDTH_MOST  400

static struct {
    bool utf8, out, err, color, bar, lines;
} screen;

void screen_init(const struct screen_wishes *wishes)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    bool smart = term && *term && strcmp(term, "dumb") != 0;

    screen.utf8 = !wishes->ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    screen.out = isatty(STDOUT_FILENO) == 1;
    screen.err = isatty(STDERR_FILENO) == 1;
    screen.color = wishes->color == COLOR_ALWAYS ||
                   (wishes->color == COLOR_AUTO && screen.out && smart && !(no_color && *no_color));
    screen.bar = wishes->progress == PROGRESS_BAR || (wishes->progress == PROGRESS_AUTO && screen.err && smart);
    screen.lines = !screen.bar && wishes->progress != PROGRESS_OFF;
}

bool screen_utf8(void)
{
    return screen.utf8;
}

bool screen_out_is_terminal(void)
{
    return screen.out;
}

bool screen_err_is_terminal(void)
{
    return screen.err;
}

bool screen_bar(void)
{
    return screen.bar;
}

bool screen_lines(void)
{
    return screen.lines;
}

unsigned screen_width(void)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size = {0};
    unsigned width = 0;

    if (!screen.out && !screen.err)
        return 0;
    if (ioctl(screen.err ? STDERR_FILENO : STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
    if (width == 0 && columns)
        width = (unsigned)strtoul(columns, NULL, 10);
    if (width == 0)
        width = 80;
    return width < WIDTH_LEAST ? WIDTH_LEAST : width > WIDTH_MOST ? WIDTH_MOST : width;
}

unsigned screen_height(void)
{
    struct winsize size = {0};

    if (ioctl(screen.err ? STDERR_FILENO : STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
        return 24;
    return size.ws_row < 2 ? 2 : size.ws_row;
}

static const char *sign(const char *colored, const char *plain, const char *ascii)
{
    if (!screen.utf8)
        return ascii;
    return screen.color ? colored : plain;
}

const char *screen_done(void)
{
    return sign("\x1b[32m✔\x1b[0m", "✔", "ok");
}

const char *screen_failed(void)
{
    return sign("\x1b[31m✖\x1b[0m", "✖", "FAILED");
}

const char *screen_warned(void)
{
    return sign("\x1b[33m!\x1b[0m", "!", "!");
}
