import {
  type Citation,
  type FinishReason,
  type OpenAiOrigin,
  type RunSnapshot,
  type TokenUsage,
  type ToolCall,
  zeroUsage,
} from '@orchestrator/contracts';
import { omitUndefined } from '../../omit-undefined.ts';
import { toGenerateResponse } from '../../views/generate-response.ts';

/** A model's answer, ready to be written in one of OpenAI's forms. */
export interface Answer {
  readonly content: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  readonly citations: readonly Citation[];
  readonly finishReason: FinishReason;
  readonly usage: TokenUsage;
  readonly origin: OpenAiOrigin;
}

export interface AnswerOptions {
  /** False: of several tool calls only the first is handed on. */
  readonly isParallel: boolean;
}

/** @param run - a completed run of kind `generate` */
export function toAnswer(run: RunSnapshot, { isParallel }: AnswerOptions): Answer {
  const response = toGenerateResponse(run);
  const { content, reasoning = '', citations = [], provider, model, costUSD, warnings } = response;
  const toolCalls = (response.toolCalls ?? []).slice(0, isParallel ? undefined : 1);
  const finishReason = (response.finishReason ?? 'other') as FinishReason;
  return {
    content,
    reasoning,
    toolCalls,
    citations,
    // Some vendors say `stop` after a call, but clients go by the reason.
    finishReason: toolCalls.length > 0 && finishReason !== 'length' ? 'tool-calls' : finishReason,
    usage: run.steps.findLast(({ status }) => status === 'completed')?.usage ?? zeroUsage,
    origin: omitUndefined({ run_id: run.runId, provider, model, cost_usd: costUSD, warnings: warnings && [...warnings] }),
  };
}

/** When a run was submitted, Unix seconds: the first 48 bits of a UUIDv7 are the milliseconds. */
export function createdSeconds(runId: string): number {
  return Math.floor(Number.parseInt(runId.replaceAll('-', '').slice(0, 12), 16) / 1_000);
}

/** The headers of an answer that is there. */
export function originHeaders({ run_id, provider, model, cost_usd }: OpenAiOrigin): Record<string, string> {
  return {
    ...runHeader(run_id),
    'X-Orchestrator-Provider': provider,
    'X-Orchestrator-Model': encodeURI(model),
    'X-Orchestrator-Cost-Usd': cost_usd.toFixed(9).replace(/\.?0+$/, ''),
  };
}

export function runHeader(runId: string): Record<string, string> {
  return { 'X-Orchestrator-Run-Id': runId };
}
