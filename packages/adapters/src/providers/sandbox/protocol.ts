import { setTimeout as delay } from 'node:timers/promises';
import type { TokenUsage } from '@orchestrator/contracts';
import { lastUserText, type PreparedCall } from '../../call/prepared-call.ts';
import type { Protocol } from '../../call/protocol.ts';
import type { VendorAnswer } from '../../call/vendor-answer.ts';
import { sandboxReply } from './reply.ts';

const latencyMs = 40;
const charactersPerToken = 4;

function countTokens(text: string): number {
  return Math.ceil(text.length / charactersPerToken);
}

function answerTo(call: PreparedCall): VendorAnswer & { readonly usage: TokenUsage } {
  const prompt = lastUserText(call.messages);
  const whole = sandboxReply({ prompt, systemPrompt: call.system });
  const fits = countTokens(whole) <= call.maxTokens;
  const content = fits ? whole : whole.slice(0, call.maxTokens * charactersPerToken);
  return {
    content,
    finishReason: fits ? 'stop' : 'length',
    model: call.model,
    usage: {
      inputTokens: countTokens(prompt) + countTokens(call.system ?? '') + 8,
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
