import type { ModelPart, OpenAiErrorBody } from '@orchestrator/contracts';
import type { ServerSentEvent } from '../../http/event-streams.ts';
import type { Answer } from './answer.ts';

/** How an answer is streamed: each method gives the events of one moment. */
export interface StreamFormat {
  /** Before the first piece. */
  start(): ServerSentEvent[];
  part(part: ModelPart): ServerSentEvent[];
  /** When the answer is complete. Nothing comes after it. */
  end(answer: Answer): ServerSentEvent[];
  /** When the answer broke off after the first piece. Nothing comes after it. */
  failure(body: OpenAiErrorBody): ServerSentEvent[];
}

export function dataEvent(data: object): ServerSentEvent {
  return { data: JSON.stringify(data) };
}

export function typedEvent(data: { readonly type: string; readonly [field: string]: unknown }): ServerSentEvent {
  return { event: data.type, data: JSON.stringify(data) };
}
