/* Where a process spends its processor time: each thread, whenever it has used some more of it, notes the address it is
 * executing. Loaded by breakdown.py; the program under it is not changed in any way. */
#define _GNU_SOURCE
#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { ROOM = 1 << 18, THREADS = 256 };
static uint64_t seen[ROOM];
static atomic_int count;
static timer_t timers[THREADS];
static int running;

static void note(int signal_number, siginfo_t *info, void *context)
{
    (void)signal_number, (void)info;
    const ucontext_t *at = context;
    int i = atomic_fetch_add(&count, 1);
    if (i < ROOM)
#if defined(__x86_64__)
        seen[i] = (uint64_t)at->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
        seen[i] = at->uc_mcontext.pc;
#endif
}

/* A clock of the thread's own, whose alarm goes to that thread: a timer of the whole process may ring in another. */
static int start(pid_t thread, long microseconds, timer_t *timer)
{
    struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF };
    event._sigev_un._tid = thread;
    struct itimerspec every = { { 0, microseconds * 1000 }, { 0, microseconds * 1000 } };
    clockid_t its_time = (clockid_t)((~(unsigned)thread << 3) | 6); /* as the kernel numbers threads' clocks */
    return !timer_create(its_time, &event, timer) && !timer_settime(*timer, 0, &every, NULL);
}

/* Note an address for every `microseconds` that a thread runs, in all threads there are now; 0 stops. Returns how many
 * were noted before, and forgets them. */
int edge_sample(int microseconds)
{
    while (running > 0)
        timer_delete(timers[--running]);
    if (microseconds) {
        struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART };
        sigaction(SIGPROF, &action, 0);
        DIR *tasks = opendir("/proc/self/task");
        for (struct dirent *entry; tasks && (entry = readdir(tasks)) && running < THREADS;)
            if (atoi(entry->d_name) > 0)
                running += start(atoi(entry->d_name), microseconds, &timers[running]);
        if (tasks)
            closedir(tasks);
    }
    int n = atomic_exchange(&count, 0);
    return n < ROOM ? n : ROOM;
}

const uint64_t *edge_samples(void) { return seen; }
