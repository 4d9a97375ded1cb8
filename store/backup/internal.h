/* Shared by the files of store/backup/ only. */
#ifndef PF_BACKUP_INTERNAL_H
#define PF_BACKUP_INTERNAL_H

#include "base/bytes.h"
#include "store/backup/backup.h"

#include <openssl/evp.h>

#define BACKUP_FORM "priceforge-backup\t1"

/* ---- The stream ---------------------------------------------------------------------------------------------- */

/* A line is made in `line` and then sent. Without a file only the digests are made. */
struct backup_out {
    void *gz; /* gzFile, or NULL */
    EVP_MD_CTX *all;
    struct bytes line;
};

struct backup_in {
    void *gz;
    EVP_MD_CTX *all;
    struct bytes line; /* the last one, without its end; terminated */
    char *chunk;
    size_t at, filled;
    bool hash; /* false: the line is not part of what the digest covers */
};

/* `fd` < 0: no file. */
int backup_out_open(struct backup_out *out, int fd, struct backup_error *error);
/* Sends the line and empties it. `sum` (may be NULL): the digest of the table whose row it is. */
int backup_out_line(struct backup_out *out, unsigned char *sum, struct backup_error *error);
/* The end mark, and everything to the descriptor. */
int backup_out_close(struct backup_out *out, struct backup_error *error);
void backup_out_free(struct backup_out *out);

int backup_in_open(struct backup_in *in, int fd, struct backup_error *error);
/* The next line. At the end of the file: a fault, since the end mark comes first. */
int backup_in_line(struct backup_in *in, struct backup_error *error);
/* The end mark, and nothing behind it. */
int backup_in_end(struct backup_in *in, struct backup_error *error);
void backup_in_free(struct backup_in *in);

/* Adds a value and a tab. NULL text is the value NULL. */
void backup_put(struct bytes *line, const char *text, size_t len);
void backup_put_text(struct bytes *line, const char *text);
void backup_put_number(struct bytes *line, uint64_t number);
/* Cuts the line into values, in place. Returns their number, or more than `max` if there are more. NULL has text NULL. */
unsigned backup_cut(struct bytes *line, struct store_value *values, unsigned max);

/* Adds a row, without its end, to its table's digest. */
void backup_sum(unsigned char sum[BACKUP_DIGEST], const struct bytes *line);

/* Always -1. */
int backup_fail(struct backup_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
int backup_fail_db(struct backup_error *error, const struct store_conn *conn);

/* ---- Going through a file ------------------------------------------------------------------------------------ */

/* Who gets the tables and rows. Each returns 0, or -1 with the reason. */
struct backup_sink {
    int (*begin)(struct backup_table *table, const struct store_value *columns, unsigned n, void *ctx,
                 struct backup_error *error);
    int (*row)(const struct store_value *values, unsigned n, void *ctx, struct backup_error *error);
    int (*end)(struct backup_table *table, void *ctx, struct backup_error *error);
    void *ctx;
};

int backup_read_head(struct backup_in *in, struct backup_head *head, struct backup_error *error);
/* Everything behind the head. `sink` may be NULL. */
int backup_walk(struct backup_in *in, struct backup_head *head, const struct backup_sink *sink,
                const struct backup_watch *watch, struct backup_error *error);

/* ---- Tables -------------------------------------------------------------------------------------------------- */

#define BACKUP_COLUMNS 64

struct backup_column {
    char name[BACKUP_NAME];
    bool binary;
};

/* A table as the database has it. */
struct backup_form {
    struct backup_column columns[BACKUP_COLUMNS];
    unsigned n_columns;
};

/* Our tables that are there and kept: names and next ids. */
int backup_tables(struct store_conn *conn, unsigned schema, struct backup_head *head, struct backup_error *error);
/* Of one of them. */
int backup_form(struct store_conn *conn, const char *table, struct backup_form *form, struct backup_error *error);
/* Is the table of a name kept? */
bool backup_kept(const char *table);
/* Rows of one, or -1. */
int backup_count(struct store_conn *conn, const char *table, uint64_t *rows, struct backup_error *error);
/* Reads a table in the order of its rows, into the stream. Fills rows and digest of `table`. */
int backup_read(struct store_conn *conn, struct backup_table *table, const struct backup_form *form,
                struct backup_out *out, const struct backup_watch *watch, uint64_t done, uint64_t total,
                struct backup_error *error);

#endif
