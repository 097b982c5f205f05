import { z } from 'zod';
import { type AttemptRecord, runKinds, runStatuses, stepStatuses } from '../run.ts';

export const runKindSchema = z.enum(runKinds);
export const runStatusSchema = z.enum(runStatuses).meta({
  id: 'RunStatus',
  description: '`waiting` (a delay or a long retry wait) and `waiting_approval` hold no worker; the last three are ends.',
});
export const stepStatusSchema = z.enum(stepStatuses).meta({ id: 'StepStatus', description: 'The last four are ends.' });
export const attemptOutcomeSchema = z
  .enum(['succeeded', 'failed', 'abandoned'])
  .describe('`abandoned`: it was cut, so nobody knows its result.') satisfies z.ZodType<AttemptRecord['outcome']>;
