/* Memory of a decoder: buffers, KV cache, rotation tables. */
#include "model_state.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void *carve(char **next, size_t bytes)
{
    void *p = *next;
    if (*next)
        *next += (bytes + 63) & ~(size_t)63;
    return p;
}

/* Buffer sizes in one place: called once to add them up (base NULL) and once to hand them out. */
static size_t lay_out(edge_model *m, char *base)
{
    size_t n = (size_t)m->c.max_batch, threads = (size_t)edge_pool_threads(m->pool), total = 0;
    int per_kv = m->c.heads / m->c.kv_heads;
    char *next = base;
    size_t partial = EDGE_PARTIAL(m->dim_pad), shared = EDGE_MAX_SHARED(m->c.context);
    m->block = per_kv < ATTENTION_ROWS ? ATTENTION_ROWS / per_kv : 1;
    m->max_pieces = (int)(n > shared ? n : shared);
    m->attend_stride = (size_t)m->block * per_kv * partial + EDGE_ATTENTION_SCRATCH((size_t)m->block * per_kv, m->dim_pad);
    m->sums_stride = (size_t)TOKEN_TILE * CLAIM_BLOCKS * EDGE_TILE;
#define BUFFER(field, count)                                          \
    do {                                                              \
        size_t bytes = (size_t)(count) * sizeof *m->field;            \
        m->field = carve(&next, bytes);                               \
        total += (bytes + 63) & ~(size_t)63;                          \
    } while (0)
    BUFFER(x, n * EDGE_PAD(m->c.hidden));
    BUFFER(wide_out, n * m->wide);
    BUFFER(mixed, (n + threads) * m->wide);
    BUFFER(act, (n + threads) * m->wide);
    BUFFER(act_low, n * EDGE_PAD(m->c.hidden));
    BUFFER(act_factor, n + threads);
    BUFFER(act_sum, (n + threads) * (size_t)m->max_groups);
    BUFFER(digit_sums, n * EDGE_DIGIT_SUMS(EDGE_PAD(m->c.hidden)));
    BUFFER(query, n * m->c.heads * m->dim_pad);
    BUFFER(attention, threads * m->attend_stride);
    BUFFER(pieces, m->max_pieces);
    BUFFER(piece_of, n);
    BUFFER(parts, shared * m->c.heads * partial);
    BUFFER(sums, threads * m->sums_stride);
    BUFFER(cosine, (size_t)m->c.context * (m->c.head_dim / 2));
    BUFFER(sine, (size_t)m->c.context * (m->c.head_dim / 2));
#undef BUFFER
    return total;
}

/* Angles as the reference computes them: float frequencies times float positions, then an accurate cosine. */
static void fill_rotations(edge_model *m)
{
    int half = m->c.head_dim / 2;
    for (int i = 0; i < half; i++) {
        float frequency = 1.0f / (float)pow(m->c.rope_theta, (double)((float)(2 * i) / (float)m->c.head_dim));
        for (int p = 0; p < m->c.context; p++) {
            float angle = (float)p * frequency;
            m->cosine[(size_t)p * half + i] = (float)cos(angle);
            m->sine[(size_t)p * half + i] = (float)sin(angle);
        }
    }
}

static size_t most(size_t a, size_t b) { return a > b ? a : b; }

edge_model *edge_model_new(const edge_config *config, const edge_layer *layers, const edge_table *embed,
                           const edge_table *head, const float *final_norm, const edge_kernels *kernels,
                           edge_pool *pool)
{
    edge_model *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->c = *config;
    m->k = kernels;
    m->pool = pool;
    m->decode_threads = edge_pool_threads(pool);
    m->embed = *embed;
    m->head = *head;
    m->final_norm = final_norm;
    m->dim_pad = (int)EDGE_PAD(config->head_dim);
    m->query_rows = config->heads * config->head_dim;
    m->kv_rows = config->kv_heads * config->head_dim;
    m->wide = most(EDGE_PAD(m->query_rows + 2 * m->kv_rows), EDGE_PAD(2 * config->inter));
    m->wide = most(m->wide, EDGE_PAD(config->hidden)) + EDGE_TILE;
    m->max_groups = config->group ? (int)(most(most(config->hidden, m->query_rows), config->inter) / config->group) + 1 : 1;
    m->layers = malloc((size_t)config->layers * sizeof *layers);
    m->scratch_bytes = lay_out(m, NULL);
    m->scratch = mmap(NULL, m->scratch_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    m->kv_head_bytes = edge_kv_head_bytes(config->kv, config->context, m->dim_pad);
    m->kv_bytes = (size_t)config->sequences * config->layers * 2 * config->kv_heads * m->kv_head_bytes;
    /* Reserved, not committed: a page costs memory only once a token has been written to it. */
    m->kv = mmap(NULL, m->kv_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (!m->layers || m->scratch == MAP_FAILED || m->kv == MAP_FAILED) {
        edge_model_free(m);
        errno = ENOMEM;
        return NULL;
    }
    memcpy(m->layers, layers, (size_t)config->layers * sizeof *layers);
    for (int i = 0; i < config->layers; i++) {
        const edge_matrix *w[] = { &layers[i].qkv, &layers[i].o, &layers[i].gate_up, &layers[i].down };
        for (int j = 0; j < 4; j++)
            m->weights += (double)w[j]->rows * w[j]->columns;
    }
    lay_out(m, m->scratch);
    fill_rotations(m);
    return m;
}

void edge_model_free(edge_model *m)
{
    if (!m)
        return;
    if (m->kv && m->kv != MAP_FAILED)
        munmap(m->kv, m->kv_bytes);
    if (m->scratch && m->scratch != MAP_FAILED)
        munmap(m->scratch, m->scratch_bytes);
    free(m->layers);
    free(m);
}

size_t edge_kv_bytes(const edge_model *m) { return m->kv_bytes; }
size_t edge_scratch_bytes(const edge_model *m) { return m->scratch_bytes; }

void edge_set_decode_threads(edge_model *m, int threads) { m->decode_threads = threads; }
