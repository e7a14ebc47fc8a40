/* A decoder over packed weights: its description, its KV cache, and one call that runs a batch of tokens through it. */
#ifndef EDGE_MODEL_H
#define EDGE_MODEL_H
#include <stddef.h>
#include <stdint.h>
#include "kernels.h"
#include "pool.h"

/* In the order of spec.py: HEADS. */
enum { EDGE_HEAD_INT8, EDGE_HEAD_F16, EDGE_HEAD_Q6, EDGE_HEAD_Q4 };

typedef struct {
    int layers, hidden, heads, kv_heads, head_dim, inter, vocab, context;
    int silu;      /* activation: 0 relu^2, 1 silu */
    int head;      /* form of embedding and head, EDGE_HEAD_* */
    int group;     /* columns per weight scale, 0: the whole row */
    int sequences; /* rows of the KV cache */
    int kv;        /* numbers of the KV cache: EDGE_KV_... */
    int max_batch; /* tokens in one call */
    float rope_theta, norm_eps;
} edge_config;

typedef struct {
    const uint8_t *tiles; /* [rows/16][columns/16][64] */
    const float *scale;   /* [groups][rows] */
    int rows, columns;    /* padded to 16 */
} edge_matrix;

typedef struct {
    const void *rows; /* int8 [vocab/16][hidden/4][64], f16 [vocab/16][hidden][16], or codes.h */
    const float *scale;
} edge_table;

typedef struct {
    const float *attn_norm, *attn_sub_norm, *ffn_norm, *ffn_sub_norm; /* the sub-norms may be NULL */
    edge_matrix qkv, o, gate_up, down;
} edge_layer;

typedef struct edge_model edge_model;

/* Tokens to run, each with its sequence and its position in it. Either the embedding of `tokens` or `hidden_in` enters
 * layer `first`; what leaves layer `last - 1` goes to `hidden_out` if given, and the rows listed in `wanted` through
 * the final norm and the head to `logits` [wanted_count][vocab]. */
typedef struct {
    int count;
    const int32_t *tokens, *sequences, *positions;
    int first, last;
    const float *hidden_in;
    float *hidden_out;
    int wanted_count;
    const int32_t *wanted;
    float *logits;
    int pieces, shared_out; /* attention's plan: edge_step's own */
} edge_batch;

/* NULL with errno set when memory is short. `layers` is copied; the weights it points to must outlive the model. The
 * model owns neither weights nor pool. */
edge_model *edge_model_new(const edge_config *config, const edge_layer *layers, const edge_table *embed,
                           const edge_table *head, const float *final_norm, const edge_kernels *kernels,
                           edge_pool *pool);
void edge_model_free(edge_model *model);

/* 0, or the 1-based index of the first token whose id, sequence or position is out of range. */
int edge_step(edge_model *model, const edge_batch *batch);

size_t edge_kv_bytes(const edge_model *model);      /* reserved; the kernel commits pages as they fill */
size_t edge_scratch_bytes(const edge_model *model);

/* How many of the pool's threads a step of one token takes; all when it is not said. More tokens take more. */
void edge_set_decode_threads(edge_model *model, int threads);

/* Bytes per second at which `threads` threads together read `bytes` from memory, best of `passes`. */
double edge_read_bandwidth(edge_pool *pool, int threads, const void *data, size_t bytes, int passes);

/* Bytes of weights per second that a token is multiplied with by counts[i] threads together, from `bytes` of memory of
 * its own, for each of the n counts; and the share of their processors that these threads got meanwhile: below 1,
 * others were at work. Takes about `seconds`. -1 when there is no memory. */
int edge_decode_rates(edge_pool *pool, const edge_kernels *kernels, size_t bytes, double seconds, const int *counts,
                      int n, double *rates, double *share);

/* Seconds of a run of `threads` threads through `phases` phases in which each counts to `turns`. */
double edge_phase_seconds(edge_pool *pool, int threads, int phases, int turns);
#endif
