/* Embedding and head: one table in one of four forms, read a row at a time and as a matrix. */
#include <string.h>
#include "codes.h"
#include "half.h"
#include "phases.h"

static int codes_of(const edge_model *m) { return m->c.head == EDGE_HEAD_Q6 ? EDGE_CODES6 : EDGE_CODES4; }

/* Where the table's block of 16 words starts. */
static const uint8_t *block_at(const edge_model *m, const edge_table *table, long block)
{
    size_t values = EDGE_PAD(m->c.hidden) * EDGE_TILE, bytes = values;
    if (m->c.head == EDGE_HEAD_F16)
        bytes = values * 2;
    else if (m->c.head != EDGE_HEAD_INT8)
        bytes = (EDGE_PAD(m->c.hidden) + 63) / 64 * edge_chunk_bytes(codes_of(m));
    return (const uint8_t *)table->rows + (size_t)block * bytes;
}

void edge_embed_token(const edge_model *m, int token, float *x)
{
    const uint8_t *block = block_at(m, &m->embed, token / EDGE_TILE);
    int r = token % EDGE_TILE, hidden = m->c.hidden;
    memset(x + hidden, 0, (EDGE_PAD(hidden) - (size_t)hidden) * sizeof *x);
    for (int c = 0; c < hidden; c++) {
        if (m->c.head == EDGE_HEAD_F16) {
            x[c] = edge_half_to_float(((const uint16_t *)block)[EDGE_TILE * c + r]);
        } else if (m->c.head == EDGE_HEAD_INT8) {
            x[c] = (float)((const int8_t *)block)[64 * (c / 4) + 4 * r + c % 4] * m->embed.scale[token];
        } else {
            int scale = edge_step_scales(block, c / 16, codes_of(m))[r];
            int value = edge_code_value(edge_step_codes(block, c / 16, codes_of(m)), codes_of(m), r, c % 16);
            x[c] = (float)(value * scale * scale) * m->embed.scale[token];
        }
    }
}

void edge_quantise_wanted(edge_model *m, long i, const float *y)
{
    size_t width = EDGE_PAD(m->c.hidden);
    if (m->c.head != EDGE_HEAD_F16)
        m->act_factor[i] = m->k->quantise16(y, (int)width, m->act + i * width, m->act_low + i * width,
                                            m->digit_sums + i * EDGE_DIGIT_SUMS(width));
}

void edge_head_block(edge_model *m, long block, long w0, int count, float *logits)
{
    const uint8_t *data = block_at(m, &m->head, block);
    int columns = (int)EDGE_PAD(m->c.hidden), steps = columns / EDGE_TILE;
    size_t width = (size_t)columns, sum_stride = EDGE_DIGIT_SUMS(columns), vocab = (size_t)m->c.vocab;
    long first = block * EDGE_TILE, rows = m->c.vocab - first < EDGE_TILE ? m->c.vocab - first : EDGE_TILE;
    int32_t high[TOKEN_TILE * EDGE_TILE], low[TOKEN_TILE * EDGE_TILE];
    float out[TOKEN_TILE * EDGE_TILE];
    edge_digits x = { m->act + w0 * width, m->act_low + w0 * width, m->digit_sums + w0 * sum_stride, width, sum_stride,
                      count };
    switch (m->c.head) {
    case EDGE_HEAD_INT8: m->k->table8((const int8_t *)data, columns / 4, &x, high, low); break;
    case EDGE_HEAD_F16:
        m->k->table16((const uint16_t *)data, columns, m->mixed + w0 * m->wide, m->wide, count, out);
        break;
    case EDGE_HEAD_Q6: m->k->table6(data, steps, &x, out); break;
    default: m->k->table4(data, steps, &x, out);
    }
    for (int i = 0; i < count; i++) {
        float *o = out + (size_t)i * EDGE_TILE, factor = m->act_factor[w0 + i];
        const float *scale = m->head.scale + first;
        if (m->c.head == EDGE_HEAD_INT8)
            m->k->scale_table8(high + (size_t)i * EDGE_TILE, low + (size_t)i * EDGE_TILE, factor, scale, o);
        else if (m->c.head != EDGE_HEAD_F16)
            for (int r = 0; r < EDGE_TILE; r++)
                o[r] *= factor * scale[r];
        memcpy(logits + (size_t)(w0 + i) * vocab + first, o, (size_t)rows * sizeof *o);
    }
}
