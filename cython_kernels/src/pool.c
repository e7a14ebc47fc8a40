#include "pool.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* About 50 microseconds: longer than a phase's imbalance, shorter than a scheduler's time slice. */
enum { SPINS = 3000 };

/* The ticket: run (20 bits), phase (16), next unit (28). A run starts its phases at zero. */
enum { UNIT_BITS = 28, PHASE_BITS = 16 };
/* A claim takes one such part of what is left for each thread: a core half as fast as the others still ends in time. */
enum { SHARES = 3 };
#define UNITS ((UINT64_C(1) << UNIT_BITS) - 1)

struct edge_pool {
    int threads; /* including the caller */
    int started;
    pthread_t *workers;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    /* Written by the caller under the lock before a run, copied by workers under the lock. */
    edge_task task;
    char job[EDGE_JOB_BYTES];
    uint64_t run;
    int stop;
    _Alignas(64) _Atomic uint64_t ticket;
    _Alignas(64) atomic_long done; /* units of the present phase */
    atomic_int sleepers;
    /* The caller's own: how long it has slept in this run, and how many runs to do alone. */
    double slept;
    int alone_left, penalty;
};

static inline void relax(void)
{
#if defined(__aarch64__)
    __asm__ volatile("yield");
#elif defined(__x86_64__)
    __asm__ volatile("pause");
#endif
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Wait until the ticket belongs to another place; returns it. */
static uint64_t wait_change(edge_pool *p, uint64_t place)
{
    uint64_t ticket;
    for (int i = 0; i < SPINS; i++) {
        if ((ticket = atomic_load_explicit(&p->ticket, memory_order_acquire)) >> UNIT_BITS != place)
            return ticket;
        relax();
    }
    pthread_mutex_lock(&p->lock);
    /* Announced before the ticket is looked at again, in this order for everybody: whoever changes the ticket either
     * sees the sleeper or is seen by it. */
    atomic_fetch_add(&p->sleepers, 1);
    while ((ticket = atomic_load(&p->ticket)) >> UNIT_BITS == place)
        pthread_cond_wait(&p->wake, &p->lock);
    atomic_fetch_sub(&p->sleepers, 1);
    pthread_mutex_unlock(&p->lock);
    return ticket;
}

static void set_ticket(edge_pool *p, uint64_t place)
{
    atomic_store(&p->ticket, place << UNIT_BITS);
    if (atomic_load(&p->sleepers)) {
        pthread_mutex_lock(&p->lock);
        pthread_cond_broadcast(&p->wake);
        pthread_mutex_unlock(&p->lock);
    }
}

static void *work(void *start)
{
    edge_worker w = *(edge_worker *)start;
    edge_pool *p = w.pool;
    _Alignas(16) char job[EDGE_JOB_BYTES];
    uint64_t seen = 0;
    free(start);
    for (;;) {
        /* A new run is a new place; the phases of a run that is nearly over are waited out one by one. */
        uint64_t ticket = atomic_load_explicit(&p->ticket, memory_order_acquire);
        if (ticket >> UNIT_BITS >> PHASE_BITS == seen)
            ticket = wait_change(p, ticket >> UNIT_BITS);
        if (ticket >> UNIT_BITS >> PHASE_BITS == seen)
            continue;
        pthread_mutex_lock(&p->lock);
        int stop = p->stop;
        edge_task task = p->task;
        seen = p->run;
        memcpy(job, p->job, sizeof job);
        pthread_mutex_unlock(&p->lock);
        if (stop)
            return NULL;
        w.place = seen << PHASE_BITS;
        w.held = 0;
        task(job, &w);
    }
}

edge_pool *edge_pool_new(int threads)
{
    edge_pool *p = NULL;
    if (posix_memalign((void **)&p, 64, sizeof *p))
        return NULL;
    memset(p, 0, sizeof *p);
    p->threads = threads;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    p->workers = calloc((size_t)threads, sizeof *p->workers);
    /* Signals belong to the program's own threads: a worker that took Ctrl-C would delay it. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 1; p->workers && i < threads; i++) {
        edge_worker *start = malloc(sizeof *start);
        if (!start)
            break;
        *start = (edge_worker){ .pool = p, .index = i };
        int error = pthread_create(&p->workers[i], NULL, work, start);
        if (error) {
            free(start);
            errno = error;
            break;
        }
        p->started++;
    }
    int saved = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (p->workers && p->started == threads - 1)
        return p;
    edge_pool_free(p);
    errno = saved;
    return NULL;
}

/* Give the workers a new job: the ticket moves to phase zero of the next run. */
static void announce(edge_pool *p, edge_task task, const void *job, size_t bytes, int stop)
{
    pthread_mutex_lock(&p->lock);
    p->task = task;
    if (bytes)
        memcpy(p->job, job, bytes);
    p->stop = stop;
    p->run = (p->run + 1) & ((UINT64_C(1) << (64 - UNIT_BITS - PHASE_BITS)) - 1);
    pthread_mutex_unlock(&p->lock);
    atomic_store(&p->done, 0);
    set_ticket(p, p->run << PHASE_BITS);
}

void edge_pool_free(edge_pool *p)
{
    if (!p)
        return;
    announce(p, NULL, NULL, 0, 1);
    for (int i = 1; i <= p->started; i++)
        pthread_join(p->workers[i], NULL);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p->workers);
    free(p);
}

int edge_pool_threads(const edge_pool *p) { return p->threads; }

void edge_pool_run(edge_pool *p, int alone, edge_task task, const void *job, size_t bytes)
{
    _Alignas(16) char copy[EDGE_JOB_BYTES];
    memcpy(copy, job, bytes);
    edge_worker w = { .pool = p };
    if (alone || p->threads == 1 || p->alone_left > 0) {
        p->alone_left -= p->alone_left > 0 && !alone;
        w.index = -1;
        task(copy, &w);
        return;
    }
    announce(p, task, job, bytes, 0);
    w.place = p->run << PHASE_BITS;
    p->slept = 0;
    double start = now();
    task(copy, &w);
    /* Threads that are put aside with a claim in hand make everybody wait: on a busy machine one thread is faster.
     * Try again later, less and less often while it goes on. */
    int busy = p->slept > 0.35 * (now() - start);
    p->penalty = !busy ? 0 : p->penalty ? (p->penalty < 64 ? 2 * p->penalty : 64) : 4;
    p->alone_left = p->penalty;
}

/* Report what was claimed; whoever completes the phase opens the next one. */
static void report(edge_worker *w)
{
    edge_pool *p = w->pool;
    long held = w->held;
    if (!held)
        return;
    w->held = 0;
    if (atomic_fetch_add_explicit(&p->done, held, memory_order_acq_rel) + held == w->end) {
        atomic_store_explicit(&p->done, 0, memory_order_relaxed);
        set_ticket(p, w->place + 1);
    }
}

int edge_claim(edge_worker *w, long end, long chunk, long *start, long *stop)
{
    if (w->index < 0) {
        *start = w->next;
        *stop = w->next = end;
        return *start < end;
    }
    report(w);
    w->end = end;
    uint64_t ticket = atomic_load_explicit(&w->pool->ticket, memory_order_acquire);
    long first, take;
    do {
        first = (long)(ticket & UNITS);
        if (ticket >> UNIT_BITS != w->place || first >= end)
            return 0;
        /* A long run of weights is one stream to the memory; the ends of the phase are shared out in small pieces. */
        take = (end - first) / (SHARES * w->pool->threads);
        take = take > chunk ? take : first + chunk < end ? chunk : end - first;
    } while (!atomic_compare_exchange_weak_explicit(&w->pool->ticket, &ticket, ticket + (uint64_t)take,
                                                    memory_order_acq_rel, memory_order_acquire));
    *start = first;
    *stop = first + take;
    w->held = take;
    return 1;
}

void edge_next_phase(edge_worker *w)
{
    if (w->index < 0) {
        w->next = 0;
        return;
    }
    report(w);
    if (atomic_load_explicit(&w->pool->ticket, memory_order_acquire) >> UNIT_BITS == w->place) {
        double start = w->index ? 0 : now();
        wait_change(w->pool, w->place);
        if (!w->index)
            w->pool->slept += now() - start;
    }
    w->place++;
}
