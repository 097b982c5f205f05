import type { OpenAiOrigin, RunSnapshot } from '@orchestrator/contracts';
import type { AnswerOptions } from './answer.ts';
import type { StreamFormat } from './stream-format.ts';

/** An answer in full, and where it came from. */
export interface WholeAnswer {
  readonly body: object;
  readonly origin: OpenAiOrigin;
}

/** How an answer is written in full. */
export interface WholeForm {
  /** Names of fields of the request that have no effect. */
  readonly ignored: readonly string[];
  /** @param run - completed */
  whole(run: RunSnapshot): WholeAnswer;
}

/** How an answer is written piece by piece. */
export interface PiecesForm extends AnswerOptions, Pick<WholeForm, 'ignored'> {
  pieces(runId: string): StreamFormat;
}

/** Headers of every answer, whole or in pieces. */
export function formHeaders({ ignored }: Pick<WholeForm, 'ignored'>, isReplay: boolean): Record<string, string> {
  return {
    ...(ignored.length === 0 ? {} : { 'X-Orchestrator-Ignored': ignored.join(', ') }),
    ...(isReplay ? { 'Idempotency-Replayed': 'true' } : {}),
  };
}
