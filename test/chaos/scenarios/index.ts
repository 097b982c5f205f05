import type { Scenario } from '../scenario.ts';
import { apiKill } from './api-kill.ts';
import { blockedLoop } from './blocked-loop.ts';
import { budget } from './budget.ts';
import { duplicateWakes } from './duplicate-wakes.ts';
import { liveReaders } from './live-readers.ts';
import { postgresRestart } from './postgres-restart.ts';
import { redisDown } from './redis-down.ts';
import { redisFlush } from './redis-flush.ts';
import { redisRestart } from './redis-restart.ts';
import { rollingRestart } from './rolling-restart.ts';
import { takeoverTime } from './takeover-time.ts';
import { workerFreeze } from './worker-freeze.ts';
import { workerKill } from './worker-kill.ts';

export const scenarios: readonly Scenario[] = [
  workerKill,
  workerFreeze,
  takeoverTime,
  blockedLoop,
  rollingRestart,
  duplicateWakes,
  apiKill,
  postgresRestart,
  redisRestart,
  redisFlush,
  redisDown,
  budget,
  liveReaders,
];
