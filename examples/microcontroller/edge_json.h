/* As much JSON as an asker needs: a question written, and one text read out of an answer while it comes. */
#ifndef EDGE_JSON_H
#define EDGE_JSON_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Write {"id": …, "prompt": …} into `out`, with "stream": true if wanted; returns its length, or 0 if `room` is not
 * enough. The same id again, after EDGE_WIRE_CLOSED or a reset, gets the same answer, which the board computes once. */
size_t edge_json_question(char *out, size_t room, const char *id, const char *prompt, int stream);

/* Reads the text that is the value of `key`, out of an object that comes in parts. */
struct edge_json {
    const char *key;
    unsigned char wanted, level, state, matching, candidate, armed, emitting, found;
    unsigned matched, code, high;
};

/* `level`: 1 for {"text": …}, 2 for {"error": {"message": …}}. */
void edge_json_begin(struct edge_json *j, const char *key, unsigned char level);

/* Read one character more. Writes what it adds to the value, in UTF-8, to `out` (4 bytes); returns how many bytes. */
size_t edge_json_read(struct edge_json *j, char c, char *out);

#ifdef __cplusplus
}
#endif
#endif
