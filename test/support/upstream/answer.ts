import { createHash } from 'node:crypto';
import type { ProviderDefinition } from '@orchestrator/adapters';
import { estimateInputTokens } from '@orchestrator/router';
import { chargeNanoUsd, isCacheWriteDearest } from './charge.ts';
import type { UpstreamCall } from './parse-call.ts';
import type { Rule, Script } from './script.ts';

/** Token counts as the upstream bills them; `cached` and `cacheWrite` are part of `input`, `reasoning` of `output`. */
export interface UpstreamUsage {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly cacheWrite: number;
  readonly reasoning: number;
}

/** Why an answer ended; each vendor has words of its own for it. */
export type Ending = 'natural' | 'limit' | 'refused' | 'tool-calls';

export interface UpstreamAnswer {
  readonly id: string;
  readonly model: string;
  /** Empty when the answer consists of tool calls. */
  readonly content: string;
  readonly reasoning: string;
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly citations: readonly { readonly url: string; readonly title: string }[];
  readonly ending: Ending;
  /** What is billed, in nano-dollars; vendors that state their bill state this. */
  readonly billNanoUsd: number;
  /** What is billed. */
  readonly usage: UpstreamUsage;
  /** What the answer says of it; `null`: nothing. */
  readonly reportedUsage: UpstreamUsage | null;
}

const charactersPerToken = 4;
const countTokens = (text: string) => Math.ceil(text.length / charactersPerToken);
const noUsage: UpstreamUsage = { input: 0, output: 0, cached: 0, cacheWrite: 0, reasoning: 0 };

/** What decides about an answer, besides the call. */
export interface AnswerContext {
  readonly script: Script;
  readonly rule: Rule | undefined;
  readonly catalogue: readonly ProviderDefinition[];
}

function usageOf(call: UpstreamCall, { script, rule, catalogue }: AnswerContext, written: string): UpstreamUsage {
  const reasoning = countTokens(rule?.reasoning ?? '');
  if (script.usage === 'worst-case') {
    const { prompt, systemPrompt } = call;
    const input = estimateInputTokens({ prompt, ...(systemPrompt === undefined ? {} : { systemPrompt }) });
    const cacheWrite = isCacheWriteDearest({ catalogue, provider: call.provider, model: call.model }, input) ? input : 0;
    return { input, output: call.maxTokens, cached: 0, cacheWrite, reasoning };
  }
  const input = countTokens(call.prompt) + countTokens(call.systemPrompt ?? '') + 8;
  const output = Math.max(1, countTokens(written)) + reasoning;
  const cached = Math.min(rule?.cachedTokens ?? 0, input);
  return { input, output, cached, cacheWrite: Math.min(rule?.cacheWriteTokens ?? 0, input - cached), reasoning };
}

/** The same request always gets the same answer; it repeats the marker, so that a reader can tell answers apart. */
export function answerCall(call: UpstreamCall, context: AnswerContext): UpstreamAnswer {
  const { script, rule, catalogue } = context;
  const digest = createHash('sha256')
    .update(`${call.model}\n${call.systemPrompt ?? ''}\n${call.prompt}`)
    .digest('hex');
  const marker = call.marker === null ? '' : `[[${call.marker}]] `;
  const toolCalls = rule?.toolCalls ?? [];
  const whole = rule?.content ?? `${marker}Scripted answer ${digest.slice(0, 16)} to: ${call.prompt.slice(0, 80)}`;
  const content = toolCalls.length > 0 ? '' : whole.slice(0, call.maxTokens * charactersPerToken);
  const fault = rule?.fault;
  const zero = fault?.type === 'usage' && fault.usage === 'zero';
  const usage = zero ? noUsage : usageOf(call, context, content + toolCalls.map((each) => each.arguments).join(''));
  const model = rule?.answerModel ?? call.model;
  const hasHighestFee = script.usage === 'worst-case';
  return {
    id: `up_${digest.slice(0, 24)}`,
    model,
    content,
    reasoning: rule?.reasoning ?? '',
    toolCalls,
    citations: rule?.citations ?? [],
    ending: fault?.type === 'finish' ? fault.reason : toolCalls.length > 0 ? 'tool-calls' : 'natural',
    billNanoUsd: zero
      ? 0
      : (rule?.billNanoUsd ?? chargeNanoUsd({ catalogue, provider: call.provider, model }, usage, { hasHighestFee })),
    usage,
    reportedUsage: fault?.type === 'usage' && fault.usage === 'missing' ? null : usage,
  };
}
