import { describe, expect, it } from 'vitest';
import { StepFailure } from '../step-failure.ts';
import { failAction } from './fail.ts';

function messageOf(message: string): string {
  try {
    failAction.execute?.({ error: 'Custom.No', message });
  } catch (thrown) {
    if (thrown instanceof StepFailure) return thrown.error.message;
  }
  throw new Error('a fail step did not fail');
}

describe('failAction', () => {
  it('fails with the message as it is', () => {
    expect(messageOf('x'.repeat(1_000))).toBe('x'.repeat(1_000));
  });

  it('shortens a message that would be stored a hundred times, to whole characters', () => {
    expect(messageOf('x'.repeat(1_001))).toBe(`${'x'.repeat(999)}…`);
    expect(messageOf('\u{1f600}'.repeat(600))).toBe(`${'\u{1f600}'.repeat(499)}\ufffd…`);
  });
});
