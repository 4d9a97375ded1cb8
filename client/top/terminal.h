/* The screen and the keys, by ncurses. */
#ifndef PF_TOP_TERMINAL_H
#define PF_TOP_TERMINAL_H

#include "client/top/draw.h"

/* Keys that are no characters. */
enum terminal_key {
    KEY_NONE = 0,
    KEY_OF_TAB = '\t',
    KEY_OF_ENTER = '\n',
    KEY_OF_ESC = 27,
    KEY_OF_UP = 0x110000, /* above every character */
    KEY_OF_DOWN,
    KEY_OF_LEFT,
    KEY_OF_RIGHT,
    KEY_OF_PAGE_UP,
    KEY_OF_PAGE_DOWN,
    KEY_OF_HOME,
    KEY_OF_END,
    KEY_OF_BACKSPACE,
    KEY_OF_RESIZE
};

/* Returns false if this terminal cannot. The terminal is given back by terminal_close(), and if the process aborts. */
bool terminal_open(bool color);
void terminal_close(void);
void terminal_size(unsigned *width, unsigned *height);
void terminal_show(const struct drawing *drawing);
/* The next key, or KEY_NONE: does not wait. */
uint32_t terminal_key(void);
/* The Latin letter at the place of a Russian one. */
uint32_t terminal_by_place(uint32_t key);

#endif
