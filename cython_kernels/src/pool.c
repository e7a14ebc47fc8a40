#include "pool.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

/* About 20 microseconds: longer than any phase's imbalance, shorter than a scheduler's time slice. */
enum { SPINS = 4000 };

struct edge_pool {
    int threads; /* including the caller */
    int started;
    pthread_t *workers;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    edge_task task;
    void *arg;
    int alone; /* the current run is the caller's only */
    int stop;
    atomic_uint run;   /* counts runs: workers wait for it to change */
    atomic_uint phase; /* counts barriers */
    atomic_int waiting;
    atomic_long next;
};

static inline void relax(void)
{
#if defined(__aarch64__)
    __asm__ volatile("yield");
#elif defined(__x86_64__)
    __asm__ volatile("pause");
#endif
}

/* Wait until *counter is no longer `old`. */
static void wait_change(edge_pool *p, atomic_uint *counter, unsigned old)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(counter, memory_order_acquire) != old)
            return;
        relax();
    }
    pthread_mutex_lock(&p->lock);
    while (atomic_load_explicit(counter, memory_order_acquire) == old)
        pthread_cond_wait(&p->wake, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

static void advance(edge_pool *p, atomic_uint *counter)
{
    pthread_mutex_lock(&p->lock);
    atomic_fetch_add_explicit(counter, 1, memory_order_release);
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

typedef struct {
    edge_pool *pool;
    int index;
} worker_start;

static void *worker(void *start)
{
    edge_pool *p = ((worker_start *)start)->pool;
    int index = ((worker_start *)start)->index;
    free(start);
    unsigned seen = 0;
    for (;;) {
        wait_change(p, &p->run, seen);
        seen++;
        if (p->stop)
            return NULL;
        p->task(p->arg, index, p->threads);
        edge_pool_barrier(p);
    }
}

edge_pool *edge_pool_new(int threads)
{
    edge_pool *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->threads = threads;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    p->workers = calloc((size_t)threads, sizeof *p->workers);
    /* Signals belong to the program's own threads: a worker that took Ctrl-C would delay it. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 1; p->workers && i < threads; i++) {
        worker_start *start = malloc(sizeof *start);
        if (!start)
            break;
        *start = (worker_start){ p, i };
        int error = pthread_create(&p->workers[i], NULL, worker, start);
        if (error) {
            free(start);
            errno = error;
            break;
        }
        p->started++;
    }
    int saved = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (p->started == threads - 1)
        return p;
    edge_pool_free(p);
    errno = saved;
    return NULL;
}

void edge_pool_free(edge_pool *p)
{
    if (!p)
        return;
    p->stop = 1;
    advance(p, &p->run);
    for (int i = 1; i <= p->started; i++)
        pthread_join(p->workers[i], NULL);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p->workers);
    free(p);
}

int edge_pool_threads(const edge_pool *p) { return p->threads; }

void edge_pool_run(edge_pool *p, int alone, edge_task task, void *arg)
{
    p->alone = alone || p->threads == 1;
    p->next = 0;
    if (p->alone) {
        task(arg, 0, 1);
        return;
    }
    p->task = task;
    p->arg = arg;
    advance(p, &p->run);
    task(arg, 0, p->threads);
    edge_pool_barrier(p);
}

void edge_pool_barrier(edge_pool *p)
{
    if (p->alone) {
        p->next = 0;
        return;
    }
    unsigned phase = atomic_load_explicit(&p->phase, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&p->waiting, 1, memory_order_acq_rel) + 1 < p->threads) {
        wait_change(p, &p->phase, phase);
        return;
    }
    atomic_store_explicit(&p->waiting, 0, memory_order_relaxed);
    atomic_store_explicit(&p->next, 0, memory_order_relaxed);
    advance(p, &p->phase);
}

long edge_pool_claim(edge_pool *p, long chunk)
{
    return atomic_fetch_add_explicit(&p->next, chunk, memory_order_relaxed);
}
