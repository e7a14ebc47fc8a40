/* The dispatch table: everything that is written or compiled once per instruction set.
 *
 * Integer kernels are exact, so every table gives the same sums. The float functions use sixteen lanes, fused
 * multiply-adds and one fixed order of operations in every table, so they agree to the last bit too: the same model,
 * prompt and seed give the same bytes on a Cortex-A53 and on a server.
 *
 * "Padded" means rounded up to a multiple of 16. Arrays that a kernel reads or writes are padded; the padding of an
 * activation is zero. */
#ifndef EDGE_KERNELS_H
#define EDGE_KERNELS_H
#include <stddef.h>
#include <stdint.h>

/* For functions whose constant arguments (a form, a number of tokens) must shape the code. */
#define EDGE_INLINE static inline __attribute__((always_inline))

#define EDGE_TILE 16
#define EDGE_PAD(n) (((n) + 15) & ~(size_t)15)

/* Numbers of the KV cache. */
enum { EDGE_KV_F16, EDGE_KV_F32, EDGE_KV_INT8 };

/* Activations of some tokens as the head takes them, 16 bits in two int8 digits: x ~ (255 * high + low) * factor, both
 * digits within +-127. Token t's digits start at t * stride, its sums at t * sum_stride: the sum of high, the sum of
 * low, and for every 16 columns the sum of 255 * high + low. Kernels whose weights lie shifted take the shift's share
 * off with them. */
typedef struct {
    const int8_t *high, *low;
    const int32_t *sums;
    size_t stride, sum_stride;
    int tokens;
} edge_digits;

/* Sums per token for `columns` of them, a multiple of 16. */
#define EDGE_DIGIT_SUMS(columns) (2 + (size_t)(columns) / 16)

/* Positions that attention sums up at once. Longer sequences are sums of these sums, always in the same order: so one
 * token can be shared out over threads, and its answer does not depend on whether it was. */
#define EDGE_CHUNK 128

/* Floats of a partial sum: dim_pad weighted values, the highest score, the weights' total. */
#define EDGE_PARTIAL(dim_pad) ((size_t)(dim_pad) + 16)

/* Attention of consecutive tokens of a sequence, for the `group` query heads that share a KV head. */
typedef struct {
    const float *q;            /* a row of dim_pad for each token and head, as store_query leaves it */
    const void *k, *v;         /* the KV head's cache, as store_kv fills it */
    int kv, tokens, group, dim_pad;
    int position;              /* of the first token */
    int first, stop;           /* chunks to sum up, all of them with positions that the last token sees */
    float *scratch;            /* EDGE_ATTENTION_SCRATCH floats */
    float *out;                /* a partial sum for each row */
} edge_part;

#define EDGE_ATTENTION_SCRATCH(rows, dim_pad) \
    ((rows) * (2 * EDGE_CHUNK + 32 + EDGE_PARTIAL(dim_pad)) + 16 * (size_t)(dim_pad))

/* Bytes of one head's keys, or values, of `context` positions. An int8 one has a float scale for each position. */
static inline size_t edge_kv_head_bytes(int kv, int context, int dim_pad)
{
    if (kv == EDGE_KV_INT8)
        return ((size_t)context + EDGE_CHUNK - 1) / EDGE_CHUNK * EDGE_CHUNK * ((size_t)dim_pad + sizeof(float));
    return EDGE_PAD(context) * (size_t)dim_pad * (kv == EDGE_KV_F32 ? 4 : 2);
}

typedef struct {
    const char *name;

    /* Ternary weights x int8 activations. tiles: `blocks` runs of tiles, `block_bytes` apart, each holding 16 rows and
     * 16*steps columns (layout.py). act: `tokens` rows of int8, `act_stride` bytes apart. out[t*out_stride + r] for
     * r < 16*blocks gets the sum over columns of (weight + 1) * act: the caller takes the activations' own sum off. */
    void (*ternary)(const uint8_t *tiles, int blocks, size_t block_bytes, int steps, const int8_t *act,
                    size_t act_stride, int tokens, int32_t *out, size_t out_stride);

    /* int8 table x activations, one block of 16 rows: high[16*t + r] and low[16*t + r] get the exact sums over 4*quads
     * columns. */
    void (*table8)(const int8_t *block, int quads, const edge_digits *x, int32_t *high, int32_t *low);

    /* Table of 6-bit values, or of 4-bit codes for sixteen of these values, with a scale byte per row and 16 columns
     * (tables.py) x activations, one block of 16 rows and 16*steps columns. out[16*t + r] gets the sum over steps of
     * the exact sum of value * (255 * high + low), times the scale byte's square: in this order, rounded once each. */
    void (*table6)(const uint8_t *block, int steps, const edge_digits *x, float *out);
    void (*table4)(const uint8_t *block, int steps, const edge_digits *x, float *out);

    /* f16 table x float activations, one block of 16 rows, `columns` padded; out[16*t + r]. */
    void (*table16)(const uint16_t *block, int columns, const float *act, size_t act_stride, int tokens, float *out);

    /* y = norm * (x / rms(x)), n padded to 16 with zeros in norm; `count` is the true length, the mean's divisor. */
    void (*rms_norm)(const float *x, const float *norm, int count, float eps, float *y);

    /* Per-token int8 as BitNet b1.58 defines it: q = round(x * 127 / max(|x|max, 1e-5)). Returns the factor that
     * multiplies the integer sums back; *sum gets the sum of q over each `group` columns (one per group). */
    float (*quantise8)(const float *x, int n, int group, int8_t *q, int32_t *sum);

    /* One token's row of edge_digits; returns the factor. */
    float (*quantise16)(const float *x, int n, int8_t *high, int8_t *low, int32_t *sums);

    /* out[r] = (sums[r] - act_sum) * factor * scale[r], + add[r] when add is not NULL, for n padded rows; with several
     * groups the caller adds group after group through `add`. */
    void (*scale_rows)(const int32_t *sums, int32_t act_sum, float factor, const float *scale, const float *add, int n,
                       float *out);

    /* out[r] = (255 * high[r] + low[r]) * factor * scale[r] for the 16 rows of a table8 block. */
    void (*scale_table8)(const int32_t *high, const int32_t *low, float factor, const float *scale, float *out);

    /* Rotary positions, half-rotated as in LLaMA: x and out hold one head of `dim`; cos/sin hold dim/2 values. */
    void (*rope)(const float *x, int dim, const float *cos, const float *sin, float *out);

    /* One head's query, rotated and scaled, as attention over such a cache wants it. out: dim_pad floats' room. */
    void (*store_query)(const float *q, int kv, int dim_pad, float *out);

    void (*attend)(const edge_part *part);

    /* What a row of queries attends to: the sum of `count` partial sums of it, `stride` floats apart, over the total of
     * their weights. out: EDGE_PARTIAL floats, of which dim_pad are the answer. */
    void (*merge)(const float *parts, size_t stride, int count, int dim_pad, float *out);

    /* out = relu(gate)^2 * up, or silu(gate) * up, n padded. */
    void (*relu2_gate)(const float *gate, const float *up, int n, float *out);
    void (*silu_gate)(const float *gate, const float *up, int n, float *out);

    /* The sum of e^(x - peak) over n numbers, not padded; *peak: the greatest of them. */
    float (*sum_exp)(const float *x, int n, float *peak);

    /* One head's key and value into the cache; attention.h knows how they lie there. */
    void (*store_kv)(const float *key, const float *value, int kv, int position, int dim_pad, void *k, void *v);
} edge_kernels;

/* The table called `name`, or NULL; the best one this CPU can run when name is NULL. edge_isa_runs tells whether this
 * CPU can run a table that exists. edge_isa_name(i) lists those of this build, slowest first, NULL at the end. */
const edge_kernels *edge_find_kernels(const char *name);
int edge_isa_runs(const char *name);
const char *edge_isa_name(int i);
#endif
