import type { Config } from '@orchestrator/config';
import { AppError } from '@orchestrator/contracts';
import { type ClockSkew, createQueue } from '@orchestrator/queue';
import { createStore } from '@orchestrator/store';
import type { Finding } from './finding.ts';

const maxClockSkewMs = 1_000;
const patienceMs = 4_000;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
}

function skewText(whose: string, skewMs: number): string {
  return `is ${Math.abs(Math.round(skewMs))} ms ${skewMs > 0 ? 'behind' : 'ahead of'} that of ${whose}.`;
}

type Connections = Pick<Config, 'store' | 'queue' | 'worker'>;

/** Rejects when `work` takes too long; what it opened is closed by its owner. */
async function inTime<Result>(work: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${patienceMs / 1_000} s`)), patienceMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function checkStore(config: Connections): Promise<Finding[]> {
  const subject = 'database';
  if (config.store === null) {
    return [{ level: 'ok', subject, text: 'none is configured: `npm start` brings its own.' }];
  }
  const store = createStore({ connection: config.store, leaseMs: config.worker.leaseMs });
  try {
    const sentAtMs = Date.now();
    const { nowMs } = await inTime(store.ping());
    const skewMs = Math.round(nowMs - (sentAtMs + Date.now()) / 2);
    const clock: Finding =
      Math.abs(skewMs) <= maxClockSkewMs
        ? { level: 'ok', subject: 'clock', text: `is within ${maxClockSkewMs} ms of the database's.` }
        : {
            level: 'warning',
            subject: 'clock',
            text: skewText('the database', skewMs),
            fix: 'Let both machines keep time by NTP. Leases and timers go by the database clock and stay right; times in logs do not.',
          };
    return [{ level: 'ok', subject, text: 'answers.' }, clock];
  } catch (error) {
    const variable = config.store.type === 'postgres' ? 'SUPABASE_DB_URL' : 'SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY';
    const fix = `Check ${variable}; a new database needs \`npm run migrate\` first.`;
    return [{ level: 'problem', subject, text: `does not answer: ${reasonOf(error)}`, fix }];
  } finally {
    await store.close();
  }
}

/** Why the queue was refused, and what to do: what it answers can lose wake-ups or let others in. */
function refusal(error: AppError): Finding {
  const isEvicting = error.message.includes('maxmemory-policy');
  const fix = isEvicting
    ? 'Run `redis-cli config set maxmemory-policy noeviction`, and put the same into redis.conf so that it holds after a restart.'
    : 'Correct it, and start again: API and workers refuse to start with this queue.';
  return { level: 'problem', subject: 'queue', text: `is refused: ${error.message}`, fix };
}

async function checkQueue(config: Connections): Promise<Finding[]> {
  const subject = 'queue';
  if (config.queue === null) return [{ level: 'ok', subject, text: 'none is configured: `npm start` brings its own.' }];
  const fix = `Check ${config.queue.type === 'redis' ? 'REDIS_URL' : 'QUEUE_DATABASE_URL or SUPABASE_DB_URL'}.`;
  const clock: Finding[] = [];
  const onClockSkew = ({ skewMs, isExceeded }: ClockSkew) => {
    if (!isExceeded) return;
    const text = skewText("the queue's database", skewMs);
    const ntp = 'Let both machines keep time by NTP: workers take no jobs from this queue while the clocks differ.';
    clock.push({ level: 'problem', subject: 'clock', text, fix: ntp });
  };
  try {
    const queue = await inTime(createQueue({ backend: config.queue, log: silent, onClockSkew }));
    try {
      await inTime(queue.ping());
      const policy = config.queue.type === 'redis' ? ', and never evicts keys' : '';
      return [{ level: 'ok', subject, text: `answers (${config.queue.type})${policy}.` }, ...clock];
    } finally {
      await queue.close();
    }
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid-configuration') return [refusal(error)];
    return [{ level: 'problem', subject, text: `does not answer: ${reasonOf(error)}`, fix }];
  }
}

/** Whether the configured database and queue answer; what is embedded is not looked at. */
export async function checkConnections(config: Connections): Promise<Finding[]> {
  const findings = await Promise.all([checkStore(config), checkQueue(config)]);
  return findings.flat();
}
