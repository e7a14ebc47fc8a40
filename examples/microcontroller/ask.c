/* Ask a board by a cable, as a microcontroller would: cc -std=c99 -o ask ask.c edge_wire.c edge_json.c
 *
 *   ./ask /dev/ttyUSB0 "turn off the kitchen lights"
 *
 * What a program for a microcontroller does otherwise: open_port(), now_ms() and the read() in main().
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "edge_json.h"
#include "edge_wire.h"

struct asker {
    int port, asked, done, failed;
    char question[2000];
    size_t length;
    uint16_t tag;
    struct edge_json text, error;
};

static uint32_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint32_t)((uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u);
}

static int open_port(const char *name)
{
    struct termios settings;
    int port = open(name, O_RDWR | O_NOCTTY);
    if (port < 0 || tcgetattr(port, &settings)) return -1;
    settings.c_iflag = settings.c_oflag = settings.c_lflag = 0;
    settings.c_cflag = CS8 | CREAD | CLOCAL;
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    cfsetispeed(&settings, B115200);
    cfsetospeed(&settings, B115200);
    return tcsetattr(port, TCSANOW, &settings) ? -1 : port;
}

static void send_bytes(void *user, const uint8_t *bytes, size_t n)
{
    struct asker *a = user;
    while (n) {
        ssize_t done = write(a->port, bytes, n);
        if (done < 0 && errno != EINTR) return; /* it is sent again if it was worth it */
        if (done > 0) {
            bytes += done;
            n -= (size_t)done;
        }
    }
}

static void happened(void *user, enum edge_wire_event event, char kind, uint16_t tag, const uint8_t *bytes, size_t n)
{
    struct asker *a = user;
    char out[4];
    if (event == EDGE_WIRE_OPEN) fprintf(stderr, "%.*s is there\n", (int)n, (const char *)bytes);
    if (event == EDGE_WIRE_CLOSED) { /* the same question again: the board knows it by its id */
        fprintf(stderr, "nobody is there any more\n");
        a->asked = 0;
    }
    if (event == EDGE_WIRE_OPEN || event == EDGE_WIRE_CLOSED) {
        edge_json_begin(&a->text, "text", 1);
        edge_json_begin(&a->error, "message", 2);
    }
    if (kind != 'A' || !tag || tag != a->tag || (event != EDGE_WIRE_PART && event != EDGE_WIRE_END)) return;
    for (; n--; bytes++) {
        fwrite(out, 1, edge_json_read(&a->text, (char)*bytes, out), stdout);
        fwrite(out, 1, edge_json_read(&a->error, (char)*bytes, out), stderr);
    }
    if (event == EDGE_WIRE_END) {
        a->failed = !a->text.found;
        a->done = 1;
        fputs("\n", a->failed ? stderr : stdout);
    }
}

int main(int argc, char **argv)
{
    static struct edge_wire wire; /* not on a small stack */
    struct asker a;
    char id[40];
    uint32_t end;

    if (argc < 3) {
        fprintf(stderr, "usage: ask PORT PROMPT [ID]\n");
        return 2;
    }
    memset(&a, 0, sizeof a);
    a.port = open_port(argv[1]);
    if (a.port < 0) {
        fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
        return 2;
    }
    snprintf(id, sizeof id, "ask-%lx-%lx", (unsigned long)time(NULL), (unsigned long)getpid());
    a.length = edge_json_question(a.question, sizeof a.question, argc > 3 ? argv[3] : id, argv[2], 0);
    if (!a.length) {
        fprintf(stderr, "that is too long for this example\n");
        return 2;
    }
    edge_wire_init(&wire, "ask.c", (uint32_t)time(NULL) * 2654435761u ^ (uint32_t)getpid(), now_ms(), send_bytes, happened,
                   &a);
    end = now_ms() + 60000;
    while (!a.done && (int32_t)(now_ms() - end) < 0) {
        struct pollfd ready = {0, POLLIN, 0};
        uint8_t bytes[64];
        ready.fd = a.port;
        if (poll(&ready, 1, 20) > 0) {
            ssize_t n = read(a.port, bytes, sizeof bytes);
            if (n <= 0) break;
            edge_wire_receive(&wire, bytes, (size_t)n, now_ms());
        }
        if (wire.open && !a.asked) {
            a.tag = edge_wire_ask(&wire, a.question, a.length);
            a.asked = a.tag != 0;
        }
        edge_wire_poll(&wire, now_ms());
    }
    if (!a.done) fprintf(stderr, "no answer; is the cable right, and does 'edge agent --serial' run at its other end?\n");
    close(a.port);
    return a.done && !a.failed ? 0 : 1;
}
