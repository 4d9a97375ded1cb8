/* Making, laying out and dropping the segment. */
#include "shm/segment.h"

#include "shm/counters.h"
#include "shm/layout.h"
#include "shm/lock.h"
#include "shm/segment_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define LAYOUT_VERSION 5u
#define NAME_TRIES     16

/* Offsets of the parts from the start of the header; summed with overflow checks once, then only copied around. */
struct plan {
    size_t lock, procs, derived, free_stack, index, nodes, finals, slots, rests, counters, total;
    uint32_t index_size;
};

/* Reserve room for `count` things of `size` bytes at *at, rounded up to whole line pairs. */
static bool plan_part(size_t *total, size_t *at, size_t count, size_t size)
{
    size_t bytes;

    *at = *total;
    if (__builtin_mul_overflow(count, size, &bytes) || __builtin_add_overflow(bytes, SHM_PAIR - 1, &bytes))
        return false;
    return !__builtin_add_overflow(*total, bytes / SHM_PAIR * SHM_PAIR, total);
}

static bool plan_make(const struct shm_geometry *geometry, size_t page, struct plan *plan)
{
    size_t header;

    *plan = (struct plan){.index_size = 16};
    while (plan->index_size < 2 * geometry->slots)
        plan->index_size *= 2;
    if (!plan_part(&plan->total, &header, 1, sizeof(struct shm_header)) ||
        !plan_part(&plan->total, &plan->lock, 1, sizeof(struct shm_lock_area)) ||
        !plan_part(&plan->total, &plan->procs, geometry->procs, sizeof(struct shm_proc)) ||
        !plan_part(&plan->total, &plan->derived, 1, sizeof(struct shm_derived)) ||
        !plan_part(&plan->total, &plan->free_stack, geometry->slots, sizeof(uint32_t)) ||
        !plan_part(&plan->total, &plan->index, plan->index_size, sizeof(shm_word)) ||
        !plan_part(&plan->total, &plan->nodes, geometry->slots, sizeof(struct shm_node)) ||
        !plan_part(&plan->total, &plan->finals, geometry->slots, sizeof(uint32_t)) ||
        !plan_part(&plan->total, &plan->slots, geometry->slots, sizeof(struct shm_slot)) ||
        !plan_part(&plan->total, &plan->rests, geometry->slots, sizeof(struct shm_rest)) ||
        !plan_part(&plan->total, &plan->counters, (size_t)geometry->procs + 1,
                   SHM_COUNTERS_STRIDE(geometry->counters) * sizeof(shm_word)))
        return false;
    if (plan->total > SIZE_MAX / 2 - 3 * page)
        return false;
    plan->total = (plan->total + page - 1) / page * page;
    return true;
}

static bool geometry_valid(const struct shm_geometry *geometry)
{
    return geometry->slots >= 8 && geometry->slots <= 1048576 && geometry->procs >= 2 && geometry->procs <= 4096 &&
           geometry->types >= 1 && geometry->types <= SHM_MAX_TYPES && geometry->counters <= COUNTERS_MAX;
}

static int random_word(uint64_t *out)
{
    /* Up to 256 bytes come whole or not at all once the kernel's pool is ready (getrandom(2)). */
    while (getrandom(out, sizeof *out, 0) != (ssize_t)sizeof *out)
        if (errno != EINTR)
            return -errno;
    return 0;
}

/* A new object without a name: nothing is left behind, whoever is killed. */
static int open_object(uint64_t boot)
{
    char name[64];

    for (int try = 0; try < NAME_TRIES; try++) {
        (void)snprintf(name, sizeof name, "/priceforge-%ld-%016llx", (long)getpid(),
                       (unsigned long long)boot + (unsigned)try);
        int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0) {
            (void)shm_unlink(name);
            return fd;
        }
        if (errno != EEXIST)
            return -errno;
    }
    return -EEXIST;
}

/* Allocates now: ftruncate alone succeeds on a full tmpfs, and the first touch is then a SIGBUS. */
static int allocate(int fd, size_t bytes)
{
    int error;

    do
        error = posix_fallocate(fd, 0, (off_t)bytes);
    while (error == EINTR);
    return -error;
}

static int map_guarded(int fd, struct shm_segment *seg, size_t page)
{
    seg->map_size = seg->bytes + 2 * page;
    seg->map = mmap(NULL, seg->map_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (seg->map == MAP_FAILED)
        return -errno;
    if (mmap((char *)seg->map + page, seg->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
        MAP_FAILED) {
        int error = errno;
        (void)munmap(seg->map, seg->map_size);
        return -error;
    }
    return 0;
}

static void place(struct shm_segment *seg, const struct plan *plan, size_t page)
{
    char *base = (char *)seg->map + page;

    seg->header = (void *)base;
    seg->lock = (void *)(base + plan->lock);
    seg->procs = (void *)(base + plan->procs);
    seg->derived = (void *)(base + plan->derived);
    seg->free_stack = (void *)(base + plan->free_stack);
    seg->index = (void *)(base + plan->index);
    seg->nodes = (void *)(base + plan->nodes);
    seg->finals = (void *)(base + plan->finals);
    seg->slots = (void *)(base + plan->slots);
    seg->rests = (void *)(base + plan->rests);
    seg->counters = (void *)(base + plan->counters);
    seg->index_mask = plan->index_size - 1;
}

static void fill_header(struct shm_segment *seg)
{
    struct shm_header *header = seg->header;
    const struct shm_geometry *geometry = &seg->geometry;

    header->layout = shm_segment_layout();
    header->slots = geometry->slots;
    header->procs = geometry->procs;
    header->types = geometry->types;
    header->counters = geometry->counters;
    header->index_size = seg->index_mask + 1;
    header->boot = seg->boot;
    header->bytes = seg->bytes;
    memcpy(header->type_limit, geometry->type_limit, sizeof header->type_limit);
}

/* The object comes zeroed: every slot is FREE, every entry is FREE; only the lock and the caches need making. */
static int initialise(struct shm_segment *seg)
{
    int error;

    fill_header(seg);
    error = shm_lock_init(seg);
    if (error == 0)
        error = shm_table_rebuild(seg);
    if (error == 0)
        atomic_store_explicit(&seg->header->magic, SHM_MAGIC, memory_order_release);
    return error;
}

static int make(struct shm_segment *seg, const struct plan *plan, size_t page)
{
    int error;
    int fd = open_object(seg->boot);

    if (fd < 0)
        return fd;
    seg->bytes = plan->total;
    error = allocate(fd, plan->total);
    if (error == 0)
        error = map_guarded(fd, seg, page);
    (void)close(fd);
    if (error != 0)
        return error;
    place(seg, plan, page);
    error = initialise(seg);
    if (error != 0)
        (void)munmap(seg->map, seg->map_size);
    return error;
}

int shm_segment_new(const struct shm_geometry *geometry, struct shm_segment **out)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct plan plan;
    int error;

    if (!geometry_valid(geometry))
        return -EINVAL;
    if (!plan_make(geometry, page, &plan))
        return -EOVERFLOW;
    struct shm_segment *seg = calloc(1, sizeof *seg);
    shm_insist(seg);
    seg->geometry = *geometry;
    error = random_word(&seg->boot);
    if (error == 0)
        error = make(seg, &plan, page);
    if (error != 0) {
        free(seg);
        return error;
    }
    *out = seg;
    return 0;
}

void shm_segment_free(struct shm_segment **seg)
{
    if (!*seg)
        return;
    (void)munmap((*seg)->map, (*seg)->map_size);
    free((*seg)->fds);
    free(*seg);
    *seg = NULL;
}

bool shm_segment_intact(const struct shm_segment *seg)
{
    const struct shm_header *header = seg->header;
    const struct shm_geometry *geometry = &seg->geometry;

    return atomic_load_explicit(&header->magic, memory_order_acquire) == SHM_MAGIC &&
           header->layout == shm_segment_layout() && header->slots == geometry->slots &&
           header->procs == geometry->procs && header->types == geometry->types &&
           header->counters == geometry->counters && header->index_size == seg->index_mask + 1 &&
           header->boot == seg->boot && header->bytes == seg->bytes &&
           memcmp(header->type_limit, geometry->type_limit, sizeof header->type_limit) == 0;
}

uint64_t shm_segment_boot(const struct shm_segment *seg)
{
    return seg->boot;
}

const struct shm_geometry *shm_segment_geometry(const struct shm_segment *seg)
{
    return &seg->geometry;
}

uint64_t shm_segment_bytes(const struct shm_segment *seg)
{
    return seg->bytes;
}

uint32_t shm_segment_layout(void)
{
    const size_t parts[] = {
        LAYOUT_VERSION,          sizeof(struct shm_header),     sizeof(struct shm_lock_area),
        sizeof(struct shm_proc), sizeof(struct shm_derived),    sizeof(struct shm_node),
        sizeof(struct shm_slot), sizeof(struct shm_rest),       sizeof(struct shm_task),
        sizeof(pthread_mutex_t), (size_t)sysconf(_SC_PAGESIZE), TASK_STATES,
        SHM_MAX_TYPES,
    };
    uint32_t word = UINT32_C(2166136261); /* FNV-1a over the sizes */

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        for (unsigned shift = 0; shift < 32; shift += 8)
            word = (word ^ (uint32_t)(parts[i] >> shift & 0xff)) * UINT32_C(16777619);
    return word;
}
