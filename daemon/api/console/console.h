/* The console: one page at /, and its files, as the build has packed them.
 *
 * Process: a worker's loop. The files are constants of the program; nothing here reads the disk. */
#ifndef PF_API_CONSOLE_H
#define PF_API_CONSOLE_H

#include "daemon/http/http.h"

/* A file of web/. Its bytes are kept packed alone: browsers take gzip, and for the others it is inflated. */
struct web_file {
    const char *name; /* "js/main.js"; "index.html" for the page */
    const char *type; /* media type */
    const char *hash; /* of the content, 32 hexadecimal digits */
    size_t len;       /* not packed */
    const unsigned char *gzip;
    size_t gzip_len;
    const unsigned char *brotli; /* NULL: there was no brotli at build time */
    size_t brotli_len;
};

/* Both are in web/assets.c, which web/assets.sh makes. The list ends with name NULL; the page is its first member. */
extern const struct web_file web_files[];
/* 12 hexadecimal digits over all names and contents. The addresses of the files contain it. */
extern const char web_build[];

/* GET / */
void resource_console(struct http_request *request);
/* GET /assets/{build}/{folder}/{file} */
void resource_console_file(struct http_request *request);

#endif
