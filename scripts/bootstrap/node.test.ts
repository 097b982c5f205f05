import { describe, expect, it } from 'vitest';
import { typeScriptFlagsFor } from './node.mjs';

describe('typeScriptFlagsFor', () => {
  it.each([
    ['22.12.0', true],
    ['22.17.1', true],
    ['22.18.0', false],
    ['23.5.0', true],
    ['23.6.0', false],
    ['24.21.0', false],
  ])('%s needs a flag: %s', (version, needsFlag) => {
    expect(typeScriptFlagsFor(version).length > 0).toBe(needsFlag);
  });
});
