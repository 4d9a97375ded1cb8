/* The table of all configuration keys, and what can be done with one key: read a text into it, write it as text.
 *
 * The table is the only place where a key is described: parser, environment, -o, --dump-config, the manual page, the
 * error messages and the reload report all walk over it. */
#ifndef PF_CONFIG_TABLE_H
#define PF_CONFIG_TABLE_H

#include "daemon/config/config.h"

#include <stdio.h>

enum config_type {
    CONFIG_TEXT,     /* char *; one line */
    CONFIG_PATH,     /* char *; absolute */
    CONFIG_LISTEN,   /* char *; ADDRESS:PORT, [ADDRESS]:PORT or empty */
    CONFIG_CURRENCY, /* char *; three capital letters */
    CONFIG_PERCENT,  /* char *; decimal text from 0 to 100 */
    CONFIG_NUMBER,   /* unsigned (or uint32_t), min … max */
    CONFIG_CHOICE,   /* unsigned or int: one of `choices` */
    CONFIG_SIZE      /* uint64_t; bytes, suffixes K, M, G, T (powers of 1024) */
};

/* A word and the number it stands for; ends with word NULL. */
struct config_choice {
    const char *word;
    int value;
};

enum config_effect {
    CONFIG_RESTART,  /* a change needs a restart of the daemon */
    CONFIG_RELOAD,   /* the master follows a reload at once; children have the value they were born with */
    CONFIG_SUCCESSOR /* processes started after the reload have it; the master replaces the running ones in turn */
};

struct config_key {
    const char *section, *name;
    enum config_type type;
    size_t offset;        /* of the field in struct config */
    const char *fallback; /* default as text; NULL: computed at start (config.c) */
    uint64_t min, max;    /* NUMBER, SIZE */
    const struct config_choice *choices;
    const char *unit; /* "bytes", "seconds", "" … for people */
    enum config_effect effect;
    const char *help; /* one or two sentences, no newline */
};

extern const struct config_key config_keys[]; /* ends with section NULL */
#define CONFIG_WHY_MAX 300

const struct config_key *config_key_find(const char *section, const char *name);
/* The key whose name is nearest to a misspelt one, or NULL. */
const struct config_key *config_key_guess(const char *section, const char *name);
bool config_section_known(const char *section);

/* Read `text` into the field. Returns 0, or -1 with "must be …" in why and the field unchanged. */
int config_key_set(const struct config_key *key, struct config *config, const char *text, char why[CONFIG_WHY_MAX]);
/* The value as config_key_set() would read it; `out` needs 4200 bytes for paths. */
void config_key_text(const struct config_key *key, const struct config *config, char *out, size_t size);
bool config_key_equal(const struct config_key *key, const struct config *a, const struct config *b);
/* Free what the field owns. */
void config_key_clear(const struct config_key *key, struct config *config);

#define CONFIG_VALUE_MAX 4200

/* Split ADDRESS:PORT. Returns 0 with the address without brackets and the port, or -1. Used by the listeners as
 * well. */
int config_split_listen(const char *text, char *address, size_t size, unsigned *port);
/* True for 127.0.0.0/8, ::1 and "localhost". */
bool config_loopback(const char *address);

#endif
