/* The head's tables: int8 rows times activations in two digits. */

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
