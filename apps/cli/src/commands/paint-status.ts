import type { Paint } from '../terminal/paint.ts';

/** The colour of a status of a run, step, attempt or approval. */
export function paintStatus(paint: Paint, status: string): (text: string) => string {
  if (status === 'completed' || status === 'succeeded' || status === 'approved') return paint.green;
  if (status === 'failed' || status === 'rejected' || status === 'expired') return paint.red;
  if (status === 'running') return paint.cyan;
  if (status === 'cancelled' || status === 'skipped') return paint.dim;
  return paint.yellow;
}
