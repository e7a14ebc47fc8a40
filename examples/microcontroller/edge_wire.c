#include "edge_wire.h"

#include <string.h>

enum { HELLO = 1, WELCOME = 2, WHO = 3, BYE = 4, ACK = 0x10, DATA = 0x20, AGAIN = 1, ANSWER = 2, MORE = 1 };
enum { VERSION = 1, HEADER = 4, CRC = 4, LETTER = 3, MOST_AHEAD = 64, LONGEST_NAME = 40 };
enum { FIRST_RETRY_MS = 300, LONGEST_RETRY_MS = 4000, HELLO_MS = 1000, QUIET_MS = 2000, AGAIN_MS = 500, GONE_MS = 8000 };

/* --- the codec --- */

uint32_t edge_wire_crc32(uint32_t crc, const uint8_t *bytes, size_t n)
{
    /* Four bits at a time: 64 bytes of table, and fast enough for any UART. */
    static const uint32_t table[16] = {0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu, 0x76dc4190u, 0x6b6b51f4u,
                                       0x4db26158u, 0x5005713cu, 0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu,
                                       0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu};
    crc = ~crc;
    while (n--) {
        crc ^= *bytes++;
        crc = (crc >> 4) ^ table[crc & 15];
        crc = (crc >> 4) ^ table[crc & 15];
    }
    return ~crc;
}

size_t edge_wire_encode(uint32_t crc, const uint8_t *body, size_t n, uint8_t *out)
{
    uint8_t check[CRC];
    size_t code = 0, to = 1, i;
    uint8_t run = 1;

    crc = edge_wire_crc32(crc, body, n);
    for (i = 0; i < CRC; i++) check[i] = (uint8_t)(crc >> (8 * i));
    for (i = 0; i < n + CRC; i++) {
        uint8_t byte = i < n ? body[i] : check[i - n];
        if (byte) {
            out[to++] = byte;
            run++;
        }
        /* A full run ends here as well, but at the very end nothing would follow it. */
        if (!byte || (run == 255 && i + 1 < n + CRC)) {
            out[code] = run;
            code = to++;
            run = 1;
        }
    }
    out[code] = run;
    out[to++] = 0;
    return to;
}

size_t edge_wire_unstuff(uint8_t *block, size_t n)
{
    size_t from = 0, to = 0;
    while (from < n) {
        uint8_t code = block[from++];
        if (!code || from + code - 1 > n) return 0;
        memmove(block + to, block + from, (size_t)code - 1);
        to += (size_t)code - 1;
        from += (size_t)code - 1;
        if (code < 255 && from < n) block[to++] = 0;
    }
    return to;
}

int edge_wire_intact(uint32_t crc, const uint8_t *bytes, size_t n)
{
    size_t i;
    if (n <= CRC) return 0;
    crc = edge_wire_crc32(crc, bytes, n - CRC);
    for (i = 0; i < CRC; i++)
        if (bytes[n - CRC + i] != (uint8_t)(crc >> (8 * i))) return 0;
    return 1;
}

/* --- small helpers --- */

static uint32_t read_whole(const uint8_t *bytes, size_t n)
{
    uint32_t value = 0;
    while (n--) value = value << 8 | bytes[n];
    return value;
}

static uint8_t *put_whole(uint8_t *to, uint32_t value, size_t n)
{
    for (; n--; value >>= 8) *to++ = (uint8_t)value;
    return to;
}

/* Whether a time has come, on a clock that may wrap around. */
static int due(uint32_t now, uint32_t then)
{
    return (int32_t)(now - then) >= 0;
}

static void tell(struct edge_wire *w, enum edge_wire_event event, const uint8_t *bytes, size_t n)
{
    w->event(w->user, event, w->in_kind, w->in_tag, bytes, n);
}

/* --- out --- */

static void put_frame(struct edge_wire *w, uint32_t crc, const uint8_t *body, size_t n)
{
    static const uint8_t end = 0;
    w->write(w->user, &end, 1); /* what the line has picked up while it was quiet is no part of this frame */
    w->write(w->user, w->out, edge_wire_encode(crc, body, n, w->out));
}

static void say_hello(struct edge_wire *w, uint32_t now)
{
    uint8_t body[15 + LONGEST_NAME], *to = body;
    size_t n = strlen(w->name);
    if (n > LONGEST_NAME) n = LONGEST_NAME;
    *to++ = HELLO;
    *to++ = VERSION;
    to = put_whole(to, w->number, 4);
    *to++ = EDGE_WIRE_WINDOW;
    to = put_whole(to, EDGE_WIRE_PAYLOAD, 2);
    to = put_whole(to, EDGE_WIRE_LARGEST, 4);
    *to++ = 0; /* no reports unasked */
    *to++ = (uint8_t)n;
    memcpy(to, w->name, n);
    put_frame(w, 0, body, (size_t)(to - body) + n);
    w->next_ms = now + (w->hellos < 3 ? HELLO_MS / 4 : HELLO_MS);
    if (w->hellos < 255) w->hellos++;
}

static void put_ack(struct edge_wire *w, uint8_t flags)
{
    uint8_t body[HEADER];
    body[0] = ACK | flags;
    body[1] = (uint8_t)(w->sequence + (w->flying ? 1 : 0));
    body[2] = w->expected;
    body[3] = EDGE_WIRE_WINDOW;
    w->owes_ack = 0;
    put_frame(w, w->key_crc, body, sizeof body);
}

/* The frame that is under way, or the next one: so much of the message as fits, and its kind and tag before the first. */
static void put_data(struct edge_wire *w, uint32_t now)
{
    uint8_t body[HEADER + EDGE_WIRE_PAYLOAD], *to = body + HEADER;
    size_t room = w->their_payload;
    if (!w->begun) {
        *to++ = (uint8_t)w->kind;
        to = put_whole(to, w->tag, 2);
        room -= LETTER;
    }
    w->piece = w->left < room ? w->left : room;
    if (w->piece) memcpy(to, w->text, w->piece);
    body[0] = (uint8_t)(DATA | (w->piece < w->left ? MORE : 0));
    body[1] = w->sequence;
    body[2] = w->expected;
    body[3] = EDGE_WIRE_WINDOW;
    w->flying = 1;
    w->owes_ack = 0;
    w->next_ms = now + w->retry_ms;
    put_frame(w, w->key_crc, body, (size_t)(to - body) + w->piece);
}

uint16_t edge_wire_send(struct edge_wire *w, char kind, const char *text, size_t n)
{
    if (!w->open || w->busy || n > w->largest) return 0;
    if (!++w->tag) w->tag = 1;
    w->kind = kind;
    w->text = (const uint8_t *)text;
    w->left = n;
    w->begun = 0;
    w->busy = 1;
    return w->tag;
}

uint16_t edge_wire_ask(struct edge_wire *w, const char *text, size_t n)
{
    return edge_wire_send(w, 'P', text, n);
}

/* --- in --- */

static void lose(struct edge_wire *w, uint32_t now)
{
    w->open = w->busy = w->flying = 0;
    w->number = w->number * 1664525u + 1013904223u;
    w->hellos = 0;
    w->next_ms = now;
    w->in_kind = 0;
    w->in_tag = 0;
    tell(w, EDGE_WIRE_CLOSED, NULL, 0);
}

static void welcome(struct edge_wire *w, const uint8_t *body, size_t n, uint32_t now)
{
    /* kind, version, our number, theirs, window, payload, largest, wishes, length of the name, name */
    uint32_t payload;
    if (w->open || n < 19 || n < 19 + (size_t)body[18] || read_whole(body + 2, 4) != w->number) return;
    payload = read_whole(body + 11, 2);
    if (payload <= LETTER || !body[10]) return;
    w->key_crc = edge_wire_crc32(0, body + 2, 8);
    w->their_payload = (uint8_t)(payload < EDGE_WIRE_PAYLOAD ? payload : EDGE_WIRE_PAYLOAD);
    w->largest = read_whole(body + 13, 4);
    w->credit = body[10];
    w->expected = w->sequence = w->gap = 0;
    w->busy = w->flying = w->in_begun = 0;
    w->retry_ms = FIRST_RETRY_MS;
    w->heard_ms = w->polled_ms = now;
    w->owes_ack = 1;
    w->open = 1;
    w->in_kind = 0;
    w->in_tag = 0;
    tell(w, EDGE_WIRE_OPEN, body + 19, body[18]);
}

/* What a gap has swallowed is wanted again: once each time that it is sent. */
static void want_again(struct edge_wire *w, uint8_t sequence)
{
    uint8_t ahead = (uint8_t)(sequence - w->expected);
    if (!ahead || ahead > MOST_AHEAD) return;
    if (!w->gap || ahead <= w->gap) put_ack(w, AGAIN);
    w->gap = ahead;
}

static void take_data(struct edge_wire *w, const uint8_t *body, size_t n)
{
    int last = !(body[0] & MORE);
    body += HEADER;
    n -= HEADER;
    if (!w->in_begun) {
        if (n < LETTER) return;
        w->in_kind = (char)body[0];
        w->in_tag = (uint16_t)read_whole(body + 1, 2);
        body += LETTER;
        n -= LETTER;
    }
    w->in_begun = !last;
    tell(w, last ? EDGE_WIRE_END : EDGE_WIRE_PART, body, n);
}

static void acknowledged(struct edge_wire *w, uint8_t expected, uint32_t now)
{
    if (!w->flying || expected != (uint8_t)(w->sequence + 1)) return;
    w->flying = 0;
    w->sequence++;
    w->begun = 1;
    w->text += w->piece;
    w->left -= w->piece;
    w->retry_ms = FIRST_RETRY_MS;
    w->next_ms = now;
    if (!w->left) {
        w->busy = 0;
        w->event(w->user, EDGE_WIRE_SENT, w->kind, w->tag, NULL, 0);
    }
}

static void in_session(struct edge_wire *w, const uint8_t *body, size_t n, uint32_t now)
{
    acknowledged(w, body[2], now);
    w->credit = body[3];
    if ((body[0] & 0xf0) == ACK) {
        if ((body[0] & AGAIN) && w->flying) w->next_ms = now;
        if (body[0] & ANSWER) w->owes_ack = 1;
        if (!w->gap) want_again(w, body[1]);
    } else if (body[1] != w->expected) {
        w->owes_ack = 1;
        want_again(w, body[1]);
    } else {
        w->expected++;
        w->gap = 0;
        w->owes_ack = 1;
        take_data(w, body, n);
    }
}

static void block(struct edge_wire *w, uint32_t now)
{
    size_t n = edge_wire_unstuff(w->in, w->filled);
    if (w->open && edge_wire_intact(w->key_crc, w->in, n)) {
        n -= CRC;
        w->heard_ms = now;
        if (w->in[0] == BYE)
            lose(w, now);
        else if (n >= HEADER && ((w->in[0] & 0xf0) == ACK || (w->in[0] & 0xf0) == DATA))
            in_session(w, w->in, n, now);
    } else if (edge_wire_intact(0, w->in, n)) {
        if (w->in[0] == WELCOME) welcome(w, w->in, n - CRC, now);
        if (w->in[0] == WHO && w->open) lose(w, now);
    }
}

void edge_wire_receive(struct edge_wire *w, const uint8_t *bytes, size_t n, uint32_t now_ms)
{
    for (; n--; bytes++) {
        if (*bytes) {
            if (w->filled < sizeof w->in)
                w->in[w->filled++] = *bytes;
            else
                w->too_long = 1;
            continue;
        }
        if (w->filled && !w->too_long) block(w, now_ms);
        w->filled = 0;
        w->too_long = 0;
    }
}

void edge_wire_poll(struct edge_wire *w, uint32_t now_ms)
{
    if (w->open && due(now_ms, w->heard_ms + GONE_MS)) lose(w, now_ms);
    if (!w->open) {
        if (due(now_ms, w->next_ms)) say_hello(w, now_ms);
        return;
    }
    if (w->flying && due(now_ms, w->next_ms)) {
        if (w->retry_ms < LONGEST_RETRY_MS) w->retry_ms *= 2;
        put_data(w, now_ms);
    } else if (w->busy && !w->flying && w->credit) {
        put_data(w, now_ms);
    } else if (due(now_ms, w->heard_ms + QUIET_MS) && due(now_ms, w->polled_ms + AGAIN_MS)) {
        w->polled_ms = now_ms;
        put_ack(w, ANSWER);
    }
    if (w->owes_ack) put_ack(w, 0);
}

void edge_wire_init(struct edge_wire *w, const char *name, uint32_t number, uint32_t now_ms, edge_wire_write *write,
                    edge_wire_happened *event, void *user)
{
    memset(w, 0, sizeof *w);
    w->next_ms = now_ms;
    w->name = name;
    w->number = number;
    w->write = write;
    w->event = event;
    w->user = user;
}
