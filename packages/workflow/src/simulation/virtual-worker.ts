import { AppError, type Wake, type WakeJob } from '@orchestrator/contracts';
import { Engine } from '../engine/engine.ts';
import type { CallModelOptions, Log, RunStore } from '../ports.ts';
import type { MemoryStore } from './memory-store.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { ToldEvents } from './told-events.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { VirtualUpstream } from './virtual-upstream.ts';

const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export interface WorldParts {
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly store: MemoryStore;
  readonly upstream: VirtualUpstream;
  readonly told: ToldEvents;
  readonly leaseMs: number;
  readonly approvalTimeoutMs: number;
  /** Probabilities of the current moment; all zero when the faults are over. */
  readonly faults: () => Faults;
  readonly sendWakes: (wakes: readonly Wake[]) => void;
  readonly onCrash: (worker: VirtualWorker) => void;
  /** A worker that was told to stop has given everything back and left. */
  readonly onStopped: () => void;
  /** Log of defects: messages at level error. */
  readonly onError: (facts: object, sentence: string) => void;
}

export interface Faults {
  /** A worker dies at a port call: before it is sent, after it took effect, or when its answer arrives. */
  readonly crash: number;
  /** A worker stops for up to 30 s, then goes on as if nothing had happened. */
  readonly freeze: number;
  /** A store request or its answer is lost; the caller sees `store-unavailable`. */
  readonly storeLoss: number;
  readonly queueLoss: number;
  readonly queueDuplicate: number;
  readonly upstreamFailure: number;
}

/**
 * One worker process: the real engine over ports that can lose, delay and cut. A crash is final for the object: none of
 * its pending promises settles, none of its timers fires. A freeze only holds back what arrives meanwhile.
 */
export class VirtualWorker {
  readonly id: string;
  readonly engine: Engine;
  readonly #parts: WorldParts;
  readonly #handlers = new Set<Promise<void>>();
  #isAlive = true;
  #frozenUntilMs = 0;

  constructor(id: string, clockSkewMs: number, parts: WorldParts) {
    this.id = id;
    this.#parts = parts;
    const { time, random, upstream } = parts;
    const models = upstream.modelsFor(id);
    this.engine = new Engine(
      {
        store: this.#store(),
        queue: { wake: (wakes) => this.#wake(wakes), notifyReply: () => {} },
        models: { plan: models.plan, call: (plan, options) => this.#whenAwake(() => models.call(plan, this.#reading(options))) },
        live: { isFollowed: () => random.chance(0.1), tell: (run, events) => parts.told.add(run, events) },
        clock: {
          nowMs: () => time.nowMs + clockSkewMs,
          setTimer: (delayMs, callback) => time.after(delayMs, () => this.#deliver(callback)),
        },
        random: random.next,
        log: { ...silentLog, error: (facts, sentence) => parts.onError(facts, sentence) },
        newToken: () => `${id}-${random.between(0, 2 ** 31)}-${random.between(0, 2 ** 31)}`,
      },
      { workerId: id, leaseMs: parts.leaseMs, approvalTimeoutMs: parts.approvalTimeoutMs },
    );
    this.engine.start();
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  #reading({ onPart, ...options }: CallModelOptions): CallModelOptions {
    return { ...options, ...(onPart && { onPart: (part) => this.#deliver(() => onPart(part)) }) };
  }

  receive(job: WakeJob): void {
    this.#deliver(() => {
      const handler = this.engine.handleWake(job).catch(() => {});
      this.#handlers.add(handler);
      void handler.finally(() => this.#handlers.delete(handler));
    });
  }

  /** A deployment: the engine drains, what it was asked to do meanwhile ends, the process leaves. */
  stop(softMs: number): void {
    this.#deliver(async () => {
      await this.engine.drain(softMs);
      await Promise.all(this.#handlers);
      if (!this.#isAlive) return;
      this.#isAlive = false;
      this.#parts.onStopped();
    });
  }

  crash(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#parts.onCrash(this);
  }

  /** Runs what arrives at this process: never when dead, later when frozen. */
  #deliver(callback: () => void): void {
    if (!this.#isAlive) return;
    const { time } = this.#parts;
    if (time.nowMs < this.#frozenUntilMs) time.after(this.#frozenUntilMs - time.nowMs, () => this.#deliver(callback));
    else callback();
  }

  #maybeFail(): void {
    const { random, faults, time } = this.#parts;
    const { crash, freeze } = faults();
    if (random.chance(crash)) this.crash();
    else if (random.chance(freeze)) this.#frozenUntilMs = time.nowMs + random.between(100, 30_000);
  }

  /** A call out of this process: the worker may die before it, and its answer may find it dead. */
  #whenAwake<T>(call: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#maybeFail();
      this.#deliver(() => {
        call().then(
          (value) => this.#deliver(() => resolve(value)),
          (error: unknown) => this.#deliver(() => reject(error)),
        );
      });
    });
  }

  async #wake(wakes: readonly Wake[]): Promise<void> {
    this.#maybeFail();
    if (!this.#isAlive) return new Promise(() => {});
    this.#parts.sendWakes(wakes);
  }

  #store(): RunStore {
    const { store } = this.#parts;
    return {
      claimRun: (claim) => this.#request(() => store.claimRun(claim)),
      commitRun: (commit) => this.#request(() => store.commitRun(structuredClone(commit))),
      renewLeases: (leases) => this.#request(() => store.renewLeases(leases)),
      dueRuns: (poll) => this.#request(() => store.dueRuns(poll)),
      getDefinition: (tenantId, sha256) => this.#request(() => store.getDefinition(tenantId, sha256)),
    };
  }

  /** A request to the database: takes effect after a while even if the sender dies meanwhile, its answer may be lost. */
  #request<T>(effect: () => Promise<T>): Promise<T> {
    const { time, random, faults } = this.#parts;
    return new Promise((resolve, reject) => {
      const unavailable = () => this.#deliver(() => reject(new AppError('store-unavailable', 'lost', { retryable: true })));
      this.#maybeFail();
      if (!this.#isAlive) return;
      if (random.chance(faults().storeLoss)) return void time.after(random.between(1, 500), unavailable);
      time.after(random.between(0, 20), () => {
        effect().then((value) => {
          this.#maybeFail();
          if (random.chance(faults().storeLoss)) time.after(random.between(1, 500), unavailable);
          else time.after(random.between(0, 20), () => this.#deliver(() => resolve(structuredClone(value))));
        }, reject);
      });
    });
  }
}
