import { setTimeout as delay } from 'node:timers/promises';
import type { TokenUsage } from '@orchestrator/contracts';
import { lastUserText, type PreparedCall } from '../../call/prepared-call.ts';
import type { Protocol } from '../../call/protocol.ts';
import type { VendorAnswer } from '../../call/vendor-answer.ts';
import { sandboxReply } from './reply.ts';
import { sampleJson } from './sample-json.ts';

const latencyMs = 40;
const charactersPerToken = 4;

function countTokens(text: string): number {
  return Math.ceil(text.length / charactersPerToken);
}

function textsOf(messages: PreparedCall['messages']): string[] {
  return messages.flatMap(({ content }) => {
    if (content === undefined || typeof content === 'string') return [content ?? ''];
    return content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  });
}

/** JSON can't begin with the label, so it carries it inside. Tools are never called. */
function contentFor({ responseFormat, messages, system }: PreparedCall): string {
  if (responseFormat?.type === 'json-schema') return sampleJson(responseFormat.schema);
  const reply = sandboxReply({ prompt: lastUserText(messages), systemPrompt: system });
  return responseFormat?.type === 'json' ? JSON.stringify({ answer: reply }) : reply;
}

function answerTo(call: PreparedCall): VendorAnswer & { readonly usage: TokenUsage } {
  const whole = contentFor(call);
  const fits = countTokens(whole) <= call.maxTokens;
  const content = fits ? whole : whole.slice(0, call.maxTokens * charactersPerToken);
  return {
    content,
    finishReason: fits ? 'stop' : 'length',
    model: call.model,
    usage: {
      inputTokens: textsOf(call.messages).reduce((sum, text) => sum + countTokens(text), countTokens(call.system ?? '') + 8),
      outputTokens: countTokens(content),
      cachedInputTokens: 0,
      cacheWriteInputTokens: 0,
      reasoningTokens: 0,
    },
  };
}

/** Speaks to nobody: answers after a short, fixed delay with text made from the request. */
export const sandboxProtocol: Protocol = {
  async generate(call, { signal }) {
    await delay(latencyMs, undefined, { signal });
    return answerTo(call);
  },
  async *stream(call, { signal }) {
    const { content, ...answer } = answerTo(call);
    const words = content.match(/\S+\s*/g) ?? [];
    for (const word of words) {
      await delay(latencyMs / words.length, undefined, { signal });
      yield { type: 'text', text: word };
    }
    yield { type: 'end', answer };
  },
  ping: async () => {},
  readVendorError: () => undefined,
  rateLimits: () => ({
    requestLimit: null,
    requestsRemaining: null,
    tokenLimit: null,
    tokensRemaining: null,
    observedAtMs: null,
  }),
};
