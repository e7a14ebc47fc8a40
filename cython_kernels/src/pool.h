/* A persistent pool of threads that walk the same code together.
 *
 * A run is a sequence of phases. In each, workers claim units of work from a shared counter; a phase is over when all
 * its units are done, not when all workers have arrived. A worker that the system has put aside is therefore missed
 * only if it holds a claim; when it comes back it skips what is over. Waiting spins for a moment and then sleeps, so
 * an idle pool costs nothing, and a worker that a run has no use for sleeps through it. */
#ifndef EDGE_POOL_H
#define EDGE_POOL_H
#include <stddef.h>
#include <stdint.h>

typedef struct edge_pool edge_pool;

/* One thread's place in a run. */
typedef struct {
    edge_pool *pool;
    int index;      /* 0 is the caller; negative: the caller, alone */
    int members;    /* threads that take part in the run */
    uint64_t place; /* run and phase */
    long end, held; /* units of this phase; units claimed and not yet reported as done */
    long next;      /* alone: the next unit */
} edge_worker;

/* Every worker gets a copy of the job of its own; what the caller lent the job may be touched only after a claim
 * (what outlives the pool, the model and its weights, at any time). */
typedef void (*edge_task)(void *job, edge_worker *worker);
enum { EDGE_JOB_BYTES = 128 };

/* `threads`, the caller included, which run on the `cpu_count` processors listed in `cpus`, or where the system likes
 * when there are none. The caller is moved there for the time of a run. NULL with errno set when the threads cannot be
 * made. */
edge_pool *edge_pool_new(int threads, const int *cpus, int cpu_count);
void edge_pool_free(edge_pool *pool); /* returns when all threads have ended */
int edge_pool_threads(const edge_pool *pool);

/* Walk `task` with `threads` of the pool's threads (at most all) and return when the caller has left it, all phases
 * done. With one, nobody is woken and nothing is shared: best where waking the others costs more than the work. Alone
 * also, for a while, when other programs keep this one's threads from running at the same time. One caller at a time. */
void edge_pool_run(edge_pool *pool, int threads, edge_task task, const void *job, size_t job_bytes);

/* Claim the next units [*start, *stop) of the phase's `end`: at most `chunk`, or for a chunk of 0 (a stream from memory)
 * many at first and fewer and fewer; or return 0 when none is left. `end` is the same for all workers, at least 1. */
int edge_claim(edge_worker *worker, long end, long chunk, long *start, long *stop);

/* Wait until the phase is over; the next edge_claim belongs to the next one. */
void edge_next_phase(edge_worker *worker);

/* Seconds on a clock that only goes forward. */
double edge_now(void);
#endif
