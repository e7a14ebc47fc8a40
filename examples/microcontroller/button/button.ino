// A button that asks a board. Wire it to pin 2, and Serial1 to the board's UART, 3.3 V on both sides; there runs
//   edge agent --serial /dev/serial0
// Copy edge_wire.h, edge_wire.c, edge_json.h and edge_json.c into this folder, and open it with the Arduino IDE.
#include "edge_json.h"
#include "edge_wire.h"

static struct edge_wire wire;
static struct edge_json text;
static char question[160];
static size_t length;
static uint16_t tag;

static void send_bytes(void *, const uint8_t *bytes, size_t n)
{
    Serial1.write(bytes, n);
}

static void happened(void *, enum edge_wire_event event, char kind, uint16_t about, const uint8_t *bytes, size_t n)
{
    if (event == EDGE_WIRE_CLOSED) tag = 0;  // asked again when the board is back; it knows the question by its id
    if (kind != 'A' || !tag || about != tag || (event != EDGE_WIRE_PART && event != EDGE_WIRE_END)) return;
    char out[4];
    for (; n--; bytes++) Serial.write((const uint8_t *)out, edge_json_read(&text, (char)*bytes, out));
    if (event == EDGE_WIRE_END) {
        Serial.println();
        length = 0;
    }
}

void setup()
{
    pinMode(2, INPUT_PULLUP);
    Serial.begin(115200);
    Serial1.begin(115200);
    edge_wire_init(&wire, "button", analogRead(A0) * 2654435761u ^ micros(), millis(), send_bytes, happened, nullptr);
}

void loop()
{
    while (Serial1.available()) {
        uint8_t byte = (uint8_t)Serial1.read();
        edge_wire_receive(&wire, &byte, 1, millis());
    }
    if (!length && digitalRead(2) == LOW) {
        char id[32];
        snprintf(id, sizeof id, "button-%lx-%lx", (unsigned long)wire.number, (unsigned long)millis());
        length = edge_json_question(question, sizeof question, id, "turn on the kitchen lights", 0);
        tag = 0;
    }
    if (length && !tag) {
        edge_json_begin(&text, "text", 1);
        tag = edge_wire_ask(&wire, question, length);
    }
    edge_wire_poll(&wire, millis());
}
