/* The head's tables: rows of small integers times activations in two digits. */
#include "codes.h"

static void table8(const int8_t *block, int quads, const edge_digits *x, int32_t *high, int32_t *low)
{
    for (int t = 0; t < x->tokens; t++, high += 16, low += 16) {
        const int8_t *h = x->high + t * x->stride, *l = x->low + t * x->stride;
        for (int r = 0; r < EDGE_TILE; r++) {
            high[r] = low[r] = 0;
            for (int q = 0; q < quads; q++)
                for (int j = 0; j < 4; j++) {
                    int32_t w = block[64 * (size_t)q + 4 * r + j];
                    high[r] += w * h[4 * q + j];
                    low[r] += w * l[4 * q + j];
                }
        }
    }
}

/* Sixteen rows for one token; `codes` tells the form. Byte 4r+j of a step's planes belongs to row r. */
static void table_of_codes(const uint8_t *block, int steps, int codes, const int8_t *high, const int8_t *low,
                           float *out)
{
    vf sum = vf_set1(0);
    for (int s = 0; s < steps; s++, high += 16, low += 16) {
        const uint8_t *code = edge_step_codes(block, s, codes), *scale = edge_step_scales(block, s, codes);
        int32_t total[16];
        float square[16];
        for (int r = 0; r < EDGE_TILE; r++) {
            total[r] = 0;
            for (int c = 0; c < 16; c++)
                total[r] += edge_code_value(code, codes, r, c) * (255 * high[c] + low[c]);
            square[r] = (float)scale[r] * (float)scale[r];
        }
        sum = vf_fma(vf_load_i32(total), vf_load(square), sum);
    }
    vf_store(out, sum);
}

EDGE_INLINE void table_for_tokens(const uint8_t *block, int steps, int codes, const edge_digits *x, float *out)
{
    for (int t = 0; t < x->tokens; t++)
        table_of_codes(block, steps, codes, x->high + t * x->stride, x->low + t * x->stride, out + 16 * t);
}
