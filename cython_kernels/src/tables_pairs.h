/* Coded tables where registers are enough for two tokens at a time. */

EDGE_INLINE void table_for_tokens(const uint8_t *block, int steps, int codes, const edge_digits *x, float *out)
{
    int t = 0;
    for (; t + 2 <= x->tokens; t += 2)
        table_of_codes(block, steps, codes, x, t, 2, out);
    if (t < x->tokens)
        table_of_codes(block, steps, codes, x, t, 1, out);
}
