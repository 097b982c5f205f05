import { describe, expect, it } from 'vitest';
import { brokenDependencies, brokenImports } from './rules.ts';

const dependencies = (name: string, ...list: string[]) =>
  brokenDependencies({ name: `@orchestrator/${name}`, dependencies: list });
const imports = (name: string, source: string, path = `packages/${name}/src/a.ts`) =>
  brokenImports({ packageName: `@orchestrator/${name}`, path, source, providerIds: ['acme'] });

describe('brokenDependencies', () => {
  it.each([
    ['contracts', 'zod'],
    ['store', '@orchestrator/contracts'],

    ['router', '@orchestrator/adapters'],
    ['worker', '@orchestrator/router'],
    ['queue', 'bullmq'],
    ['embedded', 'pg'],
  ])('%s may depend on %s', (name, dependency) => {
    expect(dependencies(name, dependency)).toEqual([]);
  });

  it.each([
    ['contracts', '@orchestrator/config'],
    ['adapters', '@orchestrator/router'],
    ['workflow', '@orchestrator/store'],
    ['store', '@orchestrator/queue'],
    ['router', '@orchestrator/store'],
    ['api', '@orchestrator/worker'],
    ['api', 'bullmq'],
    ['worker', 'pg'],
    ['unheard-of', '@orchestrator/contracts'],
  ])('%s may not depend on %s', (name, dependency) => {
    expect(dependencies(name, dependency)).toHaveLength(1);
  });
});

describe('brokenImports', () => {
  it.each([
    `import { Queue } from 'bullmq';`,
    `import type { Pool } from "pg";`,
    `export { a } from 'ioredis/built/x';`,
    `const pg = await import('pg');`,
    `import 'pg';`,
    `import { x } from '../../../packages/store/src/x.ts';`,
    `import { x } from '@orchestrator/store/src/x.ts';`,
    `import { x } from '@orchestrator/api';`,
    `const provider = 'acme';`,
  ])('apps/api may not write %s', (source) => {
    expect(imports('api', source, 'apps/api/src/a.ts')).toHaveLength(1);
  });

  it.each([`import { x } from './pg.ts';`, `import { x } from '@orchestrator/store';`, `// uses 'acme'`, `const a = 'acmes';`])(
    'apps/api may write %s',
    (source) => {
      expect(imports('api', source, 'apps/api/src/a.ts')).toEqual([]);
    },
  );

  it('lets tests import what they need', () => {
    expect(imports('api', `import pg from 'pg';`, 'apps/api/src/a.test.ts')).toEqual([]);
    expect(imports('api', `import pg from 'pg';`, 'apps/api/src/testing/a.ts')).toEqual([]);
  });
});
