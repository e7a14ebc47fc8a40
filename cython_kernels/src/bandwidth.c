/* How fast this machine reads memory with the engine's own threads: the roof that decode is measured against. */
#include <stdatomic.h>
#include <time.h>
#include "model.h"

typedef struct {
    edge_pool *pool;
    const uint64_t *data;
    size_t words;
    atomic_ullong sink;
} scan;

enum { CHUNK = 1 << 15 }; /* words: 256 KiB */

static void read_all(void *arg, int thread, int threads)
{
    scan *s = arg;
    (void)thread;
    (void)threads;
    uint64_t sum[8] = { 0 };
    for (size_t start; (start = (size_t)edge_pool_claim(s->pool, CHUNK)) < s->words;) {
        size_t end = start + CHUNK < s->words ? start + CHUNK : s->words;
        for (size_t i = start; i + 8 <= end; i += 8)
            for (int j = 0; j < 8; j++)
                sum[j] += s->data[i + j];
    }
    for (int j = 0; j < 8; j++) /* the sum must be used, or the compiler reads nothing */
        atomic_fetch_add(&s->sink, sum[j]);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double edge_read_bandwidth(edge_pool *pool, const void *data, size_t bytes, int passes)
{
    scan s = { .pool = pool, .data = data, .words = bytes / 8 };
    double best = 0;
    for (int i = 0; i < passes; i++) {
        double start = now();
        edge_pool_run(pool, 0, read_all, &s);
        double rate = (double)bytes / (now() - start);
        if (rate > best)
            best = rate;
    }
    return best;
}
