/* How the forward step is written: phases of units that threads claim. Private to forward.c and attend.c. */
#ifndef EDGE_PHASES_H
#define EDGE_PHASES_H
#include "model_state.h"

static inline int edge_thread(const edge_worker *w) { return w->index < 0 ? 0 : w->index; }

/* Units [start, stop) of a phase's `end`, claim after claim. */
#define EACH_CLAIM(start, stop, end, chunk) for (long start, stop; edge_claim(w, end, chunk, &start, &stop);)
#define EACH_UNIT(i, end, chunk) EACH_CLAIM(i##_start, i##_stop, end, chunk) for (long i = i##_start; i < i##_stop; i++)

/* Two phases of a layer (attend.c): this batch's keys and values into the cache, rotated; and attention over it, from
 * the queries in `wide_out` to `mixed`, of which edge_gather brings a token's to any row. The plan, made
 * before the run, says who attends to what. */
void edge_plan_attention(edge_model *m, edge_batch *b);
void edge_gather(edge_model *m, const edge_batch *b, long token, long row, edge_worker *w);
void edge_fill_cache(edge_model *m, const edge_batch *b, int layer, edge_worker *w);
void edge_attend(edge_model *m, const edge_batch *b, int layer, edge_worker *w);

/* tables.c: a token's embedding, padded with zeros; the wanted row i, normed, as the head's kernels take it; and the
 * logits of one block of 16 words for the wanted rows from w0 on, TOKEN_TILE of them at most. */
void edge_embed_token(const edge_model *m, int token, float *x);
void edge_quantise_wanted(edge_model *m, long i, const float *y);
void edge_head_block(edge_model *m, long block, long w0, int count, float *logits);
#endif
