/* What the loop and the keys of `priceforge top` share. */
#ifndef PF_TOP_TOP_H
#define PF_TOP_TOP_H

#include "client/core/cli.h"
#include "client/top/draw.h"
#include "client/top/feed.h"

enum mode { MODE_LIST, MODE_FILTER, MODE_ASK };
enum pane { PANE_NONE, PANE_EXPLAIN, PANE_LOG, PANE_HELP };

struct top {
    struct cli *cli;
    struct feed feed;
    struct picture picture;
    struct rows rows;
    struct drawing drawing;
    enum top_page page;
    enum mode mode;
    enum pane pane;
    char *pane_text, pane_id[37];
    unsigned pane_first;
    int64_t log_ms;
    bool (*action)(const char *id, struct bytes *said); /* that is asked about */
    const char *done_one, *done_many;
    char foot[320], keys[256];
    int64_t foot_until_ms;
    bool paused, over;
    char refused[400];
};

/* One key. */
void top_press(struct top *t, uint32_t key);
/* Makes t->keys from the table of keys. */
void top_line_of_keys(struct top *t);
/* `text` is on the heap and taken over. */
void top_set_pane(struct top *t, enum pane pane, char *text);
void top_show_end_of_log(struct top *t);

#endif
