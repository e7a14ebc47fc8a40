/* The head's tables: int8 rows times activations in two digits. */

/* s8 x s8 by moving the weight's sign to the activation: |w| is unsigned, and 127*127*2 fits in 16 bits. */
static inline __m256i signed_dot(__m256i sum, __m256i w, __m256i a)
{
    return _mm256_add_epi32(sum, widen(_mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(a, w))));
}

static void table8(const int8_t *block, int quads, const int8_t *act_high, const int8_t *act_low, size_t act_stride,
                   int tokens, int32_t *high, int32_t *low)
{
    for (int t = 0; t < tokens; t++, act_high += act_stride, act_low += act_stride, high += 16, low += 16) {
        __m256i h0 = _mm256_setzero_si256(), h1 = h0, l0 = h0, l1 = h0;
        for (int q = 0; q < quads; q++) {
            const __m256i *w = (const __m256i *)(block + 64 * (size_t)q);
            __m256i w0 = _mm256_loadu_si256(w), w1 = _mm256_loadu_si256(w + 1);
            __m256i a = quad(act_high + 4 * q), b = quad(act_low + 4 * q);
            h0 = signed_dot(h0, w0, a);
            h1 = signed_dot(h1, w1, a);
            l0 = signed_dot(l0, w0, b);
            l1 = signed_dot(l1, w1, b);
        }
        _mm256_storeu_si256((__m256i *)high, h0);
        _mm256_storeu_si256((__m256i *)(high + 8), h1);
        _mm256_storeu_si256((__m256i *)low, l0);
        _mm256_storeu_si256((__m256i *)(low + 8), l1);
    }
}
