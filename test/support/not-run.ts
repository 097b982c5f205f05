/*
 * Why tests could not run on this machine, by what they need. Written by global-setup.ts and read by reporter.ts: both
 * live in the main process but may be loaded by different module loaders, so the list hangs on the global object.
 */
const key = Symbol.for('orchestrator.test.not-run');
const holder = globalThis as { [key]?: Map<string, string> };

export function missingRequirements(): Map<string, string> {
  holder[key] ??= new Map();
  return holder[key];
}
