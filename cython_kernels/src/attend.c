/* The cache and attention phases of a layer. */
#include <math.h>
#include <string.h>
#include "phases.h"

static void rotate(const edge_model *m, const float *head, int position, float *out)
{
    size_t at = (size_t)position * (m->c.head_dim / 2);
    m->k->rope(head, m->c.head_dim, m->cosine + at, m->sine + at, out);
    memset(out + m->c.head_dim, 0, (size_t)(m->dim_pad - m->c.head_dim) * sizeof *out);
}

void edge_fill_cache(edge_model *m, const edge_batch *b, int layer, edge_worker *w)
{
    float *key = m->query + (size_t)edge_thread(w) * m->query_stride, *value = key + m->dim_pad;
    memset(value, 0, (size_t)m->dim_pad * sizeof *value);
    EACH_UNIT(t, b->count, 1)
        for (int h = 0; h < m->c.kv_heads; h++) {
            const float *k = m->wide_out + t * m->wide + m->query_rows + (size_t)h * m->c.head_dim;
            rotate(m, k, b->positions[t], key);
            memcpy(value, k + m->kv_rows, (size_t)m->c.head_dim * sizeof *value);
            m->k->store_kv(key, value, m->c.kv, b->positions[t], m->dim_pad,
                           m->kv + edge_kv_at(m, b->sequences[t], layer, 0, h),
                           m->kv + edge_kv_at(m, b->sequences[t], layer, 1, h));
        }
    edge_next_phase(w);
}

void edge_attend(edge_model *m, const edge_batch *b, int layer, edge_worker *w)
{
    int per_kv = m->c.heads / m->c.kv_heads, dim = m->c.head_dim;
    float *q = m->query + (size_t)edge_thread(w) * m->query_stride, *out = q + (size_t)per_kv * m->dim_pad;
    float *scores = m->scores + (size_t)edge_thread(w) * m->scores_stride, scale = 1.0f / sqrtf((float)dim);
    EACH_UNIT(unit, (long)b->count * m->c.kv_heads, 1) {
        long t = unit / m->c.kv_heads;
        int h = (int)(unit % m->c.kv_heads), position = b->positions[t];
        for (int i = 0; i < per_kv; i++) {
            float *row = q + (size_t)i * m->dim_pad;
            rotate(m, m->wide_out + t * m->wide + ((size_t)h * per_kv + i) * dim, position, row);
            for (int d = 0; d < dim; d++)
                row[d] *= scale;
        }
        m->k->attention(q, per_kv, m->kv + edge_kv_at(m, b->sequences[t], layer, 0, h),
                        m->kv + edge_kv_at(m, b->sequences[t], layer, 1, h), m->c.kv, position + 1, m->dim_pad,
                        scores, out);
        for (int i = 0; i < per_kv; i++)
            memcpy(m->mixed + t * m->wide + ((size_t)h * per_kv + i) * dim, out + (size_t)i * m->dim_pad,
                   (size_t)dim * sizeof *out);
    }
    edge_next_phase(w);
}
