/* For the fuzzers of the spreadsheet readers: bytes as an input, and, without a fuzzing engine, a main that replays
 * files and folders (without arguments: those of the tests' own data and of the samples). */
#ifndef PF_TESTS_SHEET_REPLAY_H
#define PF_TESTS_SHEET_REPLAY_H

#include "handlers/sheet/sheet.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void require(bool fact)
{
    if (!fact)
        abort();
}

/* One descriptor for all runs. */
static inline struct sheet_input replay_input(const void *data, size_t size)
{
    static int fd = -1;
    if (fd < 0)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    require(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    return (struct sheet_input){.fd = fd, .length = size};
}

#ifndef PF_LIBFUZZER
static unsigned long replay(const char *path);

static unsigned long replay_folder(const char *path)
{
    unsigned long n = 0;
    DIR *dir = opendir(path);
    for (const struct dirent *e; dir && (e = readdir(dir));) {
        char inner[4096];
        if (e->d_name[0] != '.' && snprintf(inner, sizeof inner, "%s/%s", path, e->d_name) < (int)sizeof inner)
            n += replay(inner);
    }
    if (dir)
        closedir(dir);
    return n;
}

static unsigned long replay(const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return 0;
    if (S_ISDIR(st.st_mode))
        return replay_folder(path);
    FILE *file = fopen(path, "rb");
    char *data = malloc((size_t)st.st_size + 1);
    require(file && data);
    size_t n = fread(data, 1, (size_t)st.st_size, file);
    fclose(file);
    LLVMFuzzerTestOneInput((const uint8_t *)data, n);
    free(data);
    return 1;
}

static unsigned long replay_below(const char *root, const char *folder)
{
    char path[4096];
    if (!root || root[0] == 0 || snprintf(path, sizeof path, "%s/%s", root, folder) >= (int)sizeof path)
        return 0;
    return replay(path);
}

static int replay_main(int argc, char **argv, const char *folder)
{
    unsigned long n = 0;
    if (argc == 1)
        n = replay_below(getenv("PF_DATA"), folder) + replay_below(getenv("PF_SAMPLES"), "xlsx");
    for (int i = 1; i < argc; i++)
        n += replay(argv[i]);
    printf("%lu inputs\n", n);
    return n == 0;
}
#endif

#endif
