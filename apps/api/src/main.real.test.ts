import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** Runs the real process until it ends. */
function runMain(environment: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const flags = ['--conditions=@orchestrator/source', '--disallow-code-generation-from-strings'];
  const child = spawn(process.execPath, [...flags, join(import.meta.dirname, 'main.ts')], { env: environment });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

it('refuses to listen where others could reach it, in one line', async () => {
  const { code, output } = await runMain({ HOST: '0.0.0.0', SUPABASE_DB_URL: 'postgres://localhost/x' });
  expect(code).toBe(78);
  expect(output).toMatch(/^[^\n]*HOST must be a loopback address[^\n]*\n$/);
});

it('says what is missing when no database is configured', async () => {
  const { code, output } = await runMain({ SUPABASE_DB_URL: '' });
  expect(code).toBe(78);
  expect(output).toMatch(/^[^\n]*no database is configured[^\n]*\n$/);
});
