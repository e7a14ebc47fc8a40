/* How fast this machine reads memory with the engine's own threads: the roof that decode is measured against; how many
 * threads it takes to reach it; and what their meetings cost. */
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include "model.h"

typedef struct {
    const uint64_t *data;
    size_t words;
    atomic_ullong *sink;
} scan;

enum { CHUNK = 1 << 15 }; /* words: 256 KiB */

static void read_all(void *arg, edge_worker *w)
{
    scan *s = arg;
    uint64_t sum[8] = { 0 };
    long chunks = (long)((s->words + CHUNK - 1) / CHUNK);
    for (long start, stop; edge_claim(w, chunks, 0, &start, &stop);) {
        size_t from = (size_t)start * CHUNK, to = (size_t)stop * CHUNK < s->words ? (size_t)stop * CHUNK : s->words;
        for (size_t i = from; i + 8 <= to; i += 8)
            for (int j = 0; j < 8; j++)
                sum[j] += s->data[i + j];
        for (int j = 0; j < 8; j++) /* the sum must be used while the claim is held, or the compiler reads nothing */
            atomic_fetch_add_explicit(s->sink, sum[j], memory_order_relaxed);
    }
    edge_next_phase(w);
}

double edge_read_bandwidth(edge_pool *pool, int threads, const void *data, size_t bytes, int passes)
{
    atomic_ullong sink = 0;
    scan s = { .data = data, .words = bytes / 8, .sink = &sink };
    double best = 0;
    for (int i = 0; i < passes; i++) {
        double start = edge_now();
        edge_pool_run(pool, threads, read_all, &s, sizeof s);
        double rate = (double)bytes / (edge_now() - start);
        if (rate > best)
            best = rate;
    }
    return best;
}

/* A matrix such as a model has, far larger than the caches: rows of this many steps, claimed as forward.c claims it. */
enum { STEPS = 160, PIECE = 4, BLOCK_BYTES = 64 * STEPS };

typedef struct {
    const edge_kernels *kernels;
    const uint8_t *tiles;
    long blocks;
    const int8_t *act;
} product;

static void multiply_all(void *arg, edge_worker *w)
{
    const product *p = arg;
    int32_t sums[PIECE * EDGE_TILE];
    for (long start, stop; edge_claim(w, p->blocks, 0, &start, &stop);)
        for (long block = start; block < stop; block += PIECE)
            p->kernels->ternary(p->tiles + (size_t)block * BLOCK_BYTES, (int)(stop - block < PIECE ? stop - block : PIECE),
                                BLOCK_BYTES, STEPS, p->act, EDGE_TILE * STEPS, 1, sums, sizeof sums / sizeof *sums);
    edge_next_phase(w);
}

static double processor_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int edge_decode_rates(edge_pool *pool, const edge_kernels *kernels, size_t bytes, double seconds, const int *counts,
                      int n, double *rates, double *share)
{
    int8_t act[EDGE_TILE * STEPS];
    product p = { .kernels = kernels, .blocks = (long)(bytes / BLOCK_BYTES), .act = act };
    double end = edge_now() + seconds, used, wanted = 0;
    char *tiles = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (tiles == MAP_FAILED)
        return -1;
    memset(tiles, 0x55, bytes); /* pages that were never written to are all the same one, and in the cache */
    memset(act, 1, sizeof act);
    p.tiles = (const uint8_t *)tiles;
    memset(rates, 0, (size_t)n * sizeof *rates);
    used = processor_time();
    /* In turns, so that a clock that rises or a neighbour who leaves is not taken for a thread's merit. */
    for (int round = 0; round < 1 || edge_now() < end; round++)
        for (int i = 0; i < n && (round < 1 || edge_now() < end); i++) {
            double start = edge_now();
            edge_pool_run(pool, counts[i], multiply_all, &p, sizeof p);
            double taken = edge_now() - start, rate = (double)bytes / taken;
            wanted += taken * counts[i];
            if (rate > rates[i])
                rates[i] = rate;
        }
    *share = (processor_time() - used) / wanted; /* of all together: the clock ticks too slowly for single ones */
    munmap(tiles, bytes);
    return 0;
}

typedef struct {
    int phases, turns;
} meeting;

/* One unit for each worker: with less to do, the first to come would do it all and meet nobody. */
static void meet(void *arg, edge_worker *w)
{
    const meeting *m = arg;
    for (int i = 0; i < m->phases; i++) {
        for (long start, stop; edge_claim(w, w->members > 1 ? w->members : 1, 1, &start, &stop);)
            for (volatile int turn = 0; turn < m->turns; turn++)
                ;
        edge_next_phase(w);
    }
}

double edge_phase_seconds(edge_pool *pool, int threads, int phases, int turns)
{
    meeting m = { phases, turns };
    double start = edge_now();
    edge_pool_run(pool, threads, meet, &m, sizeof m);
    return edge_now() - start;
}
