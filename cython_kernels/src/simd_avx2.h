/* Sixteen float lanes in two AVX2 registers. See float_ops.h for what every simd_*.h provides. */
#ifndef EDGE_SIMD_H
#define EDGE_SIMD_H
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

typedef struct { __m256 a, b; } vf;
enum { VF_SUMS = 4 };

#define BOTH(op) (vf){ op(x.a, y.a), op(x.b, y.b) }
static inline vf vf_load(const float *p) { return (vf){ _mm256_loadu_ps(p), _mm256_loadu_ps(p + 8) }; }
static inline void vf_store(float *p, vf x) { _mm256_storeu_ps(p, x.a); _mm256_storeu_ps(p + 8, x.b); }
static inline vf vf_set1(float v) { __m256 s = _mm256_set1_ps(v); return (vf){ s, s }; }
static inline vf vf_add(vf x, vf y) { return BOTH(_mm256_add_ps); }
static inline vf vf_sub(vf x, vf y) { return BOTH(_mm256_sub_ps); }
static inline vf vf_mul(vf x, vf y) { return BOTH(_mm256_mul_ps); }
static inline vf vf_div(vf x, vf y) { return BOTH(_mm256_div_ps); }
static inline vf vf_max(vf x, vf y) { return BOTH(_mm256_max_ps); }
#undef BOTH
static inline vf vf_fma(vf x, vf y, vf z)
{
    return (vf){ _mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b) };
}
typedef const float *vf_four;
static inline vf_four vf_load_four(const float *p) { return p; }
static inline vf vf_fma_one(vf a, vf_four x, int i, vf c) { return vf_fma(a, vf_set1(x[i]), c); }
static inline vf vf_abs(vf x)
{
    __m256 sign = _mm256_set1_ps(-0.0f);
    return (vf){ _mm256_andnot_ps(sign, x.a), _mm256_andnot_ps(sign, x.b) };
}
static inline float vf_sum(vf x)
{
    __m256 s = _mm256_add_ps(x.a, x.b);
    __m128 t = _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
    t = _mm_add_ps(t, _mm_movehl_ps(t, t));
    return _mm_cvtss_f32(_mm_add_ss(t, _mm_movehdup_ps(t)));
}
static inline float vf_peak(vf x)
{
    __m256 s = _mm256_max_ps(x.a, x.b);
    __m128 t = _mm_max_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
    t = _mm_max_ps(t, _mm_movehl_ps(t, t));
    return _mm_cvtss_f32(_mm_max_ss(t, _mm_movehdup_ps(t)));
}
static inline vf vf_round(vf x)
{
    enum { mode = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC };
    return (vf){ _mm256_round_ps(x.a, mode), _mm256_round_ps(x.b, mode) };
}
static inline __m256 edge_pow2_8(__m256 n)
{
    __m256i e = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(e, 23));
}
static inline vf vf_pow2(vf n) { return (vf){ edge_pow2_8(n.a), edge_pow2_8(n.b) }; }
static inline vf vf_load_half(const uint16_t *p)
{
    return (vf){ _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)),
                 _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p + 8))) };
}
static inline void vf_store_half(uint16_t *p, vf x)
{
    _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph(x.a, _MM_FROUND_TO_NEAREST_INT));
    _mm_storeu_si128((__m128i *)(p + 8), _mm256_cvtps_ph(x.b, _MM_FROUND_TO_NEAREST_INT));
}
static inline vf vf_load_i32(const int32_t *p)
{
    return (vf){ _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)p)),
                 _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)(p + 8))) };
}
static inline void vf_store_i8(int8_t *p, vf x)
{
    /* packs_epi32 works within 128-bit halves; the permutation puts the quarters back in order. */
    __m256i w = _mm256_packs_epi32(_mm256_cvtps_epi32(x.a), _mm256_cvtps_epi32(x.b));
    w = _mm256_permute4x64_epi64(w, 0xd8);
    _mm_storeu_si128((__m128i *)p, _mm_packs_epi16(_mm256_castsi256_si128(w), _mm256_extracti128_si256(w, 1)));
}

/* Four activations, repeated for every row. */
static inline __m256i quad(const int8_t *p)
{
    int32_t v;
    memcpy(&v, p, 4);
    return _mm256_set1_epi32(v);
}
#endif
