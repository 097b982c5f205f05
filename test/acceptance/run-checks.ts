import { checks } from './checks.ts';

const rule = '====================';

/**
 * Runs every check against a running system and prints what it sees, a block per check.
 * @param url - of the API, e.g. `http://127.0.0.1:3000`
 * @returns whether all passed
 */
export async function runChecks(url: string, print: (line: string) => void): Promise<boolean> {
  print(`${rule}\n   Orchestrator Acceptance Run\n   ${url}\n${rule}\n`);
  let passed = 0;
  for (const check of checks) {
    try {
      const { headline, lines } = await check.run(url);
      passed += 1;
      print([`✓ ${headline}`, ...lines.map((line) => `  ${line}`), ''].join('\n'));
    } catch (error) {
      print(`✗ ${check.name}\n  ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  print(`${rule}\n   Test Summary: ${passed}/${checks.length} passed\n${rule}`);
  return passed === checks.length;
}
