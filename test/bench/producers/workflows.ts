import { createHash } from 'node:crypto';
import type { JsonObject } from '@orchestrator/contracts';
import type { Work } from './load.ts';

const stepIds = ['one', 'two', 'three'];

function stepOf(work: Work): JsonObject {
  if (work === 'noop') return { action: 'noop' };
  if (work === 'wait-50') return { action: 'delay', delayMs: 50 };
  return { action: 'generate', provider: 'sandbox', input: { prompt: 'Say hello.', maxTokens: 100 } };
}

/** A workflow of three steps in a row. */
export function workflowOf(work: Work): JsonObject {
  return { name: `bench-${work}`, steps: stepIds.map((id) => ({ id, ...stepOf(work) })) };
}

export function sha256Of(workflow: JsonObject): string {
  return createHash('sha256').update(JSON.stringify(workflow)).digest('hex');
}
