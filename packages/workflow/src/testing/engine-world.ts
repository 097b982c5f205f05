import type { JsonObject, NewRun, Wake } from '@orchestrator/contracts';
import { Engine, type EngineOptions, type EnginePorts } from '../engine/engine.ts';
import { MemoryStore } from '../simulation/memory-store.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';

export const startMs = 1_800_000_000_000;
export const hourMs = 3_600_000;
export const answerMs = 500;

/** One engine over the model store, in virtual time; the vendor answers after half a second. */
export function createWorld(
  overrides: Partial<EnginePorts> | ((parts: { time: VirtualTime; store: MemoryStore }) => Partial<EnginePorts>) = {},
  options: Partial<EngineOptions> = {},
) {
  const time = new VirtualTime(startMs);
  const store = new MemoryStore({ nowMs: () => time.nowMs, leaseMs: 7_000 });
  const wakes: Wake[] = [];
  const finished: string[] = [];
  const calls: string[] = [];
  let tokens = 0;
  const ports: EnginePorts = {
    store,
    queue: {
      async wake(sent) {
        wakes.push(...sent);
      },
      notifyReply: (replyTo, runId) => finished.push(`${replyTo} ${runId}`),
    },
    models: {
      plan: (request) => ({ ok: true, plan: { provider: 'p', model: 'm', request, worstCaseNanoUsd: 10 } }),
      call: ({ request }) =>
        new Promise((resolve) => {
          calls.push(request.prompt ?? '');
          const usage = { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };
          const result = { content: 'answer', finishReason: 'stop', provider: 'p', model: 'm', usage } as const;
          time.after(answerMs, () => resolve({ ...result, costNanoUsd: 5, costBasis: 'catalogue' }));
        }),
    },
    clock: { nowMs: () => time.nowMs, setTimer: (delayMs, callback) => time.after(delayMs, callback) },
    random: () => 0.5,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    newToken: () => `token-${tokens++}`,
    ...(typeof overrides === 'function' ? overrides({ time, store }) : overrides),
  };
  const engine = new Engine(ports, { workerId: 'w', leaseMs: 7_000, ...options });
  const until = (isDone: () => boolean) => time.run(isDone, startMs + hourMs, () => {});
  const accept = async (id: string, steps: readonly JsonObject[], changes: Partial<NewRun> = {}) => {
    const definition: JsonObject = { name: 'w', steps };
    const run: NewRun = {
      id,
      kind: 'workflow',
      tenantId: 'default',
      requestId: id,
      workflowName: 'w',
      definitionSha256: id,
      definition,
      input: {},
      priority: 'normal',
      timeoutMs: hourMs,
      ...changes,
    };
    await store.acceptRun(run);
    return () => store.runs.get(id);
  };
  return { time, store, engine, wakes, finished, calls, until, accept };
}

export const generate = (id: string): JsonObject => ({ id, action: 'generate', input: { prompt: id } });
