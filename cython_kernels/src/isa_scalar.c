/* Scalar reference: what every other instruction set must equal to the last bit. Runs everywhere. */
#include "simd_scalar.h"
#include "float_ops.h"

static void ternary(const uint8_t *tiles, int blocks, size_t block_bytes, int steps, const int8_t *act,
                    size_t act_stride, int tokens, int32_t *out, size_t out_stride)
{
    for (int b = 0; b < blocks; b++, tiles += block_bytes, out += EDGE_TILE)
        for (int t = 0; t < tokens; t++) {
            const uint8_t *byte = tiles;
            int32_t sum[EDGE_TILE] = { 0 };
            for (int s = 0; s < steps; s++)
                for (int r = 0; r < EDGE_TILE; r++)
                    for (int j = 0; j < 4; j++, byte++)
                        for (int p = 0; p < 4; p++)
                            sum[r] += (*byte >> 2 * p & 3) * act[t * act_stride + 16 * (size_t)s + 4 * p + j];
            memcpy(out + t * out_stride, sum, sizeof sum);
        }
}

static void table8(const int8_t *block, int quads, const int8_t *act_high, const int8_t *act_low, size_t act_stride,
                   int tokens, int32_t *high, int32_t *low)
{
    for (int t = 0; t < tokens; t++, act_high += act_stride, act_low += act_stride, high += 16, low += 16)
        for (int r = 0; r < EDGE_TILE; r++) {
            high[r] = low[r] = 0;
            for (int q = 0; q < quads; q++)
                for (int j = 0; j < 4; j++) {
                    int32_t w = block[64 * (size_t)q + 4 * r + j];
                    high[r] += w * act_high[4 * q + j];
                    low[r] += w * act_low[4 * q + j];
                }
        }
}

const edge_kernels edge_scalar = { .name = "scalar", .ternary = ternary, .table8 = table8, EDGE_FLOAT_OPS };
