#include "pool.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long to spin: longer than a phase's imbalance, shorter than a scheduler's time slice. By the clock, because a
 * turn of the loop takes 3 to 60 cycles, as the processor's idea of a pause has it. */
static const double SPIN_S = 50e-6;
enum { TURNS = 32 }; /* between two looks at the clock */

/* The ticket: run (20 bits), phase (16), next unit (28). A run starts its phases at zero. */
enum { UNIT_BITS = 28, PHASE_BITS = 16 };
/* What a thread claims of its share of a stream. The start of a claim costs a microsecond until the memory is busy again,
 * so the first ones are long; the last ones are single units, so that all threads end together. */
#define STREAM_PART 0.8
#define UNITS ((UINT64_C(1) << UNIT_BITS) - 1)
#define RUNS ((UINT64_C(1) << (64 - UNIT_BITS - PHASE_BITS)) - 1)

/* Where a worker waits for runs that want it; nobody else looks at this line. */
typedef struct {
    _Alignas(64) _Atomic uint64_t called; /* the last run that wants it */
    atomic_int asleep;
    pthread_t thread;
    pthread_cond_t wake;
} seat;

struct edge_pool {
    int threads; /* including the caller */
    int started, pinned;
    cpu_set_t cpus;
    seat *seats; /* seats[0], the caller's, stays empty */
    pthread_mutex_t lock;
    pthread_cond_t phase_over;
    /* Written by the caller under the lock before a run, copied by workers under the lock. */
    edge_task task;
    char job[EDGE_JOB_BYTES];
    uint64_t run;
    int members, stop;
    /* Every claim writes the first line, every worker once a phase the second. */
    _Alignas(64) _Atomic uint64_t ticket;
    _Alignas(64) atomic_long done; /* units of the present phase */
    _Alignas(64) atomic_int sleepers;
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

double edge_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Look at `word` until its upper bits, from `shift` on, are no longer `old`, or the time for it is over. */
static int spin(_Atomic uint64_t *word, int shift, uint64_t old)
{
    double end = 0;
    for (;;) {
        for (int i = 0; i < TURNS; i++) {
            if (atomic_load_explicit(word, memory_order_acquire) >> shift != old)
                return 1;
            relax();
        }
        double t = edge_now();
        if (!end)
            end = t + SPIN_S;
        else if (t > end)
            return 0;
    }
}

/* Wait until the ticket belongs to another place. */
static void wait_phase(edge_pool *p, uint64_t place)
{
    if (spin(&p->ticket, UNIT_BITS, place))
        return;
    pthread_mutex_lock(&p->lock);
    /* Announced before the ticket is looked at again, in this order for everybody: whoever changes the ticket either
     * sees the sleeper or is seen by it. */
    atomic_fetch_add(&p->sleepers, 1);
    while (atomic_load(&p->ticket) >> UNIT_BITS == place)
        pthread_cond_wait(&p->phase_over, &p->lock);
    atomic_fetch_sub(&p->sleepers, 1);
    pthread_mutex_unlock(&p->lock);
}

static void set_ticket(edge_pool *p, uint64_t place)
{
    atomic_store(&p->ticket, place << UNIT_BITS);
    if (atomic_load(&p->sleepers)) {
        pthread_mutex_lock(&p->lock);
        pthread_cond_broadcast(&p->phase_over);
        pthread_mutex_unlock(&p->lock);
    }
}

/* Wait for a call to a run other than the one seen last. */
static void wait_call(edge_pool *p, seat *s, uint64_t seen)
{
    if (spin(&s->called, 0, seen))
        return;
    pthread_mutex_lock(&p->lock);
    atomic_store(&s->asleep, 1); /* before another look, as above */
    while (atomic_load(&s->called) == seen)
        pthread_cond_wait(&s->wake, &p->lock);
    atomic_store(&s->asleep, 0);
    pthread_mutex_unlock(&p->lock);
}

static void *work(void *start)
{
    edge_worker w = *(edge_worker *)start;
    edge_pool *p = w.pool;
    seat *s = &p->seats[w.index];
    _Alignas(16) char job[EDGE_JOB_BYTES];
    uint64_t seen = 0;
    free(start);
    if (p->pinned)
        pthread_setaffinity_np(pthread_self(), sizeof p->cpus, &p->cpus); /* where it is forbidden: as it was */
    for (;;) {
        wait_call(p, s, seen);
        pthread_mutex_lock(&p->lock);
        int stop = p->stop, member = w.index < p->members;
        w.members = p->members;
        edge_task task = p->task;
        /* It may be late, and this a later run than the one it was called to: that one's then, if it is wanted. */
        seen = member ? p->run : atomic_load(&s->called);
        memcpy(job, p->job, sizeof job);
        pthread_mutex_unlock(&p->lock);
        if (stop)
            return NULL;
        if (!member)
            continue;
        w.place = seen << PHASE_BITS;
        w.held = 0;
        task(job, &w);
    }
}

/* Threads 1 to the last, or errno. */
static int start_workers(edge_pool *p)
{
    for (int i = 1; i < p->threads; i++) {
        edge_worker *start = malloc(sizeof *start);
        if (!start)
            return ENOMEM;
        *start = (edge_worker){ .pool = p, .index = i };
        pthread_cond_init(&p->seats[i].wake, NULL);
        int error = pthread_create(&p->seats[i].thread, NULL, work, start);
        if (error) {
            pthread_cond_destroy(&p->seats[i].wake);
            free(start);
            return error;
        }
        p->started++;
    }
    return 0;
}

edge_pool *edge_pool_new(int threads, const int *cpus, int cpu_count)
{
    edge_pool *p = NULL;
    if (posix_memalign((void **)&p, 64, sizeof *p)) {
        errno = ENOMEM;
        return NULL;
    }
    memset(p, 0, sizeof *p);
    p->threads = threads;
    CPU_ZERO(&p->cpus);
    for (int i = 0; i < cpu_count; i++)
        if (cpus[i] >= 0 && cpus[i] < CPU_SETSIZE) {
            CPU_SET(cpus[i], &p->cpus);
            p->pinned = 1;
        }
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->phase_over, NULL);
    int error = ENOMEM;
    if (!posix_memalign((void **)&p->seats, 64, (size_t)threads * sizeof *p->seats)) {
        memset(p->seats, 0, (size_t)threads * sizeof *p->seats);
        /* Signals belong to the program's own threads: a worker that took Ctrl-C would delay it. */
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        error = start_workers(p);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    if (!error)
        return p;
    edge_pool_free(p);
    errno = error;
    return NULL;
}

/* Give `members` a new job: the ticket moves to phase zero of the next run. */
static void announce(edge_pool *p, int members, edge_task task, const void *job, size_t bytes, int stop)
{
    pthread_mutex_lock(&p->lock);
    p->task = task;
    if (bytes)
        memcpy(p->job, job, bytes);
    p->stop = stop;
    p->members = members;
    p->run = p->run < RUNS ? p->run + 1 : 1;
    atomic_store(&p->done, 0);
    /* Still under the lock: a worker that sees the new run must not meet the old run's ticket, or it would take the
     * first phase for one that is over and walk ahead of everybody. */
    atomic_store(&p->ticket, p->run << (PHASE_BITS + UNIT_BITS));
    if (atomic_load(&p->sleepers))
        pthread_cond_broadcast(&p->phase_over);
    pthread_mutex_unlock(&p->lock);
    for (int i = 1; i < members && i <= p->started; i++) {
        seat *s = &p->seats[i];
        atomic_store(&s->called, p->run);
        if (atomic_load(&s->asleep)) {
            pthread_mutex_lock(&p->lock);
            pthread_cond_signal(&s->wake);
            pthread_mutex_unlock(&p->lock);
        }
    }
}

void edge_pool_free(edge_pool *p)
{
    if (!p)
        return;
    announce(p, p->threads, NULL, NULL, 0, 1);
    for (int i = 1; i <= p->started; i++) {
        pthread_join(p->seats[i].thread, NULL);
        pthread_cond_destroy(&p->seats[i].wake);
    }
    pthread_cond_destroy(&p->phase_over);
    pthread_mutex_destroy(&p->lock);
    free(p->seats);
    free(p);
}

int edge_pool_threads(const edge_pool *p) { return p->threads; }

/* The caller is worker 0 of `members`. */
static void run_shared(edge_pool *p, int members, edge_task task, char *copy, const void *job, size_t bytes)
{
    edge_worker w = { .pool = p, .members = members };
    announce(p, members, task, job, bytes, 0);
    w.place = p->run << PHASE_BITS;
    p->slept = 0;
    double start = edge_now();
    task(copy, &w);
    /* Threads that are put aside with a claim in hand make everybody wait: on a busy machine one thread is faster.
     * Try again later, less and less often while it goes on. */
    int busy = p->slept > 0.35 * (edge_now() - start);
    p->penalty = !busy ? 0 : p->penalty ? (p->penalty < 64 ? 2 * p->penalty : 64) : 4;
    p->alone_left = p->penalty;
}

void edge_pool_run(edge_pool *p, int threads, edge_task task, const void *job, size_t bytes)
{
    _Alignas(16) char copy[EDGE_JOB_BYTES];
    memcpy(copy, job, bytes);
    int members = threads < p->threads ? threads : p->threads;
    cpu_set_t before;
    int moved = p->pinned && !sched_getaffinity(0, sizeof before, &before) &&
                !sched_setaffinity(0, sizeof p->cpus, &p->cpus);
    if (members > 1 && p->alone_left == 0) {
        run_shared(p, members, task, copy, job, bytes);
    } else {
        edge_worker w = { .pool = p, .index = -1 };
        p->alone_left -= members > 1;
        task(copy, &w);
    }
    if (moved)
        sched_setaffinity(0, sizeof before, &before);
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
    w->end = end;
    uint64_t ticket = atomic_load_explicit(&w->pool->ticket, memory_order_acquire);
    long first, take;
    do {
        first = (long)(ticket & UNITS);
        if (ticket >> UNIT_BITS != w->place || first >= end) {
            report(w); /* all its units at once: the count of what is done is everybody's */
            return 0;
        }
        take = chunk ? chunk : (long)(STREAM_PART * (double)(end - first) / w->members);
        take = take < 1 ? 1 : first + take < end ? take : end - first;
    } while (!atomic_compare_exchange_weak_explicit(&w->pool->ticket, &ticket, ticket + (uint64_t)take,
                                                    memory_order_acq_rel, memory_order_acquire));
    *start = first;
    *stop = first + take;
    w->held += take;
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
        double start = w->index ? 0 : edge_now();
        wait_phase(w->pool, w->place);
        if (!w->index)
            w->pool->slept += edge_now() - start;
    }
    w->place++;
}
