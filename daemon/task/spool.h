/* The spool: uploaded files that wait for their task. A file is named by the task id, never by the client.
 *
 * An upload is an unnamed file (O_TMPFILE) until its task is about to be journalled; then it is synced, linked under
 * the id and the directory is synced, so that a task that was answered with 202 has its file after a power cut. A
 * killed worker leaves nothing behind. The janitor deletes files whose task is over or was never journalled. */
#ifndef PF_TASK_SPOOL_H
#define PF_TASK_SPOOL_H

#include <stdint.h>
#include <time.h>

/* Open the directory. Returns a descriptor or -errno. */
int spool_open_dir(const char *path);
/* Sync the unnamed file and give it its name. Blocking: file thread only. Returns 0 or -errno. */
int spool_keep(int dir_fd, int file_fd, const uint8_t id[16]);
/* Give a kept file a second name, for another task. Blocking. Returns 0 or -errno (-ENOENT: it is gone). */
int spool_share(int dir_fd, const uint8_t from[16], const uint8_t to[16]);
/* Open a kept file for reading. Returns a descriptor or -errno (-ENOENT: gone). */
int spool_open(int dir_fd, const uint8_t id[16]);
/* Delete it. A missing file is no error. */
void spool_drop(int dir_fd, const uint8_t id[16]);
/* Call fn for every kept file last changed before `before`; what a killed worker left of a workbook that it wrote
 * (handlers/read/xlsxout.h) is deleted on the way. fn returns nonzero to stop. Returns 0, fn's value, or -errno. */
#define SPOOL_ALL 0 /* as `before`: all of them, and nothing is deleted */
struct spool_file {
    uint8_t id[16];
    int64_t changed_ms;
    uint64_t bytes; /* its share, if it has several names */
};
int spool_each(int dir_fd, time_t before, int (*fn)(const struct spool_file *file, void *ctx), void *ctx);

#endif
