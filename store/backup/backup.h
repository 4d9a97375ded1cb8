/* A backup: what is in a database, as one file that another database can be made from.
 *
 *   - gzip of lines. The head says form, schema, program, time, node and, for each table, its rows and next id. Then each
 *     table: its name and columns, its rows with tabs between the values, its digest. The last line has the digest of
 *     everything before it; without it the file has been cut.
 *   - Values are the texts that the server gives. \\, \n, \t, \r and \0 are written with a backslash; \N is NULL.
 *   - No statements, accounts or owners: the tables are made by the migrations of the schema that the head names.
 *   - Left out: leases, nodes, keys that make a repeated start the same one.
 *   - A table's digest is the sum of its rows' SHA-256, so that the order of the rows does not count.
 *
 * One thread. Functions return 0, or -1 with the reason in `error`: a sentence. */
#ifndef PF_BACKUP_BACKUP_H
#define PF_BACKUP_BACKUP_H

#include "store/conn.h"

#define BACKUP_DIGEST 32
#define BACKUP_NAME   65

struct backup_table {
    char name[BACKUP_NAME];
    uint64_t rows;
    uint64_t next_id; /* AUTO_INCREMENT; 0 = none */
    unsigned char digest[BACKUP_DIGEST];
};

struct backup_head {
    unsigned schema;
    char program[32], time[40], node[40];
    struct backup_table *tables; /* in the order of their names */
    unsigned n_tables;
    uint64_t rows; /* of all tables */
};

struct backup_error {
    char text[400];
    bool lost; /* the database cannot be reached now */
};

/* Told after each table and at times in between: rows done of all. Returns true to stop. */
typedef bool (*backup_tell_fn)(const char *table, uint64_t done, uint64_t total, void *ctx);
struct backup_watch {
    backup_tell_fn tell; /* NULL = nobody watches */
    void *ctx;
};

void backup_head_free(struct backup_head *head);

/* Writes the state of the database at this moment to `fd` and leaves `fd` open. `head` has program and node; the rest is
 * filled in. The connection must not be in a transaction and needs time-outs that fit: none for statements. */
int backup_write(struct store_conn *conn, int fd, struct backup_head *head, const struct backup_watch *watch,
                 struct backup_error *error);

/* Reads `fd` from its offset to its end and checks everything but what only a database knows. */
int backup_check_file(int fd, struct backup_head *head, const struct backup_watch *watch, struct backup_error *error);

/* Tables of ours in this database and rows in those that a backup keeps. `stranger` is the name of a table that is not
 * ours, or "". In a database of a newer schema all are taken for ours. */
struct backup_target {
    unsigned tables;
    uint64_t rows;
    bool unfinished; /* an earlier restore */
    char stranger[BACKUP_NAME];
};
int backup_look(struct store_conn *conn, struct backup_target *target, struct backup_error *error);

/* Drops our tables, makes those of the backup's schema, loads them, compares what was stored with the file, ends the tasks
 * that had not ended with the code "restored", brings the schema to ours. Until it returns 0 no program uses the database:
 * store/migrate.h. `ended` is the number of those tasks; with NULL they stay as they are, for a daemon that goes on with them. */
int backup_load(struct store_conn *conn, int fd, struct backup_head *head, uint64_t *ended,
                const struct backup_watch *watch, struct backup_error *error);

#endif
