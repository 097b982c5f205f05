import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { customProviderSchema, findRow, providerIds, providers } from '@orchestrator/adapters';
import { loadConfig } from '@orchestrator/config';
import { errorCodes, liveEventSchema, rejectionCodes, stepErrorNames, stepSchema } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { statusByCode } from '../../apps/api/src/problem/problem-kinds.ts';
import { tracingVariables } from '../../packages/config/src/tracing.ts';
import { variables } from '../../packages/config/src/variables.ts';
import { own, semconv } from '../../packages/telemetry/src/tracing/semconv.ts';
import { functions } from '../../packages/workflow/src/condition/functions.ts';
import { helpers } from '../../packages/workflow/src/template/helpers.ts';
import { allPages, fencedBlocks, namesInTables, prose, readPage, repositoryRoot } from './markdown.ts';

const pages = allPages();

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  const text = heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase();
  return text.replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-');
}

function anchors(page: string): ReadonlySet<string> {
  return new Set([...prose(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)));
}

describe.each(pages)('%s', (page) => {
  it('has links that lead somewhere', () => {
    const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    for (const link of links.filter((target) => !target.startsWith('https://'))) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      expect(existsSync(join(repositoryRoot, target)), link).toBe(true);
      if (anchor !== undefined) expect([...anchors(target)], link).toContain(anchor);
    }
  });

  it('names files that exist', () => {
    const paths = [...prose(page).matchAll(/`((?:apps|packages|scripts|test|workflows|docs)\/[\w./-]+)`/g)].map(
      ([, path = '']) => path,
    );
    for (const path of paths.filter((each) => !each.includes('/dist/')))
      expect(existsSync(join(repositoryRoot, path)), path).toBe(true);
  });

  it('names npm scripts that exist', () => {
    const manifest = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [, name = ''] of readPage(page).matchAll(/npm run ([\w:-]+)/g))
      expect(Object.keys(manifest.scripts)).toContain(name);
  });

  it('has only blocks that a test knows, or that show what no test can run', () => {
    const tested = [
      'sh run',
      'sql run',
      'json response',
      'http response',
      'text response',
      'ts run',
      'sse response',
      'json workflow',
      'json output',
      'html page',
      'ts provider',
      'ts action',
      'js receiver',
      'text tree',
    ];
    const shown = ['mermaid', 'env', 'yaml', ''];
    for (const { language, role, place, text } of fencedBlocks(page)) {
      if (tested.includes(`${language} ${role}`) || (role === '' && shown.includes(language))) continue;
      expect(`${language} ${role}`.trim(), place).toBe('sh');
      for (const line of text.split('\n')) {
        const [, program = '', file = ''] = /^(\S+)(?: (\S+))?/.exec(line) ?? [];
        if (program === 'node')
          expect(existsSync(join(repositoryRoot, file.replace('/dist/', '/src/').replace(/js$/, 'ts'))), line).toBe(true);
        else expect(['npm', 'export', 'tsc', 'biome', 'vitest'], place).toContain(program);
      }
    }
  });
});

describe('the pages agree with the code', () => {
  it('on variables', () => {
    const documented = namesInTables('docs/operations.md');
    for (const name of Object.keys(variables)) expect([...documented], name).toContain(name);
    for (const name of documented) if (name.startsWith('ORCHESTRATOR_')) expect(Object.keys(variables)).toContain(name);
    const example = readFileSync(join(repositoryRoot, '.env.example'), 'utf8');
    for (const name of namesInTables('README.md')) if (/^[A-Z_]+$/.test(name)) expect(example).toContain(`${name}=`);
  });

  it('on variables of OpenTelemetry', () => {
    const documented = [...namesInTables('docs/observability.md')].filter((name) => name.startsWith('OTEL_'));
    expect(documented.sort()).toEqual(Object.keys(tracingVariables).sort());
  });

  it('on attributes of spans', () => {
    const names = [...prose('docs/observability.md').matchAll(/`([a-z_]+(?:\.[a-z_]+)+)`/g)].map(([, name = '']) => name);
    for (const name of [...Object.values(semconv), ...Object.values(own)]) expect(names).toContain(name);
  });

  it('on codes and statuses of problems', () => {
    const rows = [...prose('docs/api.md').matchAll(/^\| `([a-z-]+)` \| (\d{3}) \|/gm)].map(
      ([, code = '', status]) => [code, Number(status)] as const,
    );
    expect(rows.length).toBeGreaterThan(10);
    for (const [code, status] of rows) expect(statusByCode[code as keyof typeof statusByCode], code).toBe(status);
    // These never reach a client under their own name.
    const inner = ['lease-lost', 'invalid-configuration'];
    const documented = namesInTables('docs/api.md');
    for (const code of errorCodes.filter((each) => !inner.includes(each))) expect([...documented]).toContain(code);
  });

  it('on routes', () => {
    const folder = join(repositoryRoot, 'apps/api/src/routes');
    const sources = readdirSync(folder).filter((name) => !name.endsWith('.test.ts'));
    const paths = sources.flatMap((name) => {
      const source = readFileSync(join(folder, name), 'utf8');
      return [...source.matchAll(/method: '(\w+)',\s*path: '([^']+)'/g)].map(([, method, path]) => `${method} ${path}`);
    });
    expect(paths.length).toBeGreaterThanOrEqual(10);
    // A parameter that takes the rest of the path is shown like any other.
    for (const path of paths) expect(prose('docs/api.md')).toContain(path.replace('/*', '/:'));
  });

  it('on live events and their fields', () => {
    const [, section = ''] = /^## Events$(.+?)^## /ms.exec(prose('docs/streaming.md')) ?? [];
    const rows = [...section.matchAll(/^\| `([a-z-]+)` \|([^|]*)\|/gm)]
      .map(([, type = '', fields = '']) => [type, [...fields.matchAll(/`([^`]+)`/g)].map(([, field = '']) => field).sort()])
      .filter(([type]) => type !== 'type');
    const inEvery = new Set(['type', 'jobId', 'epoch', 'seq', 'at']);
    const schemas = liveEventSchema.options.map(({ shape }) => {
      const fields = Object.entries(shape).filter(([name]) => !inEvery.has(name));
      const names = fields.map(([name, schema]) => (schema.safeParse(undefined).success ? `${name}?` : name));
      return [shape.type.value, names.sort()];
    });
    expect(rows).toEqual(schemas);
    for (const name of inEvery) expect(section).toContain(`\`${name}\``);
  });

  it('on actions, errors, helpers and functions of the language', () => {
    const page = prose('docs/dsl.md');
    for (const { shape } of stepSchema.options) expect(page).toContain(`### ${shape.action.value}`);
    const names = namesInTables('docs/dsl.md');
    const later = /^(Http|Approval|Switch|Child)\./;
    for (const name of stepErrorNames.filter((each) => !later.test(each))) expect([...names]).toContain(name);
    const helperNames = [...names].map((name) => name.split(' ', 1)[0]);
    for (const name of Object.keys(helpers)) expect(helperNames).toContain(name);
    for (const name of Object.keys(functions)) expect(page).toContain(`\`${name}\``);
  });

  it('on tables of the database', () => {
    const folder = join(repositoryRoot, 'packages/store/supabase/migrations');
    const sql = readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('\n');
    const tables = [...sql.matchAll(/create table public\.(\w+) \(/g)].map(([, name = '']) => name);
    expect(tables.length).toBeGreaterThan(4);
    for (const name of tables) expect([...namesInTables('docs/architecture.md')]).toContain(name);
  });

  it('on providers, models and prices', () => {
    const rows = [...prose('docs/providers.md').matchAll(/^\| (.+) \|$/gm)].map(([, row = '']) =>
      row.split(' | ').map((cell) => cell.replaceAll('`', '')),
    );
    const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 6 });
    for (const { id, defaultModel, models } of providers) {
      const row = findRow(models, defaultModel);
      if (row === undefined) throw new Error(`${defaultModel} has no row`);
      const prices = `${number(row.inputPer1M)} / ${number(row.outputPer1M)}`;
      const cached = row.cachedInputPer1M === undefined ? '–' : number(row.cachedInputPer1M);
      const limits = `${number(row.contextTokens)} / ${number(row.maxOutputTokens)}`;
      expect(rows).toContainEqual([id, `${id.toUpperCase()}_API_KEY`, defaultModel, prices, cached, limits]);

      const has = (capability: (typeof row.capabilities)[number]) => row.capabilities.includes(capability);
      const [, tools = '', images = '', json = '', efforts = '', leftOut = ''] =
        rows.findLast((cells) => cells[0] === id && cells.length === 6 && !cells[1]?.endsWith('_API_KEY')) ?? [];
      expect(
        [tools, images, json].map((cell) => /^(?:yes|base64 only)/.test(cell)),
        id,
      ).toEqual((['functions', 'vision', 'structured-output'] as const).map(has));
      const allEfforts = has('reasoning') ? 'all' : '–';
      expect(efforts, id).toBe(row.reasoningEfforts === undefined ? allEfforts : row.reasoningEfforts.join(', ') || '–');
      expect(leftOut, id).toBe(row.rejects?.join(', ') ?? '–');

      for (const { model, inputPer1M, outputPer1M, retiresOn } of models.filter((each) => each !== row)) {
        const [, , price, state = ''] = rows.find((cells) => cells[0] === id && cells[1] === model) ?? [];
        expect(price, model).toBe(`${number(inputPer1M)} / ${number(outputPer1M)}`);
        expect(state.replace(/^(?:ends|ended) /, ''), model).toBe(retiresOn ?? 'served');
      }
    }
  });

  it('on endpoints of your own', () => {
    const blocks = pages.flatMap((page) => fencedBlocks(page)).filter(({ language }) => language === 'env');
    const lists = blocks.flatMap(({ text }) => [...text.matchAll(/^ORCHESTRATOR_CUSTOM_PROVIDERS=(.+)$/gm)]);
    expect(lists.length).toBeGreaterThan(0);
    for (const [, list = ''] of lists) {
      const config = loadConfig({ ORCHESTRATOR_CUSTOM_PROVIDERS: list }, { providerIds, customProviderSchema });
      expect(config.customProviders.length).toBeGreaterThan(0);
    }
  });

  it('on reasons why nobody was asked', () => {
    expect([...namesInTables('docs/routing.md')]).toEqual(expect.arrayContaining([...rejectionCodes]));
  });

  it('on packages', () => {
    const names = ['apps', 'packages'].flatMap((group) =>
      readdirSync(join(repositoryRoot, group)).flatMap((name) =>
        existsSync(join(repositoryRoot, group, name, 'package.json')) ? [`${group}/${name}`] : [],
      ),
    );
    for (const name of names) expect([...namesInTables('docs/architecture.md')]).toContain(name);
  });

  it('on decisions', () => {
    const index = readPage('docs/decisions/README.md');
    for (const page of pages.filter((each) => /^docs\/decisions\/\d/.test(each)))
      expect(index).toContain(page.slice('docs/decisions/'.length));
  });
});
