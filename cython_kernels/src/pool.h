/* A persistent pool of threads that all walk the same code: work is claimed in chunks from a shared counter, phases
 * are separated by barriers. Waiting spins for a moment and then sleeps, so an idle engine costs nothing. */
#ifndef EDGE_POOL_H
#define EDGE_POOL_H
typedef struct edge_pool edge_pool;
typedef void (*edge_task)(void *arg, int thread, int threads);

edge_pool *edge_pool_new(int threads); /* NULL with errno set when the threads cannot be made */
void edge_pool_free(edge_pool *pool);
int edge_pool_threads(const edge_pool *pool);

/* Run `task` on all threads, the caller being thread 0, and return when all have finished; or on the caller alone,
 * which is faster where waking the others costs more than the work. One caller at a time. */
void edge_pool_run(edge_pool *pool, int alone, edge_task task, void *arg);

/* Inside a task: wait for all its threads, and start the next phase's counter at zero. */
void edge_pool_barrier(edge_pool *pool);

/* Inside a task: the first of `chunk` units that nobody else has; units past the end mean that the phase is done. */
long edge_pool_claim(edge_pool *pool, long chunk);
#endif
