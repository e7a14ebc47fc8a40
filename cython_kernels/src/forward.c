/* The forward step: embedding, the layers, the head, for a batch of tokens of any sequences.
 *
 * Every thread of the pool walks `forward` from top to bottom. Within a phase, threads claim units of work (a token, a
 * head, a run of weight rows); between phases they meet at a barrier. A unit's result does not depend on who computes
 * it or on what else is in the batch: that is why answers are the same for any number of threads and any batch. */
#include <string.h>
#include "phases.h"

typedef struct {
    edge_model *m;
    edge_batch b; /* a copy: a worker may come to it when the caller's is gone */
} job;

_Static_assert(sizeof(job) <= EDGE_JOB_BYTES, "a job must fit");

static long min_of(long a, long b) { return a < b ? a : b; }

/* With few tokens the weights are a stream from memory, with many the arithmetic is what is shared out. */
static long claim_of(int tokens) { return tokens <= FEW_TOKENS ? 0 : CLAIM_BLOCKS; }

static void enter(edge_model *m, const edge_batch *b, edge_worker *w)
{
    size_t width = EDGE_PAD(m->c.hidden), hidden = (size_t)m->c.hidden;
    EACH_UNIT(t, b->count, 1) {
        float *x = m->x + t * width;
        if (!b->hidden_in) {
            edge_embed_token(m, b->tokens[t], x);
            continue;
        }
        memcpy(x, b->hidden_in + t * hidden, hidden * sizeof *x);
        memset(x + hidden, 0, (width - hidden) * sizeof *x);
    }
    edge_next_phase(w);
}

/* Quantise `from` (length n) into row `row` of the activations, as the input of a matrix. */
static void quantise(edge_model *m, const float *from, int n, long row)
{
    int group = m->c.group ? m->c.group : (int)EDGE_PAD(n);
    m->act_factor[row] = m->k->quantise8(from, (int)EDGE_PAD(n), group, m->act + row * m->wide,
                                         m->act_sum + row * m->max_groups);
}

/* Zero behind a row of n values, norm it in place if the model has a norm here, and quantise it. */
static void finish_and_quantise(edge_model *m, int n, const float *norm, long row)
{
    float *x = m->mixed + row * m->wide;
    memset(x + n, 0, (EDGE_PAD(n) - (size_t)n) * sizeof *x);
    if (norm)
        m->k->rms_norm(x, norm, n, m->c.norm_eps, x);
    quantise(m, x, n, row);
}

/* What a matrix gets of token t, in row `row` of the activations: */
typedef void (*input)(edge_model *m, const edge_batch *b, const edge_layer *l, long t, long row, edge_worker *w);

static void norm_and_quantise(edge_model *m, const float *norm, long t, long row)
{
    float *y = m->mixed + row * m->wide;
    m->k->rms_norm(m->x + t * EDGE_PAD(m->c.hidden), norm, m->c.hidden, m->c.norm_eps, y);
    quantise(m, y, m->c.hidden, row);
}

static void qkv_input(edge_model *m, const edge_batch *b, const edge_layer *l, long t, long row, edge_worker *w)
{
    (void)b, (void)w;
    norm_and_quantise(m, l->attn_norm, t, row);
}

static void o_input(edge_model *m, const edge_batch *b, const edge_layer *l, long t, long row, edge_worker *w)
{
    edge_gather(m, b, t, row, w);
    finish_and_quantise(m, m->query_rows, l->attn_sub_norm, row);
}

static void gate_up_input(edge_model *m, const edge_batch *b, const edge_layer *l, long t, long row, edge_worker *w)
{
    (void)b, (void)w;
    norm_and_quantise(m, l->ffn_norm, t, row);
}

static void down_input(edge_model *m, const edge_batch *b, const edge_layer *l, long t, long row, edge_worker *w)
{
    const float *gate = m->wide_out + t * m->wide;
    (void)b, (void)w;
    (m->c.silu ? m->k->silu_gate : m->k->relu2_gate)(gate, gate + m->c.inter, (int)EDGE_PAD(m->c.inter),
                                                     m->mixed + row * m->wide);
    finish_and_quantise(m, m->c.inter, l->ffn_sub_norm, row);
}

/* The input of one token costs less than telling the others that it is ready: each thread makes its own, in a row of
 * its own. A thread that comes late may read what is no longer true (a race on purpose, of floats in the model's own
 * memory and in the mapped weights); then it gets no claim of the matrix either. What
 * the batch points to may be gone by then, and is not touched. */
static long first_row(const edge_model *m, const edge_batch *b, const edge_worker *w)
{
    return b->count == 1 ? m->c.max_batch + edge_thread(w) : 0;
}

static void prepare(edge_model *m, const edge_batch *b, const edge_layer *l, input of, edge_worker *w)
{
    if (b->count == 1) {
        of(m, b, l, 0, first_row(m, b, w), w);
        return;
    }
    EACH_UNIT(t, b->count, 1)
        of(m, b, l, t, t, w);
    edge_next_phase(w);
}

/* The rows of one claim for a tile of tokens, whose activations begin at `row`. With several scale groups the later ones
 * add to what is there. */
static void matrix_part(edge_model *m, const edge_matrix *w, int32_t *sums, long block, int blocks, long t0, long row,
                        int tokens, const float *add, float *out, size_t stride)
{
    int steps = w->columns / EDGE_TILE, per_group = m->c.group ? m->c.group / EDGE_TILE : steps;
    size_t block_bytes = (size_t)steps * 64, rows = (size_t)blocks * EDGE_TILE, first = (size_t)block * EDGE_TILE;
    for (int g = 0, s = 0; s < steps; g++, s += per_group) {
        int n = (int)min_of(per_group, steps - s);
        const float *scale = w->scale + (size_t)g * w->rows + first;
        for (size_t r = 0; r < rows; r += EDGE_TILE) /* they lie alone in memory, and would be waited for */
            __builtin_prefetch(scale + r);
        m->k->ternary(w->tiles + block * block_bytes + (size_t)s * 64, blocks, block_bytes, n,
                      m->act + row * m->wide + (size_t)s * EDGE_TILE, m->wide, tokens, sums, rows);
        for (long i = 0; i < tokens; i++) {
            float *o = out + (t0 + i) * stride + first;
            const float *base = g ? o : add ? add + (t0 + i) * stride + first : NULL;
            m->k->scale_rows(sums + (size_t)i * rows, m->act_sum[(row + i) * m->max_groups + g], m->act_factor[row + i],
                             scale, base, (int)rows, o);
        }
    }
}

/* out[t] = w x (quantised activations of t) (+ add[t]), rows of out and add `stride` apart. */
static void multiply(edge_model *m, const edge_batch *b, const edge_matrix *matrix, const float *add, float *out,
                     size_t stride, edge_worker *w)
{
    int32_t *sums = m->sums + (size_t)edge_thread(w) * m->sums_stride;
    long row = first_row(m, b, w);
    EACH_CLAIM(start, stop, matrix->rows / EDGE_TILE, claim_of(b->count))
        for (long block = start; block < stop; block += CLAIM_BLOCKS)
            for (long t = 0; t < b->count; t += TOKEN_TILE)
                matrix_part(m, matrix, sums, block, (int)min_of(CLAIM_BLOCKS, stop - block), t, row + t,
                            (int)min_of(TOKEN_TILE, b->count - t), add, out, stride);
    edge_next_phase(w);
}

static void layer_step(edge_model *m, const edge_batch *b, int index, edge_worker *w)
{
    const edge_layer *l = &m->layers[index];
    size_t width = EDGE_PAD(m->c.hidden);

    prepare(m, b, l, qkv_input, w);
    multiply(m, b, &l->qkv, NULL, m->wide_out, m->wide, w);
    edge_fill_cache(m, b, index, w);
    edge_attend(m, b, index, w);
    prepare(m, b, l, o_input, w);
    multiply(m, b, &l->o, m->x, m->x, width, w);

    prepare(m, b, l, gate_up_input, w);
    multiply(m, b, &l->gate_up, NULL, m->wide_out, m->wide, w);
    prepare(m, b, l, down_input, w);
    multiply(m, b, &l->down, m->x, m->x, width, w);
}

static void leave(edge_model *m, const edge_batch *b, edge_worker *w)
{
    size_t width = EDGE_PAD(m->c.hidden), hidden = (size_t)m->c.hidden;
    if (b->hidden_out) {
        EACH_UNIT(t, b->count, 1)
            memcpy(b->hidden_out + t * hidden, m->x + t * width, hidden * sizeof *m->x);
        edge_next_phase(w);
    }
    if (!b->wanted_count)
        return;
    EACH_UNIT(i, b->wanted_count, 1) {
        float *y = m->mixed + i * m->wide;
        m->k->rms_norm(m->x + b->wanted[i] * width, m->final_norm, m->c.hidden, m->c.norm_eps, y);
        edge_quantise_wanted(m, i, y);
    }
    edge_next_phase(w);
    EACH_UNIT(block, (m->c.vocab + EDGE_TILE - 1) / EDGE_TILE, claim_of(b->wanted_count))
        for (long i = 0; i < b->wanted_count; i += TOKEN_TILE)
            edge_head_block(m, block, i, (int)min_of(TOKEN_TILE, b->wanted_count - i), b->logits);
    edge_next_phase(w);
}

static void forward(void *arg, edge_worker *w)
{
    edge_model *m = ((job *)arg)->m;
    const edge_batch *b = &((job *)arg)->b;
    enter(m, b, w);
    for (int i = b->first; i < b->last; i++)
        layer_step(m, b, i, w);
    leave(m, b, w);
}

int edge_step(edge_model *m, const edge_batch *b)
{
    for (int t = 0; t < b->count; t++)
        if ((!b->hidden_in && (b->tokens[t] < 0 || b->tokens[t] >= m->c.vocab)) || b->sequences[t] < 0 ||
            b->sequences[t] >= m->c.sequences || b->positions[t] < 0 || b->positions[t] >= m->c.context)
            return t + 1;
    job j = { m, *b };
    edge_plan_attention(m, &j.b);
    /* Below about a tenth of a millisecond of work, waking the other threads costs more than they bring. One token
     * takes as many threads as bring the weights from memory fastest; n tokens that share the reading have n times the
     * arithmetic, and use for n times as many. */
    int threads = m->weights * b->count < 4e6 ? 1 : m->decode_threads * b->count;
    edge_pool_run(m->pool, threads, forward, &j, sizeof j);
    return 0;
}
