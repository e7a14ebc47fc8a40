/* Ternary weights by VPDPBUSD: four u8 x s8 products to each of sixteen lanes, one lane per row. */

/* n tokens (a constant at every call, at most 8): the upper two fields move down by one shift of the byte's half, odd
 * fields stay four times too large in accumulators of their own. Two chains of additions for each token, four for one or
 * two, hide what one VPDPBUSD takes. */
static inline void few_tokens(const uint8_t *tile, int steps, const int8_t *act, size_t stride, int n, int32_t *out,
                              size_t out_stride)
{
    const __m512i even = _mm512_set1_epi8(0x03), odd = _mm512_set1_epi8(0x0c);
    __m512i s[8][4];
    for (int t = 0; t < n; t++)
        s[t][0] = s[t][1] = s[t][2] = s[t][3] = _mm512_setzero_si512();
    int far = n <= 2 ? 2 : 0; /* where the upper fields add up */
    for (int i = 0; i < steps; i++, tile += 64, act += 16) {
        __m512i low = _mm512_loadu_si512(tile), high = _mm512_srli_epi16(low, 4);
        _mm_prefetch((const char *)tile + 8192, _MM_HINT_T0);
        __m512i w0 = _mm512_and_si512(low, even), w1 = _mm512_and_si512(low, odd);
        __m512i w2 = _mm512_and_si512(high, even), w3 = _mm512_and_si512(high, odd);
        for (int t = 0; t < n; t++)
            s[t][0] = _mm512_dpbusd_epi32(s[t][0], w0, quad(act + t * stride));
        for (int t = 0; t < n; t++)
            s[t][1] = _mm512_dpbusd_epi32(s[t][1], w1, quad(act + t * stride + 4));
        for (int t = 0; t < n; t++)
            s[t][far] = _mm512_dpbusd_epi32(s[t][far], w2, quad(act + t * stride + 8));
        for (int t = 0; t < n; t++)
            s[t][far + 1] = _mm512_dpbusd_epi32(s[t][far + 1], w3, quad(act + t * stride + 12));
    }
    for (int t = 0; t < n; t++) {
        __m512i even_sum = _mm512_add_epi32(s[t][0], s[t][2]), odd_sum = _mm512_add_epi32(s[t][1], s[t][3]);
        _mm512_storeu_si512(out + t * out_stride, _mm512_add_epi32(even_sum, _mm512_srai_epi32(odd_sum, 2)));
    }
}

/* Sixteen tokens: one accumulator each, so the fields are brought to the same place first. */
static void sixteen_tokens(const uint8_t *tile, int steps, const int8_t *act, size_t stride, int32_t *out,
                           size_t out_stride)
{
    const __m512i mask = _mm512_set1_epi8(3);
    __m512i s[16];
    for (int t = 0; t < 16; t++)
        s[t] = _mm512_setzero_si512();
    for (int i = 0; i < steps; i++, tile += 64, act += 16) {
        __m512i w = _mm512_loadu_si512(tile), field = _mm512_and_si512(w, mask);
        for (int t = 0; t < 16; t++)
            s[t] = _mm512_dpbusd_epi32(s[t], field, quad(act + t * stride));
        field = _mm512_and_si512(_mm512_srli_epi16(w, 2), mask);
        for (int t = 0; t < 16; t++)
            s[t] = _mm512_dpbusd_epi32(s[t], field, quad(act + t * stride + 4));
        field = _mm512_and_si512(_mm512_srli_epi16(w, 4), mask);
        for (int t = 0; t < 16; t++)
            s[t] = _mm512_dpbusd_epi32(s[t], field, quad(act + t * stride + 8));
        field = _mm512_and_si512(_mm512_srli_epi16(w, 6), mask);
        for (int t = 0; t < 16; t++)
            s[t] = _mm512_dpbusd_epi32(s[t], field, quad(act + t * stride + 12));
    }
    for (int t = 0; t < 16; t++)
        _mm512_storeu_si512(out + t * out_stride, s[t]);
}

static void ternary(const uint8_t *tiles, int blocks, size_t block_bytes, int steps, const int8_t *act,
                    size_t act_stride, int tokens, int32_t *out, size_t out_stride)
{
    for (int t = 0; t < tokens;) {
        int left = tokens - t, n = left >= 16 ? 16 : left >= 8 ? 8 : left;
        for (int b = 0; b < blocks; b++) {
            const uint8_t *tile = tiles + b * block_bytes;
            const int8_t *a = act + t * act_stride;
            int32_t *o = out + t * out_stride + (size_t)b * EDGE_TILE;
            switch (n) {
            case 16: sixteen_tokens(tile, steps, a, act_stride, o, out_stride); break;
            case 8: few_tokens(tile, steps, a, act_stride, 8, o, out_stride); break;
            case 7: few_tokens(tile, steps, a, act_stride, 7, o, out_stride); break;
            case 6: few_tokens(tile, steps, a, act_stride, 6, o, out_stride); break;
            case 5: few_tokens(tile, steps, a, act_stride, 5, o, out_stride); break;
            case 4: few_tokens(tile, steps, a, act_stride, 4, o, out_stride); break;
            case 3: few_tokens(tile, steps, a, act_stride, 3, o, out_stride); break;
            case 2: few_tokens(tile, steps, a, act_stride, 2, o, out_stride); break;
            default: few_tokens(tile, steps, a, act_stride, 1, o, out_stride);
            }
        }
        t += n;
    }
}
