/* The head's tables: rows of small integers times activations in two digits. */

/* s8 x s8 by moving the weight's sign to the activation: |w| is unsigned, and 127*127*2 fits in 16 bits. */
static inline __m256i signed_dot(__m256i sum, __m256i w, __m256i size, __m256i a)
{
    return _mm256_add_epi32(sum, widen(_mm256_maddubs_epi16(size, _mm256_sign_epi8(a, w))));
}

/* n tokens (a constant at every call) share each load of weights. */
static inline void table8_tokens(const int8_t *block, int quads, const edge_digits *x, int first, int n, int32_t *high,
                                 int32_t *low)
{
    const int8_t *a = x->high + first * x->stride, *b = x->low + first * x->stride;
    __m256i h[4], l[4];
    for (int i = 0; i < 2 * n; i++)
        h[i] = l[i] = _mm256_setzero_si256();
    for (int q = 0; q < quads; q++, a += 4, b += 4) {
        const __m256i *p = (const __m256i *)(block + 64 * (size_t)q);
        __m256i w0 = _mm256_loadu_si256(p), w1 = _mm256_loadu_si256(p + 1);
        __m256i size0 = _mm256_abs_epi8(w0), size1 = _mm256_abs_epi8(w1);
        for (int t = 0; t < n; t++) {
            __m256i u = quad(a + t * x->stride), v = quad(b + t * x->stride);
            h[2 * t] = signed_dot(h[2 * t], w0, size0, u);
            h[2 * t + 1] = signed_dot(h[2 * t + 1], w1, size1, u);
            l[2 * t] = signed_dot(l[2 * t], w0, size0, v);
            l[2 * t + 1] = signed_dot(l[2 * t + 1], w1, size1, v);
        }
    }
    for (int i = 0; i < 2 * n; i++) {
        _mm256_storeu_si256((__m256i *)(high + 16 * first + 8 * i), h[i]);
        _mm256_storeu_si256((__m256i *)(low + 16 * first + 8 * i), l[i]);
    }
}

static void table8(const int8_t *block, int quads, const edge_digits *x, int32_t *high, int32_t *low)
{
    int t = 0;
    for (; t + 2 <= x->tokens; t += 2)
        table8_tokens(block, quads, x, t, 2, high, low);
    if (t < x->tokens)
        table8_tokens(block, quads, x, t, 1, high, low);
}
