import { createHash } from 'node:crypto';
import { estimateInputTokens } from '@orchestrator/router';
import type { UpstreamCall } from './parse-call.ts';
import type { Rule, Script } from './script.ts';

/** Token counts as the upstream bills them; `cached` is part of `input`. */
export interface UpstreamUsage {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
}

export interface UpstreamAnswer {
  readonly id: string;
  readonly model: string;
  readonly content: string;
  readonly usage: UpstreamUsage;
}

const charactersPerToken = 4;
const countTokens = (text: string) => Math.ceil(text.length / charactersPerToken);

/** The same request always gets the same answer; it repeats the marker, so that a reader can tell answers apart. */
export function answerCall(call: UpstreamCall, script: Script, rule: Rule | undefined): UpstreamAnswer {
  const digest = createHash('sha256')
    .update(`${call.model}\n${call.systemPrompt ?? ''}\n${call.prompt}`)
    .digest('hex');
  const marker = call.marker === null ? '' : `[[${call.marker}]] `;
  const whole = rule?.content ?? `${marker}Scripted answer ${digest.slice(0, 16)} to: ${call.prompt.slice(0, 80)}`;
  const content = whole.slice(0, call.maxTokens * charactersPerToken);
  const isWorstCase = script.usage === 'worst-case';
  const input = isWorstCase
    ? estimateInputTokens({
        prompt: call.prompt,
        ...(call.systemPrompt === undefined ? {} : { systemPrompt: call.systemPrompt }),
      })
    : countTokens(call.prompt) + countTokens(call.systemPrompt ?? '') + 8;
  const output = isWorstCase ? call.maxTokens : Math.max(1, countTokens(content));
  const cached = Math.min(rule?.cachedTokens ?? 0, input);
  return { id: `up_${digest.slice(0, 24)}`, model: rule?.answerModel ?? call.model, content, usage: { input, output, cached } };
}
