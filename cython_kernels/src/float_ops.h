/* The float part of a decoder, written once over sixteen lanes and compiled for every instruction set.
 *
 * Include after one simd_*.h, which provides the type `vf` (sixteen floats) and: vf_load, vf_store, vf_set1, vf_add,
 * vf_sub, vf_mul, vf_div, vf_fma(a,b,c) = a*b + c rounded once, vf_max (the second where one is NaN), vf_abs, vf_round
 * (to nearest, ties to even), vf_pow2(n) = 2^n for whole n in -126..127, vf_load_half/vf_store_half (f16), vf_load_i32
 * (to float), vf_store_i8 (whole values within -128..127), and four floats each of which multiplies a whole vf: vf_four,
 * vf_load_four, vf_fma_one(a,x,i,c) = a*x[i] + c. VF_SUMS: how many vf it keeps in registers as running sums. vf_sum
 * adds halves to halves, the same tree for every register width, and vf_peak is the largest, found likewise.
 *
 * Compile with -ffp-contract=off: a compiler that fuses on its own would break the agreement between tables. */
#include <math.h>
#include "kernels.h"

/* e^x for x <= 88, within 2 units in the last place; the coefficients are Taylor's, x reduced to +-ln2/2 with ln2 in
 * two parts (Cody and Waite). Below -87 the result stays at about 1e-38. */
static vf vf_exp(vf x)
{
    x = vf_max(x, vf_set1(-87.0f));
    vf n = vf_round(vf_mul(x, vf_set1(1.44269504f)));
    vf r = vf_fma(n, vf_set1(-0.693359375f), x);
    r = vf_fma(n, vf_set1(2.12194440e-4f), r);
    vf p = vf_set1(1.0f / 5040);
    p = vf_fma(p, r, vf_set1(1.0f / 720));
    p = vf_fma(p, r, vf_set1(1.0f / 120));
    p = vf_fma(p, r, vf_set1(1.0f / 24));
    p = vf_fma(p, r, vf_set1(1.0f / 6));
    p = vf_fma(p, r, vf_set1(0.5f));
    p = vf_fma(p, r, vf_set1(1.0f));
    p = vf_fma(p, r, vf_set1(1.0f));
    return vf_mul(p, vf_pow2(n));
}

/* The sum of e^(x - peak) over n numbers, and the peak: the greatest of them, at least one of which is finite. */
static float sum_exp(const float *x, int n, float *peak)
{
    int whole = n & ~15;
    float rest[16];
    for (int i = 0; i < 16; i++)
        rest[i] = whole + i < n ? x[whole + i] : -INFINITY;
    vf last = vf_load(rest), top = last, sum;
    for (int i = 0; i < whole; i += 16)
        top = vf_max(top, vf_load(x + i));
    *peak = vf_peak(top);
    top = vf_set1(*peak);
    sum = vf_set1(0);
    for (int i = 0; i < whole; i += 16)
        sum = vf_add(sum, vf_exp(vf_sub(vf_load(x + i), top)));
    return vf_sum(whole < n ? vf_add(sum, vf_exp(vf_sub(last, top))) : sum);
}

static void rms_norm(const float *x, const float *norm, int count, float eps, float *y)
{
    int n = (int)EDGE_PAD(count);
    /* Compensated (Knuth's two-sum): the factor comes out as in the oracle, whose sum runs in another order, and with
     * it the ties of the rounding that follows. */
    vf squares = vf_set1(0), lost = vf_set1(0);
    for (int i = 0; i < n; i += 16) {
        vf v = vf_load(x + i), square = vf_mul(v, v), sum = vf_add(squares, square), part = vf_sub(sum, squares);
        vf error = vf_add(vf_sub(squares, vf_sub(sum, part)), vf_sub(square, part));
        lost = vf_add(lost, error);
        squares = sum;
    }
    vf factor = vf_set1(1.0f / sqrtf((vf_sum(squares) + vf_sum(lost)) / (float)count + eps));
    for (int i = 0; i < n; i += 16)
        vf_store(y + i, vf_mul(vf_load(norm + i), vf_mul(vf_load(x + i), factor)));
}

static float peak_of(const float *x, int n)
{
    vf peak = vf_set1(0);
    for (int i = 0; i < n; i += 16)
        peak = vf_max(peak, vf_abs(vf_load(x + i)));
    return vf_peak(peak);
}

/* Integers cannot say NaN: x * 0 carries one (or an infinity) over into a factor, and so into the logits. What such a
 * value is rounded to is the same everywhere: vf_max gives its second argument. */
static float quantise8(const float *x, int n, int group, int8_t *q, int32_t *sum)
{
    float peak = peak_of(x, n);
    /* The oracle's frameworks divide by a tensor as 1/t, then times 127. Values of a coarse grid (bf16) often tie, and
     * which way they round hangs on this last bit. */
    float factor = 127.0f * (1.0f / (peak > 1e-5f ? peak : 1e-5f));
    vf f = vf_set1(factor), poison = vf_set1(0);
    for (int start = 0; start < n; start += group) {
        int32_t s = 0;
        int end = start + group < n ? start + group : n;
        for (int i = start; i < end; i += 16) {
            vf v = vf_load(x + i);
            vf_store_i8(q + i, vf_round(vf_max(vf_mul(v, f), vf_set1(-127.0f))));
            poison = vf_fma(v, vf_set1(0), poison);
            for (int j = 0; j < 16; j++)
                s += q[i + j];
        }
        *sum++ = s;
    }
    return 1.0f / factor + vf_sum(poison);
}

static float quantise16(const float *x, int n, int8_t *high, int8_t *low, int32_t *sums)
{
    vf poison = vf_set1(0);
    for (int i = 0; i < n; i += 16)
        poison = vf_fma(vf_load(x + i), vf_set1(0), poison);
    float peak = peak_of(x, n);
    float factor = 32385.0f / (peak > 1e-20f ? peak : 1e-20f);
    vf f = vf_set1(factor), base = vf_set1(-255.0f), inverse = vf_set1(1.0f / 255);
    for (int i = 0; i < n; i += 16) {
        vf q = vf_round(vf_max(vf_mul(vf_load(x + i), f), vf_set1(-32385.0f)));
        vf h = vf_round(vf_mul(q, inverse));
        vf_store_i8(high + i, h);
        vf_store_i8(low + i, vf_fma(h, base, q));
    }
    sums[0] = sums[1] = 0;
    for (int i = 0; i < n; i += 16) {
        int32_t h = 0, l = 0;
        for (int j = i; j < i + 16; j++) {
            h += high[j];
            l += low[j];
        }
        sums[0] += h;
        sums[1] += l;
        sums[2 + i / 16] = 255 * h + l;
    }
    return 1.0f / factor + vf_sum(poison);
}

static void scale_rows(const int32_t *sums, int32_t act_sum, float factor, const float *scale, const float *add, int n,
                       float *out)
{
    vf f = vf_set1(factor);
    for (int r = 0; r < n; r += 16) {
        int32_t t[16];
        for (int i = 0; i < 16; i++)
            t[i] = sums[r + i] - act_sum;
        vf y = vf_mul(vf_load_i32(t), vf_mul(f, vf_load(scale + r)));
        vf_store(out + r, add ? vf_add(vf_load(add + r), y) : y);
    }
}

static void scale_table8(const int32_t *high, const int32_t *low, float factor, const float *scale, float *out)
{
    vf sum = vf_fma(vf_load_i32(high), vf_set1(255.0f), vf_load_i32(low));
    vf_store(out, vf_mul(sum, vf_mul(vf_set1(factor), vf_load(scale))));
}

static void table16(const uint16_t *block, int columns, const float *act, size_t act_stride, int tokens, float *out)
{
    for (int t = 0; t < tokens; t++, act += act_stride, out += 16) {
        vf sum[4] = { vf_set1(0), vf_set1(0), vf_set1(0), vf_set1(0) };
        for (int c = 0; c < columns; c += 4)
            for (int j = 0; j < 4; j++)
                sum[j] = vf_fma(vf_load_half(block + 16 * (size_t)(c + j)), vf_set1(act[c + j]), sum[j]);
        vf_store(out, vf_add(vf_add(sum[0], sum[1]), vf_add(sum[2], sum[3])));
    }
}

static void rope(const float *x, int dim, const float *cosine, const float *sine, float *out)
{
    /* Products and sums rounded one by one, as the reference implementation does. */
    int half = dim / 2;
    for (int i = 0; i < half; i++) {
        float a = x[i], b = x[half + i];
        out[i] = a * cosine[i] - b * sine[i];
        out[half + i] = b * cosine[i] + a * sine[i];
    }
}

static void relu2_gate(const float *gate, const float *up, int n, float *out)
{
    for (int i = 0; i < n; i += 16) {
        vf r = vf_max(vf_load(gate + i), vf_set1(0));
        vf_store(out + i, vf_mul(vf_mul(r, r), vf_load(up + i)));
    }
}

static void silu_gate(const float *gate, const float *up, int n, float *out)
{
    vf one = vf_set1(1.0f), zero = vf_set1(0);
    for (int i = 0; i < n; i += 16) {
        vf g = vf_load(gate + i);
        /* The argument is kept below 87 so that e^-g cannot overflow; the quotient is zero there anyway. */
        vf e = vf_exp(vf_sub(zero, vf_max(g, vf_set1(-87.0f))));
        vf_store(out + i, vf_mul(vf_div(g, vf_add(one, e)), vf_load(up + i)));
    }
}

#define EDGE_FLOAT_OPS                                                                                    \
    .table16 = table16, .rms_norm = rms_norm, .quantise8 = quantise8, .quantise16 = quantise16,           \
    .scale_rows = scale_rows, .scale_table8 = scale_table8, .rope = rope, .relu2_gate = relu2_gate,       \
    .silu_gate = silu_gate, .sum_exp = sum_exp
