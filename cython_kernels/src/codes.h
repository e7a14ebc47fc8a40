/* Where a table of 6-bit values or 4-bit codes holds what (tables.py).
 *
 * A block of 16 rows goes in chunks of 64 columns: 64 scale bytes, sixteen rows for each of four steps, then the codes
 * of the four steps, each 16 rows x 16 columns. A step's codes are planes of 64 bytes; byte 4r+j of each belongs to row
 * r and to columns j, 4+j, 8+j and 12+j. The first two hold low nibbles (columns j and 4+j; 8+j and 12+j); the third,
 * of 6-bit values only, the upper two bits of all four, as the ternary tiles do. */
#ifndef EDGE_CODES_H
#define EDGE_CODES_H
#include <stddef.h>
#include <stdint.h>

enum { EDGE_CODES6 = 192, EDGE_CODES4 = 128 };

static inline size_t edge_chunk_bytes(int codes) { return 64 + 4 * (size_t)codes; }

static inline const uint8_t *edge_step_scales(const uint8_t *block, int step, int codes)
{
    return block + (size_t)(step / 4) * edge_chunk_bytes(codes) + 16 * (size_t)(step % 4);
}

static inline const uint8_t *edge_step_codes(const uint8_t *block, int step, int codes)
{
    return block + (size_t)(step / 4) * edge_chunk_bytes(codes) + 64 + (size_t)(step % 4) * codes;
}

/* What the codes of a 4-bit table stand for. */
static const int8_t edge_values4[16] = { -32, -26, -20, -16, -12, -8, -5, -2, 0, 2, 5, 9, 13, 17, 24, 31 };

/* Row r, column c of a step, within -32..31. */
static inline int edge_code_value(const uint8_t *step, int codes, int r, int c)
{
    int at = 4 * r + c % 4, p = c / 4, low = step[64 * (p / 2) + at] >> (4 * (p % 2)) & 15;
    if (codes == EDGE_CODES4)
        return edge_values4[low];
    int high = step[128 + at] >> (2 * p) & 3;
    return 16 * (high < 2 ? high : high - 4) + low;
}
#endif
