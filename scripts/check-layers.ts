import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brokenDependencies, brokenImports, type Manifest } from './layers/rules.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function readManifests(): (Manifest & { readonly folder: string })[] {
  return ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group))
      .filter((name) => existsSync(join(root, group, name, 'package.json')))
      .map((name) => {
        const folder = join(group, name);
        const content = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
        return { folder, name: content.name, dependencies: Object.keys(content.dependencies ?? {}) };
      }),
  );
}

function sourceFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.includes('node_modules'))
    .map((file) => join(folder, file));
}

/** Folder names of the providers; the built-in ones that are no vendor are not secret to anybody. */
function providerIds(): string[] {
  const folder = join(root, 'packages/adapters/src/providers');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'sandbox')
    .map((entry) => entry.name);
}

const ids = providerIds();
const problems = readManifests().flatMap((manifest) => [
  ...brokenDependencies(manifest).map((problem) => `${manifest.folder}/package.json: ${problem}`),
  ...sourceFiles(join(root, manifest.folder, 'src')).flatMap((file) =>
    brokenImports({
      packageName: manifest.name,
      path: relative(root, file),
      source: readFileSync(file, 'utf8'),
      providerIds: ids,
    }).map((problem) => `${relative(root, file)}: ${problem}`),
  ),
]);

for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? 'Layers: every package keeps to its layer.' : `Layers: ${problems.length} broken rules.`);
process.exitCode = problems.length === 0 ? 0 : 1;
