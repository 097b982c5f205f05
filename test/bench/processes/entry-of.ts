import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Path of an application from the repository's root: as built where it is, else its source. */
export function entryOf(app: 'api' | 'worker', fromSource: boolean): string {
  const built = `apps/${app}/dist/main.js`;
  const isBuilt = existsSync(fileURLToPath(new URL(`../../../${built}`, import.meta.url)));
  return isBuilt && !fromSource ? built : `apps/${app}/src/main.ts`;
}
