/* The head's tables: rows of small integers times activations in two digits. */

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
