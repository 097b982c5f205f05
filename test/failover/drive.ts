import { setTimeout as delay } from 'node:timers/promises';
import { providers, type StreamPart } from '@orchestrator/adapters';
import { ModelCallError } from '@orchestrator/contracts';
import { RouterEngine } from '@orchestrator/router';
import type { Rule } from '../support/upstream/script.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import type { FailoverFault, Mode, PrimaryFault } from './faults.ts';
import { type Judgement, judge, type Sight } from './judge.ts';

/** Short, so that a table of hanging upstreams takes seconds; the defaults of the product are longer. */
const limits = { timeoutMs: 1_000, firstTokenTimeoutMs: 500, idleTimeoutMs: 500 };
/** A caller has to know by then, with three calls of one request each running out of time. */
const answerLimitMs = 5_000;

const wholeText = 'This is the whole answer of the healthy provider, from its first word to its last.';
const primaryText = 'This is what the faulty provider begins to say before it fails, and it should never count as an answer.';
const request = { prompt: 'Tell me about failover.', maxTokens: 200 };

export interface FailoverRun extends Judgement {
  readonly mode: Mode;
  readonly ms: number;
  /** Providers whose upstream was reached, in the order of the calls. */
  readonly asked: readonly (string | null)[];
}

type Pair = { readonly primary: string; readonly fallback: string };

/** The provider that answers when the first one fails. */
function pairOf(primary: string): Pair {
  const fallback = providers.find(({ id }) => id !== primary);
  if (fallback === undefined || providers.every(({ id }) => id !== primary)) throw new Error(`no provider ${primary}`);
  return { primary, fallback: fallback.id };
}

function rulesFor(form: PrimaryFault, pair: Pair): Partial<Rule>[] {
  const faulty = form.type === 'late' ? { latencyMs: form.ms } : form.type === 'refused' ? {} : { fault: form };
  return [
    { provider: pair.primary, content: primaryText, ...faulty },
    { provider: pair.fallback, content: wholeText },
  ];
}

async function closedUrl(): Promise<string> {
  const closed = await startUpstream();
  await closed.close();
  return `http://127.0.0.1:${closed.port}`;
}

async function sightOf(router: RouterEngine, mode: Mode, signal: AbortSignal): Promise<Sight> {
  const options = { signal, ...limits };
  const parts: StreamPart[] = [];
  const shownText = () => parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  try {
    if (mode === 'generate') {
      const { content, provider } = await router.generate(request, options);
      return { type: 'answer', text: content, provider };
    }
    for await (const part of router.stream(request, options)) parts.push(part);
    const end = parts.at(-1);
    return { type: 'answer', text: shownText(), provider: end?.type === 'finish' ? end.result.provider : 'nobody' };
  } catch (error) {
    if (!(error instanceof ModelCallError)) throw error;
    const { name, provider = '' } = error.error;
    const seen = { type: 'error', name, shownText: shownText() } as const;
    if (seen.shownText === '') return seen;
    // The reader of a stream that failed half-way discards what it has and asks again, without the provider that failed.
    const model = providers.find(({ id }) => id === provider)?.defaultModel ?? '';
    const planned = router.plan(request, [{ provider, model, error: error.error }]);
    if (!planned.ok) return seen;
    return { ...seen, retried: (await router.call(planned.plan, options)).content };
  }
}

/** One request through a router with a faulty first and a healthy second provider. */
async function runForm(form: PrimaryFault, mode: Mode, pair: Pair): Promise<FailoverRun> {
  const upstream = await startUpstream({ script: { rules: rulesFor(form, pair) } });
  const giveUp = new AbortController();
  try {
    const settings = ({ primary, fallback }: Pair) =>
      Object.fromEntries(
        providers
          .filter(({ id }) => id === primary || id === fallback)
          .map(({ id, defaultBaseUrl }) => [id, { apiKey: 'failover-key', baseUrl: upstream.baseUrl(id, defaultBaseUrl) }]),
      );
    const configured = settings(pair);
    if (form.type === 'refused') configured[pair.primary] = { apiKey: 'failover-key', baseUrl: await closedUrl() };
    const router = new RouterEngine({
      providers: configured,
      routingStrategy: 'priority',
      priority: [pair.primary, pair.fallback],
    });
    const startedAt = performance.now();
    const limit = new AbortController();
    const sight = await Promise.race([
      sightOf(router, mode, giveUp.signal),
      delay(answerLimitMs, { type: 'hang' } as const, { signal: limit.signal }),
    ]);
    limit.abort();
    const ms = Math.round(performance.now() - startedAt);
    return { mode, ms, asked: upstream.entries().map(({ provider }) => provider), ...judge(sight, wholeText) };
  } finally {
    giveUp.abort();
    await upstream.close();
  }
}

/** Every form of a fault in every mode. @param primary - id of the provider that fails */
export async function runFault(fault: FailoverFault, primary: string): Promise<readonly FailoverRun[]> {
  const pair = pairOf(primary);
  const runs: FailoverRun[] = [];
  for (const mode of fault.modes) for (const form of fault.forms) runs.push(await runForm(form, mode, pair));
  return runs;
}
