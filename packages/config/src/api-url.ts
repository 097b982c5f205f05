import { AppError } from '@orchestrator/contracts';
import type { Environment } from './environment.ts';
import { variables } from './variables.ts';

/**
 * Where programs that use the API find it: `ORCHESTRATOR_URL`. Nothing else is looked at, so that what is wrong with the rest of the
 * environment does not keep them from it.
 * @throws AppError `invalid-configuration`
 */
export function readApiUrl(environment: Environment): string {
  const given = environment.ORCHESTRATOR_URL?.trim();
  const parsed = variables.ORCHESTRATOR_URL.safeParse(given === '' ? undefined : given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AppError(
    'invalid-configuration',
    `Invalid configuration: ORCHESTRATOR_URL ${issue?.message} (it is ${JSON.stringify(given)}).`,
  );
}
