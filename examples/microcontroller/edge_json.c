#include "edge_json.h"

#include <string.h>

enum { OUTSIDE, INSIDE, ESCAPED, DIGITS }; /* DIGITS to DIGITS + 3: so many of \uXXXX have come */

/* --- writing --- */

struct text {
    char *out;
    size_t room, n;
};

static void put(struct text *t, const char *s)
{
    for (; *s; s++, t->n++)
        if (t->n < t->room) t->out[t->n] = *s;
}

static void put_string(struct text *t, const char *s)
{
    static const char hex[] = "0123456789abcdef";
    char code[7] = "\\u00";
    char plain[2] = "";
    put(t, "\"");
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') put(t, "\\");
        if ((unsigned char)*s < 0x20) {
            code[4] = hex[*s >> 4];
            code[5] = hex[*s & 15];
            put(t, code);
        } else {
            plain[0] = *s;
            put(t, plain);
        }
    }
    put(t, "\"");
}

size_t edge_json_question(char *out, size_t room, const char *id, const char *prompt, int stream)
{
    struct text t;
    t.out = out;
    t.room = room;
    t.n = 0;
    put(&t, "{\"id\":");
    put_string(&t, id);
    put(&t, ",\"prompt\":");
    put_string(&t, prompt);
    put(&t, stream ? ",\"stream\":true}" : "}");
    return t.n <= room ? t.n : 0;
}

/* --- reading --- */

void edge_json_begin(struct edge_json *j, const char *key, unsigned char level)
{
    memset(j, 0, sizeof *j);
    j->key = key;
    j->wanted = level;
}

static size_t utf8(unsigned long code, char *out)
{
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4, i;
    static const unsigned char first[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    for (i = n; i-- > 1; code >>= 6) out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(first[n] | code);
    return n;
}

/* A character of a string, escapes undone: part of the value, or of what may be its key. */
static size_t take(struct edge_json *j, const char *bytes, size_t n, char *out)
{
    size_t i;
    if (j->emitting) {
        memcpy(out, bytes, n);
        return n;
    }
    for (i = 0; j->matching && i < n; i++) {
        if (j->key[j->matched] && j->key[j->matched] == bytes[i])
            j->matched++;
        else
            j->matching = 0;
    }
    return 0;
}

static size_t take_code(struct edge_json *j, char *out)
{
    char bytes[4];
    unsigned long code = j->code;
    if (code >= 0xd800 && code < 0xdc00) { /* the first half of a pair; the second says the rest */
        j->high = j->code;
        return 0;
    }
    if (code >= 0xdc00 && code < 0xe000) {
        if (!j->high) return 0;
        code = 0x10000ul + ((unsigned long)(j->high - 0xd800) << 10) + (code - 0xdc00);
    }
    j->high = 0;
    return take(j, bytes, utf8(code, bytes), out);
}

static size_t escaped(struct edge_json *j, char c, char *out)
{
    static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
    const char *found = strchr(from, c);
    if (c == 'u') {
        j->state = DIGITS;
        j->code = 0;
        return 0;
    }
    j->state = INSIDE;
    if (c && found) c = to[found - from];
    return take(j, &c, 1, out);
}

static void outside(struct edge_json *j, char c)
{
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') return;
    if (c == '"') {
        j->emitting = j->armed && !j->found;
        j->matching = !j->emitting && j->level == j->wanted;
        j->matched = 0;
        j->state = INSIDE;
    }
    if (c == '{' || c == '[') j->level++;
    if ((c == '}' || c == ']') && j->level) j->level--;
    j->armed = c == ':' && j->candidate && j->level == j->wanted;
    j->candidate = 0;
}

size_t edge_json_read(struct edge_json *j, char c, char *out)
{
    if (j->state == OUTSIDE) {
        outside(j, c);
        return 0;
    }
    if (j->state == ESCAPED) return escaped(j, c, out);
    if (j->state >= DIGITS) {
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a' + 10) & 15;
        j->code = j->code << 4 | digit;
        if (++j->state <= DIGITS + 3) return 0;
        j->state = INSIDE;
        return take_code(j, out);
    }
    if (c == '\\') {
        j->state = ESCAPED;
        return 0;
    }
    if (c != '"') return take(j, &c, 1, out);
    j->candidate = j->matching && !j->key[j->matched];
    j->found = j->found || j->emitting;
    j->emitting = j->matching = 0;
    j->state = OUTSIDE;
    return 0;
}
