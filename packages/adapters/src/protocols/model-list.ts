import { UnusableAnswer } from '../failure/failure.ts';

/**
 * Checks the answer to a health check. Sign-in pages come with status 200, and some model servers answer any path with it, an
 * error in the body.
 * @throws UnusableAnswer for what is no list of models
 */
export function checkModelList(body: unknown): void {
  const isList = typeof body === 'object' && body !== null && !('error' in body && body.error);
  if (!isList) throw new UnusableAnswer('It answered with something that is not a list of models: check the base URL.');
}
