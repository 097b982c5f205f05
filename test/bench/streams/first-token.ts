import OpenAI from 'openai';
import { percentile } from '../statistics.ts';
import type { Installation } from './installation.ts';
import { openStream } from './open-stream.ts';

const prompt = 'Explain quantum computing in a few words.';
const model = 'gpt-6-luna';
const maxTokens = 100;

/** The moments on the way to the first token that a reader sees. */
const moments = ['run-accepted', 'run-started', 'token'] as const;

/** Milliseconds until each of them. */
type Times = Record<string, number>;

/** The yardstick: the vendor's own SDK, without us. */
export function createSdkCall(baseURL: string): () => Promise<Times> {
  const client = new OpenAI({ apiKey: 'sk-benchmark', baseURL, maxRetries: 0 });
  return async () => {
    const startedAt = performance.now();
    const messages = [{ role: 'user' as const, content: prompt }];
    const stream = await client.chat.completions.create({ model, messages, max_completion_tokens: maxTokens, stream: true });
    let tokenMs = Number.NaN;
    for await (const { choices } of stream) {
      if (Number.isNaN(tokenMs) && choices[0]?.delta.content) tokenMs = performance.now() - startedAt;
    }
    return { token: tokenMs };
  };
}

export function createStreamCall({ url }: Installation): () => Promise<Times> {
  return async () => {
    const startedAt = performance.now();
    const times: Times = {};
    const { ended } = await openStream({
      url: `${url}/api/ai/stream`,
      body: { prompt, provider: 'openai', model, maxTokens },
      onText(text) {
        for (const moment of moments) if (text.includes(`event: ${moment}\n`)) times[moment] ??= performance.now() - startedAt;
      },
    });
    await ended;
    return times;
  };
}

/**
 * One call at a time, everybody in turn, so that all meet the same machine.
 * @returns milliseconds at the median and the 95th percentile, by caller and moment
 */
export async function measureFirstToken(
  callers: Readonly<Record<string, () => Promise<Times>>>,
  measureMs: number,
): Promise<Record<string, number>> {
  const seen = new Map<string, number[]>();
  const names = Object.keys(callers);
  const until = performance.now() + measureMs * names.length;
  for (let turn = 0; performance.now() < until; turn += 1) {
    for (let index = 0; index < names.length; index += 1) {
      const name = names[(index + turn) % names.length] ?? '';
      for (const [moment, ms] of Object.entries((await callers[name]?.()) ?? {})) {
        const key = `${name}.${moment}`;
        const values = seen.get(key) ?? [];
        seen.set(key, values);
        values.push(ms);
      }
    }
  }
  const result: Record<string, number> = {};
  for (const [key, values] of seen) {
    result[`${key}.p50Ms`] = percentile(values, 0.5);
    result[`${key}.p95Ms`] = percentile(values, 0.95);
    result[`${key}.calls`] = values.length;
  }
  return result;
}
