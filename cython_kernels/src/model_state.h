/* What a decoder keeps between and during calls. Private to model.c and forward.c. */
#ifndef EDGE_MODEL_STATE_H
#define EDGE_MODEL_STATE_H
#include "model.h"

/* Row blocks that one claim takes, small enough to balance unequal cores; tokens that share a pass over them; and how
 * many tokens are few (forward.c: claim_of). */
enum { CLAIM_BLOCKS = 4, TOKEN_TILE = 64, FEW_TOKENS = 8 };

/* Rows of queries (tokens x heads) that share a pass over keys and values. */
enum { ATTENTION_ROWS = 16 };

/* Pieces of one token each that attention may be shared out in. */
#define EDGE_MAX_SHARED(context) ((size_t)((context) < 64 * EDGE_CHUNK ? 64 : (context) / EDGE_CHUNK + 1))

/* One claim of a batch's attention, for each KV head: `tokens` consecutive ones, and which of the chunks they see. */
typedef struct {
    int token, tokens, first, stop;
} edge_piece;

struct edge_model {
    edge_config c;
    const edge_kernels *k;
    edge_pool *pool;
    int decode_threads;
    edge_layer *layers;
    edge_table embed, head;
    const float *final_norm;
    int dim_pad, query_rows, kv_rows;
    double weights;                    /* ternary weights that one token passes through */
    size_t wide;                       /* row stride of every activation buffer, in elements */
    float *cosine, *sine;              /* [context][head_dim/2] */
    char *kv;                          /* [sequence][layer][k, v][kv_head][context][dim_pad] */
    size_t kv_bytes, kv_head_bytes;
    char *scratch;
    size_t scratch_bytes;
    float *x, *wide_out;               /* residual; a matrix's output */
    /* Rows 0 to max_batch - 1 belong to the batch's tokens, one more to each thread (forward.c: first_row). */
    float *mixed;                      /* the input of the next quantisation */
    float *query;                      /* [kv_head][token of the batch][heads per KV head][dim_pad] */
    float *attention;                  /* per thread: what attend_stride says, in attend.c's order */
    size_t attend_stride;
    int block, max_pieces;             /* tokens that attention takes together; pieces that a batch's attention has */
    edge_piece *pieces;
    int *piece_of;                     /* where attention is shared out: a token's first piece */
    float *parts;                      /* and its partial sums: [piece][head] */
    int8_t *act;
    float *act_factor;
    int32_t *act_sum;                  /* [row][groups] */
    int8_t *act_low;                   /* [token] only: the head's */
    int32_t *digit_sums;               /* [wanted row][EDGE_DIGIT_SUMS]; its digits are in act and act_low */
    int max_groups;
    int32_t *sums;                     /* per thread: the integer sums of one claim */
    size_t sums_stride;
};

/* Where one head's keys (value 0) or values (value 1) start in `kv`, in bytes. */
static inline size_t edge_kv_at(const edge_model *m, int sequence, int layer, int value, int head)
{
    size_t index = (((size_t)sequence * m->c.layers + layer) * 2 + value) * m->c.kv_heads + head;
    return index * m->kv_head_bytes;
}
#endif
