import { expect, it } from 'vitest';
import { stepError } from './step-failure.ts';

it('makes the message storable', () => {
  const quoted = '"a\u{1f600}'.slice(0, 3);
  expect(stepError('Step.SchemaInvalid', `not ${quoted}`).message).toBe('not "a\ufffd');
});
