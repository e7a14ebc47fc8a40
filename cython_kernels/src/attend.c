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

static float *thread_buffer(const edge_model *m, const edge_worker *w)
{
    return m->attention + (size_t)edge_thread(w) * m->attend_stride;
}

/* The queries of token t that share KV head h. */
static float *queries(const edge_model *m, long t, int h)
{
    return m->query + ((size_t)h * m->c.max_batch + t) * (m->c.heads / m->c.kv_heads) * m->dim_pad;
}

void edge_fill_cache(edge_model *m, const edge_batch *b, int layer, edge_worker *w)
{
    int per_kv = m->c.heads / m->c.kv_heads, dim = m->c.head_dim;
    float *key = thread_buffer(m, w), *value = key + m->dim_pad, *turned = value + m->dim_pad;
    float scale = 1.0f / sqrtf((float)dim);
    EACH_UNIT(unit, (long)b->count * m->c.kv_heads, 1) {
        long t = unit / m->c.kv_heads;
        int h = (int)(unit % m->c.kv_heads), position = b->positions[t];
        const float *row = m->wide_out + t * m->wide, *k = row + m->query_rows + (size_t)h * dim;
        rotate(m, k, position, key);
        memset(value, 0, (size_t)m->dim_pad * sizeof *value);
        memcpy(value, k + m->kv_rows, (size_t)dim * sizeof *value);
        m->k->store_kv(key, value, m->c.kv, position, m->dim_pad,
                       m->kv + edge_kv_at(m, b->sequences[t], layer, 0, h),
                       m->kv + edge_kv_at(m, b->sequences[t], layer, 1, h));
        float *q = queries(m, t, h);
        for (int i = 0; i < per_kv; i++, q += m->dim_pad) {
            rotate(m, row + ((size_t)h * per_kv + i) * dim, position, turned);
            for (int d = 0; d < dim; d++)
                turned[d] *= scale;
            m->k->store_query(turned, m->c.kv, m->dim_pad, q);
        }
    }
    edge_next_phase(w);
}

static int chunks(int position) { return position / EDGE_CHUNK + 1; }

/* Few tokens are shared out chunk by chunk, so that all threads have work; many in blocks, which read the cache once
 * for all their tokens. */
void edge_plan_attention(edge_model *m, edge_batch *b)
{
    long parts = 0, blocks = 0, threads = edge_pool_threads(m->pool);
    b->pieces = b->shared_out = 0;
    for (int t = 0, n; t < b->count; t += n, blocks++) {
        for (n = 1; n < m->block && t + n < b->count && b->sequences[t + n] == b->sequences[t] &&
                    b->positions[t + n] == b->positions[t] + n;)
            n++;
        m->pieces[b->pieces++] = (edge_piece){ t, n, 0, chunks(b->positions[t] + n - 1) };
    }
    for (int t = 0; t < b->count; t++)
        parts += chunks(b->positions[t]);
    if (threads == 1 || blocks * m->c.kv_heads >= 4 * threads || parts > (long)EDGE_MAX_SHARED(m->c.context))
        return;
    b->shared_out = 1;
    b->pieces = 0;
    for (int t = 0; t < b->count; t++) {
        m->piece_of[t] = b->pieces;
        for (int c = 0; c < chunks(b->positions[t]); c++)
            m->pieces[b->pieces++] = (edge_piece){ t, 1, c, c + 1 };
    }
}

/* Head `head` of a token: `count` partial sums, `stride` apart, become its place in row `row` of `mixed`. */
static void settle(edge_model *m, long row, int head, const float *parts, size_t stride, int count, float *out)
{
    m->k->merge(parts, stride, count, m->dim_pad, out);
    memcpy(m->mixed + row * m->wide + (size_t)head * m->c.head_dim, out, (size_t)m->c.head_dim * sizeof *out);
}

void edge_attend(edge_model *m, const edge_batch *b, int layer, edge_worker *w)
{
    int per_kv = m->c.heads / m->c.kv_heads;
    size_t partial = EDGE_PARTIAL(m->dim_pad);
    float *own = thread_buffer(m, w), *scratch = own + (size_t)m->block * per_kv * partial;
    /* Heads in the outer loop: threads are then at the same head's cache at the same time. */
    EACH_UNIT(unit, (long)b->pieces * m->c.kv_heads, 1) {
        const edge_piece *p = &m->pieces[unit % b->pieces];
        int h = (int)(unit / b->pieces), sequence = b->sequences[p->token];
        float *out = b->shared_out ? m->parts + ((size_t)(unit % b->pieces) * m->c.heads + (size_t)h * per_kv) * partial : own;
        edge_part part = { queries(m, p->token, h),
                           m->kv + edge_kv_at(m, sequence, layer, 0, h),
                           m->kv + edge_kv_at(m, sequence, layer, 1, h),
                           m->c.kv, p->tokens, per_kv, m->dim_pad, b->positions[p->token], p->first, p->stop,
                           scratch, out };
        m->k->attend(&part);
        for (int r = 0; !b->shared_out && r < p->tokens * per_kv; r++)
            settle(m, p->token + r / per_kv, h * per_kv + r % per_kv, own + r * partial, 0, 1, scratch);
    }
    edge_next_phase(w);
}

void edge_gather(edge_model *m, const edge_batch *b, long token, long row, edge_worker *w)
{
    size_t partial = EDGE_PARTIAL(m->dim_pad);
    /* A late thread may be here when the caller's positions and this batch's plan are gone; one token's are known. */
    int parts = b->count == 1 ? b->pieces : chunks(b->positions[token]), first = b->count == 1 ? 0 : m->piece_of[token];
    for (int h = 0; b->shared_out && h < m->c.heads; h++)
        settle(m, row, h, m->parts + ((size_t)first * m->c.heads + h) * partial, m->c.heads * partial, parts, thread_buffer(m, w));
    if (!b->shared_out && row != token)
        memcpy(m->mixed + row * m->wide, m->mixed + token * m->wide, (size_t)m->query_rows * sizeof *m->mixed);
}
