/* How fast this machine reads memory with the engine's own threads: the roof that decode is measured against. */
#include <stdatomic.h>
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
    for (long start, stop; edge_claim(w, chunks, 1, &start, &stop);) {
        size_t from = (size_t)start * CHUNK, to = (size_t)stop * CHUNK < s->words ? (size_t)stop * CHUNK : s->words;
        for (size_t i = from; i + 8 <= to; i += 8)
            for (int j = 0; j < 8; j++)
                sum[j] += s->data[i + j];
        for (int j = 0; j < 8; j++) /* the sum must be used while the claim is held, or the compiler reads nothing */
            atomic_fetch_add_explicit(s->sink, sum[j], memory_order_relaxed);
    }
    edge_next_phase(w);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double edge_read_bandwidth(edge_pool *pool, const void *data, size_t bytes, int passes)
{
    atomic_ullong sink = 0;
    scan s = { .data = data, .words = bytes / 8, .sink = &sink };
    double best = 0;
    for (int i = 0; i < passes; i++) {
        double start = now();
        edge_pool_run(pool, 0, read_all, &s, sizeof s);
        double rate = (double)bytes / (now() - start);
        if (rate > best)
            best = rate;
    }
    return best;
}
