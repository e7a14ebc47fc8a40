/* The head's tables: rows of small integers times activations in two digits. */

/* n tokens (a constant at every call) share each load of weights. */
static inline void table8_tokens(const int8_t *block, int quads, const edge_digits *x, int first, int n, int32_t *high,
                                 int32_t *low)
{
    const __m512i flip = _mm512_set1_epi8(-128);
    const int8_t *a = x->high + first * x->stride, *b = x->low + first * x->stride;
    __m512i h[8], l[8];
    for (int t = 0; t < n; t++)
        h[t] = l[t] = _mm512_setzero_si512();
    for (int q = 0; q < quads; q++, a += 4, b += 4) {
        /* w + 128 is unsigned, as VPDPBUSD wants it; 128 times the activations' sum comes off at the end. */
        __m512i w = _mm512_xor_si512(_mm512_loadu_si512(block + 64 * (size_t)q), flip);
        _mm_prefetch((const char *)block + 64 * (size_t)q + 4096, _MM_HINT_T0);
        for (int t = 0; t < n; t++) {
            h[t] = _mm512_dpbusd_epi32(h[t], w, quad(a + t * x->stride));
            l[t] = _mm512_dpbusd_epi32(l[t], w, quad(b + t * x->stride));
        }
    }
    for (int t = 0; t < n; t++) {
        const int32_t *sums = x->sums + (first + t) * x->sum_stride;
        _mm512_storeu_si512(high + 16 * (first + t), _mm512_sub_epi32(h[t], _mm512_set1_epi32(128 * sums[0])));
        _mm512_storeu_si512(low + 16 * (first + t), _mm512_sub_epi32(l[t], _mm512_set1_epi32(128 * sums[1])));
    }
}

static void table8(const int8_t *block, int quads, const edge_digits *x, int32_t *high, int32_t *low)
{
    for (int t = 0; t < x->tokens;) {
        int left = x->tokens - t, n = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
        switch (n) {
        case 8: table8_tokens(block, quads, x, t, 8, high, low); break;
        case 4: table8_tokens(block, quads, x, t, 4, high, low); break;
        case 2: table8_tokens(block, quads, x, t, 2, high, low); break;
        default: table8_tokens(block, quads, x, t, 1, high, low);
        }
        t += n;
    }
}
