/* Which server, which token: options before the environment before ~/.config/priceforge/client.conf before
 * /etc/priceforge/client.conf before what is built in. */
#ifndef PF_CORE_SETTINGS_H
#define PF_CORE_SETTINGS_H

#include <stdbool.h>

#define SETTING_BYTES 1024
#define TOKEN_BYTES   512

struct settings {
    char name[64];           /* of the section in client.conf, or "" */
    char url[SETTING_BYTES]; /* http://…, https://…, or unix:/path */
    char token[TOKEN_BYTES]; /* "" = none */
    char ca_file[SETTING_BYTES];
    char warehouse[128], currency[8]; /* what commands take if nothing else is said */
    char progress[16], color[16];
    bool protect;                                 /* every write asks */
    char url_from[64], token_from[SETTING_BYTES]; /* for `health -v` */
    bool insecure;
};

struct cli;

/* Returns CLI_DONE, or CLI_USAGE after a message. */
int settings_read(struct cli *cli);
/* "office" or the URL. */
const char *settings_server(const struct settings *settings);
bool settings_is_unix(const struct settings *settings);
/* A file of the user: directory by `variable` ("XDG_STATE_HOME") or `otherwise` (".local/state") in the home. The
 * directories are made. Returns false if there is no home. */
bool settings_path(const char *variable, const char *otherwise, const char *file, char out[SETTING_BYTES]);

#endif
