/* The head's tables: rows of small integers times activations in two digits. */
#include "codes.h"

/* s8 x s8 by moving the weight's sign to the activation: |w| is unsigned, and 128*127*2 fits in 16 bits. */
static inline __m256i signed_dot(__m256i sum, __m256i w, __m256i size, __m256i a)
{
    return _mm256_add_epi32(sum, widen(_mm256_maddubs_epi16(size, _mm256_sign_epi8(a, w))));
}

/* n tokens (a constant at every call) share each load of weights. */
EDGE_INLINE void table8_tokens(const int8_t *block, int quads, const edge_digits *x, int first, int n, int32_t *high,
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

/* Four columns of eight rows, as value + 32, which is unsigned as VPMADDUBSW wants it. */
static inline __m256i codes_plus32(__m256i low, __m256i high, int codes)
{
    const __m256i nibble = _mm256_set1_epi8(15), raise = _mm256_set1_epi8(32);
    low = _mm256_and_si256(low, nibble);
    if (codes == EDGE_CODES4) {
        __m256i table = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)edge_values4));
        return _mm256_shuffle_epi8(_mm256_add_epi8(table, raise), low);
    }
    return _mm256_xor_si256(_mm256_or_si256(low, _mm256_and_si256(high, _mm256_set1_epi8(48))), raise);
}

/* Sixteen columns of eight rows: the codes are at most 63, so two quads' products, 4*63*127, fit in 16 bits. */
EDGE_INLINE __m256i sixteen(__m256i sum, const __m256i c[4], const int8_t *a)
{
    __m256i x = _mm256_add_epi16(_mm256_maddubs_epi16(c[0], quad(a)), _mm256_maddubs_epi16(c[1], quad(a + 4)));
    __m256i y = _mm256_add_epi16(_mm256_maddubs_epi16(c[2], quad(a + 8)), _mm256_maddubs_epi16(c[3], quad(a + 12)));
    return _mm256_add_epi32(_mm256_add_epi32(sum, widen(x)), widen(y));
}

/* n tokens (a constant at every call) share each unpacking of codes. */
EDGE_INLINE void table_of_codes(const uint8_t *block, int steps, int codes, const edge_digits *x, int first, int n,
                                float *out)
{
    const int8_t *a = x->high + first * x->stride, *b = x->low + first * x->stride;
    const int32_t *sums = x->sums + first * x->sum_stride + 2;
    __m256 total[4];
    for (int i = 0; i < 2 * n; i++)
        total[i] = _mm256_setzero_ps();
    for (int s = 0; s < steps; s++, a += 16, b += 16) {
        const uint8_t *code = edge_step_codes(block, s, codes), *scales = edge_step_scales(block, s, codes);
        for (int half = 0; half < 2; half++) {
            const __m256i *planes = (const __m256i *)(code + 32 * half);
            __m256i l0 = _mm256_loadu_si256(planes), l1 = _mm256_loadu_si256(planes + 2);
            __m256i h = codes == EDGE_CODES6 ? _mm256_loadu_si256(planes + 4) : l0, c[4];
            c[0] = codes_plus32(l0, _mm256_slli_epi16(h, 4), codes);
            c[1] = codes_plus32(_mm256_srli_epi16(l0, 4), _mm256_slli_epi16(h, 2), codes);
            c[2] = codes_plus32(l1, h, codes);
            c[3] = codes_plus32(_mm256_srli_epi16(l1, 4), _mm256_srli_epi16(h, 2), codes);
            __m128i eight = _mm_loadl_epi64((const __m128i *)(scales + 8 * half));
            __m256 scale = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(eight));
            scale = _mm256_mul_ps(scale, scale);
            for (int t = 0; t < n; t++) {
                __m256i high = sixteen(_mm256_setzero_si256(), c, a + t * x->stride);
                __m256i low = sixteen(_mm256_set1_epi32(-32 * sums[t * x->sum_stride + s]), c, b + t * x->stride);
                /* 255 * high + low */
                __m256i sum = _mm256_add_epi32(_mm256_sub_epi32(_mm256_slli_epi32(high, 8), high), low);
                total[2 * t + half] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), scale, total[2 * t + half]);
            }
        }
    }
    for (int i = 0; i < 2 * n; i++)
        _mm256_storeu_ps(out + 16 * first + 8 * i, total[i]);
}

#include "tables_pairs.h"
