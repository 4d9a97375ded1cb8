/* Lines of text for a screen of some width and height. Pure. */
#ifndef PF_TOP_DRAW_H
#define PF_TOP_DRAW_H

#include "client/top/picture.h"
#include "client/top/rows.h"

enum top_page { PAGE_TASKS, PAGE_QUEUE, PAGE_PROCESSES, PAGE_DATABASE, PAGES };

enum look { LOOK_PLAIN, LOOK_HEAD, LOOK_TITLE, LOOK_CURSOR, LOOK_FAILED, LOOK_AWAY, LOOK_FOOT };

#define DRAW_LINES 512

struct drawing {
    struct {
        enum look look;
        char *text; /* no wider than the screen */
    } line[DRAW_LINES];
    unsigned n;
};

struct view {
    const struct picture *picture;
    struct rows *rows;
    enum top_page page;
    const char *server;  /* as it is called */
    const char *pane;    /* a text instead of the page; NULL = none */
    unsigned pane_first; /* its first line on the screen */
    const char *foot;    /* a question or what was done; NULL = the keys */
    const char *keys;    /* the line of keys */
    bool paused;
    bool plain; /* one picture as text: every row, no cursor, no foot */
};

/* Fills `drawing`; what it had is freed. */
void draw(struct drawing *drawing, const struct view *view, unsigned width, unsigned height);
void drawing_fini(struct drawing *drawing);

#endif
