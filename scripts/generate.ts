import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workflowJsonSchema } from '@orchestrator/workflow';
import { routesOf } from '../apps/api/src/app.ts';
import type { ApiContext } from '../apps/api/src/context.ts';
import { describeApi } from '../apps/api/src/openapi/describe-api.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const toText = (document: object) => `${JSON.stringify(document, null, 2)}\n`;

/** Every generated file of the repository, relative to its root, and what must be in it. */
const generated: Readonly<Record<string, () => string>> = {
  'workflows/schema.json': () => toText(workflowJsonSchema()),
  // Routes use their context when they are called, and here none is.
  'docs/openapi.json': () => toText(describeApi(routesOf({} as ApiContext))),
};

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

const isCheck = process.argv.includes('--check');
let outdated = 0;
for (const [path, content] of Object.entries(generated)) {
  const file = join(root, path);
  const wanted = content();
  if (read(file) === wanted) continue;
  outdated += 1;
  if (isCheck) {
    console.error(`${path} is out of date: run \`npm run generate\`.`);
    continue;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, wanted);
  console.log(`wrote ${path}`);
}
if (outdated === 0) console.log('Generated files are current.');
process.exitCode = isCheck && outdated > 0 ? 1 : 0;
