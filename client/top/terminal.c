/* ncurses. */
#define _XOPEN_SOURCE_EXTENDED 1
#include "client/top/terminal.h"

#include <curses.h>
#include <signal.h>
#include <stdlib.h>
#include <term.h>
#include <unistd.h>

#define ESC_MS 50

static SCREEN *screen;
static bool colored;

static void give_back(int number)
{
    endwin(); /* NOLINT(bugprone-signal-handler,cert-sig30-c): the process ends here; a terminal that stays as it is would be worse */
    signal(number, SIG_DFL);
    raise(number);
}

bool terminal_open(bool color)
{
    screen = newterm(NULL, stdout, stdin);
    if (!screen)
        return false;
    signal(SIGABRT, give_back);
    signal(SIGSEGV, give_back);
    cbreak();
    noecho();
    nonl();
    curs_set(0);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(ESC_MS);
    colored = color && has_colors() && start_color() == OK && use_default_colors() == OK;
    if (colored) {
        init_pair(1, COLOR_RED, -1);
        init_pair(2, COLOR_CYAN, -1);
    }
    return true;
}

void terminal_close(void)
{
    if (!screen)
        return;
    endwin();
    delscreen(screen);
    screen = NULL;
}

void terminal_size(unsigned *width, unsigned *height)
{
    *width = COLS > 0 ? (unsigned)COLS : 80;
    *height = LINES > 0 ? (unsigned)LINES : 24;
}

/* Meaning is never in colour alone: bold and reverse say the same. */
static attr_t attributes(enum look look)
{
    switch (look) {
    case LOOK_HEAD:
        return colored ? (attr_t)COLOR_PAIR(2) : A_NORMAL;
    case LOOK_TITLE:
        return A_BOLD;
    case LOOK_CURSOR:
    case LOOK_AWAY:
        return A_REVERSE;
    case LOOK_FAILED:
        return colored ? (attr_t)COLOR_PAIR(1) | A_BOLD : A_BOLD;
    case LOOK_FOOT:
        return A_DIM;
    case LOOK_PLAIN:
        break;
    }
    return A_NORMAL;
}

void terminal_show(const struct drawing *drawing)
{
    unsigned width, height;
    terminal_size(&width, &height);
    erase();
    for (unsigned i = 0; i < drawing->n && i < height; i++) {
        attr_t look = attributes(drawing->line[i].look);
        attrset((int)look);
        mvaddnstr((int)i, 0, drawing->line[i].text, -1);
        if (drawing->line[i].look == LOOK_CURSOR)
            mvchgat((int)i, 0, -1, look, 0, NULL);
    }
    attrset(A_NORMAL);
    refresh();
}

static uint32_t special(wint_t key)
{
    static const struct {
        int curses;
        uint32_t own;
    } keys[] = {{KEY_UP, KEY_OF_UP},         {KEY_DOWN, KEY_OF_DOWN},
                {KEY_LEFT, KEY_OF_LEFT},     {KEY_RIGHT, KEY_OF_RIGHT},
                {KEY_PPAGE, KEY_OF_PAGE_UP}, {KEY_NPAGE, KEY_OF_PAGE_DOWN},
                {KEY_HOME, KEY_OF_HOME},     {KEY_END, KEY_OF_END},
                {KEY_ENTER, KEY_OF_ENTER},   {KEY_BACKSPACE, KEY_OF_BACKSPACE},
                {KEY_RESIZE, KEY_OF_RESIZE}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i].curses == (int)key)
            return keys[i].own;
    return KEY_OF_RESIZE; /* of no meaning: drawn anew */
}

uint32_t terminal_key(void)
{
    wint_t key;
    int rc = get_wch(&key);
    if (rc == ERR)
        return KEY_NONE;
    if (rc == KEY_CODE_YES)
        return special(key);
    if (key == '\r')
        return KEY_OF_ENTER;
    return key == 127 || key == 8 ? KEY_OF_BACKSPACE : (uint32_t)key;
}

uint32_t terminal_by_place(uint32_t key)
{
    static const wchar_t russian[] = L"йцукенгшщзхъфывапролджэячсмитьбю.ЙЦУКЕНГШЩЗФЫВАПРОЛДЯЧСМИТЬ";
    static const char latin[] = "qwertyuiop[]asdfghjkl;'zxcvbnm,./QWERTYUIOPASDFGHJKLZXCVBNM";
    for (size_t i = 0; russian[i]; i++)
        if ((uint32_t)russian[i] == key && key != '.')
            return (uint32_t)(unsigned char)latin[i];
    return key;
}
