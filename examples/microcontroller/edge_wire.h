/* Ask a board that runs `edge agent --serial PORT`, from a microcontroller: C99, no malloc, no libraries.
 *
 * A session over a UART: frames with a checksum, sent again when they get lost, as docs/serial.md describes them.
 * This side asks. Memory: one struct edge_wire, about 2 * EDGE_WIRE_PAYLOAD + 100 bytes. Give it what the UART has
 * received, call edge_wire_poll() often, and hear in `event` what happens. Nothing here blocks or is called from an
 * interrupt: let the UART's interrupt fill a ring buffer, and empty that in the main loop.
 */
#ifndef EDGE_WIRE_H
#define EDGE_WIRE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef EDGE_WIRE_PAYLOAD
#define EDGE_WIRE_PAYLOAD 96 /* bytes of a message in one frame, either way; 4 to 240 */
#endif
#ifndef EDGE_WIRE_WINDOW
#define EDGE_WIRE_WINDOW 2 /* frames that may be on their way to us: the UART's buffer must hold so many */
#endif
#ifndef EDGE_WIRE_LARGEST
#define EDGE_WIRE_LARGEST 65536u /* bytes of a message to us; it comes in parts, so this costs no memory */
#endif

/* A frame: COBS's length byte, kind, sequence, expected, credit, payload, checksum, end. A board's greeting with the
 * longest of names is 87 bytes. */
#if EDGE_WIRE_PAYLOAD > 78
#define EDGE_WIRE_FRAME (EDGE_WIRE_PAYLOAD + 10)
#else
#define EDGE_WIRE_FRAME 88
#endif
#if EDGE_WIRE_PAYLOAD < 4 || EDGE_WIRE_PAYLOAD > 240
#error "EDGE_WIRE_PAYLOAD: 4 to 240"
#endif

enum edge_wire_event {
    EDGE_WIRE_OPEN,   /* the board is there; `bytes` is its name */
    EDGE_WIRE_CLOSED, /* it is not any more: ask again, with the same ids, when it is back */
    EDGE_WIRE_SENT,   /* it has all of the message; its text may be overwritten now */
    EDGE_WIRE_PART,   /* a part of a message to us */
    EDGE_WIRE_END     /* the last part of it, perhaps empty */
};

struct edge_wire;

/* `kind`: 'A' is about the question with this `tag` (an event, the answer or an error, as JSON: edge_json.h).
 * Tag 0 is about none that was asked since EDGE_WIRE_OPEN: it may be a late answer to an earlier question. */
typedef void edge_wire_happened(void *user, enum edge_wire_event event, char kind, uint16_t tag, const uint8_t *bytes,
                                size_t n);
typedef void edge_wire_write(void *user, const uint8_t *bytes, size_t n);

struct edge_wire {
    /* given */
    edge_wire_write *write;
    edge_wire_happened *event;
    void *user;
    const char *name;
    /* the session */
    uint32_t number, key_crc;
    uint32_t heard_ms, polled_ms, retry_ms, next_ms;
    uint8_t open, hellos;
    uint8_t their_payload, credit, expected, gap, owes_ack;
    /* what we send: one message, one frame at a time */
    const uint8_t *text;
    size_t left, piece;
    uint32_t largest;
    uint16_t tag;
    char kind;
    uint8_t sequence, begun, busy, flying;
    /* what comes */
    uint16_t in_tag;
    char in_kind;
    uint8_t in_begun, too_long;
    size_t filled;
    uint8_t in[EDGE_WIRE_FRAME], out[EDGE_WIRE_FRAME];
};

/* `name`: who asks, at most 40 characters. `number`: if possible another one after every reset (a clock, a
 * counter in flash, noise of the ADC). */
void edge_wire_init(struct edge_wire *w, const char *name, uint32_t number, uint32_t now_ms, edge_wire_write *write,
                    edge_wire_happened *event, void *user);

/* What has been received; `now_ms` may wrap around. */
void edge_wire_receive(struct edge_wire *w, const uint8_t *bytes, size_t n, uint32_t now_ms);

/* Sends what is due: greetings, repetitions, signs of life. Call it at least every 100 ms, and after receive(). */
void edge_wire_poll(struct edge_wire *w, uint32_t now_ms);

/* Ask: `text` is a prompt, or a request in JSON (edge_json_question() writes one that can be repeated). It is sent from
 * where it lies: leave it alone until EDGE_WIRE_SENT. Returns the tag that the answer comes under, or 0: no session, a
 * message still on its way, or more than the board takes. */
uint16_t edge_wire_ask(struct edge_wire *w, const char *text, size_t n);

/* Send any message: 'P' a request, 'C' the id of one to give up, 'Q' "status", "info" or "health". */
uint16_t edge_wire_send(struct edge_wire *w, char kind, const char *text, size_t n);

/* The codec by itself. `crc`: 0, or what edge_wire_crc32() makes of a session's key. */
uint32_t edge_wire_crc32(uint32_t crc, const uint8_t *bytes, size_t n);
/* Writes a frame with its end into `out` (n + 6 + (n + 4) / 254 bytes); returns its length. */
size_t edge_wire_encode(uint32_t crc, const uint8_t *body, size_t n, uint8_t *out);
/* Undoes COBS in place; returns the length with the checksum, or 0 for what is no frame. */
size_t edge_wire_unstuff(uint8_t *block, size_t n);
/* Whether the last four of `n` bytes are the checksum of those before. */
int edge_wire_intact(uint32_t crc, const uint8_t *bytes, size_t n);

#ifdef __cplusplus
}
#endif
#endif
