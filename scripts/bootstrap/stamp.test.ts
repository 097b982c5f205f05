import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installStamp } from './stamp.mjs';

const machine = { platform: 'linux-x64', nodeMajor: '20' };

function workspace(): string {
  const root = mkdtempSync(join(tmpdir(), 'stamp-'));
  for (const folder of ['apps/web', 'packages/core', 'packages/empty']) mkdirSync(join(root, folder), { recursive: true });
  for (const file of [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    'apps/web/package.json',
    'packages/core/package.json',
  ]) {
    writeFileSync(join(root, file), file);
  }
  return root;
}

describe('installStamp', () => {
  it('is the same for a copy of the checkout', () => {
    const root = workspace();
    const copy = mkdtempSync(join(tmpdir(), 'stamp-'));
    cpSync(root, copy, { recursive: true });
    expect(installStamp(copy, machine)).toBe(installStamp(root, machine));
  });

  it.each(['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', 'apps/web/package.json', 'packages/core/package.json'])(
    'changes with %s',
    (file) => {
      const root = workspace();
      const before = installStamp(root, machine);
      writeFileSync(join(root, file), 'changed');
      expect(installStamp(root, machine)).not.toBe(before);
    },
  );

  it('changes with a new package, the platform and the Node major, but not with other files', () => {
    const root = workspace();
    const before = installStamp(root, machine);
    writeFileSync(join(root, 'packages/core/index.ts'), '');
    expect(installStamp(root, machine)).toBe(before);
    expect(installStamp(root, { ...machine, platform: 'darwin-arm64' })).not.toBe(before);
    expect(installStamp(root, { ...machine, nodeMajor: '22' })).not.toBe(before);
    writeFileSync(join(root, 'packages/empty/package.json'), '{}');
    expect(installStamp(root, machine)).not.toBe(before);
  });
});
