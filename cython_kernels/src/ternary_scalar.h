/* Ternary weights, one product after the other. */

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
