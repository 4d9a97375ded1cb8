/* The linker puts these in the place of the real ones (--wrap), which they call. The counters lie in a shared mapping of
 * a file, which a parser in its sandbox keeps too. */
#include "tests/system/visits.h"

#include "daemon/task/filehash.h"
#include "daemon/worker/filethread.h"
#include "handlers/sheet/sheet.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { VISITS, SNIFFED, HASHED, COUNTERS };

static _Atomic uint32_t unseen[COUNTERS], *counters = unseen;

int __real_filethread_submit(struct filethread *thread, struct filethread_call *call);
enum sheet_format __real_sheet_sniff_file(const struct sheet_input *input, struct sheet_error *err);
int __real_filehash(int fd, uint64_t offset, uint64_t length, uint8_t digest[32]);
int __wrap_filethread_submit(struct filethread *thread, struct filethread_call *call);
enum sheet_format __wrap_sheet_sniff_file(const struct sheet_input *input, struct sheet_error *err);
int __wrap_filehash(int fd, uint64_t offset, uint64_t length, uint8_t digest[32]);

int __wrap_filethread_submit(struct filethread *thread, struct filethread_call *call)
{
    counters[VISITS]++;
    return __real_filethread_submit(thread, call);
}

enum sheet_format __wrap_sheet_sniff_file(const struct sheet_input *input, struct sheet_error *err)
{
    counters[SNIFFED]++;
    return __real_sheet_sniff_file(input, err);
}

int __wrap_filehash(int fd, uint64_t offset, uint64_t length, uint8_t digest[32])
{
    counters[HASHED]++;
    return __real_filehash(fd, offset, length, digest);
}

void visits_install(void)
{
    const char *path = getenv("PF_TEST_VISITS");
    if (!path)
        return;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *map = MAP_FAILED;
    if (fd >= 0 && ftruncate(fd, sizeof unseen) == 0)
        map = mmap(NULL, sizeof unseen, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        abort();
    close(fd);
    counters = map;
}
