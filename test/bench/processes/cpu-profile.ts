import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cell, renderTable } from '../table.ts';

/** What `node --cpu-prof` writes, as far as it is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  /** Node ids, one per sample, and the microseconds since the sample before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const shownFunctions = 45;
const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));

function pathOf(url: string): string {
  return url.startsWith('file:') ? relative(repositoryRoot, fileURLToPath(url)) : url;
}

/** Name of the package that a function belongs to; V8's own entries stand for themselves. */
function packageOf(functionName: string, url: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'native';
  if (url.startsWith('node:')) return 'node';
  const path = pathOf(url);
  const installed = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
  return installed ?? path.split('/').slice(0, 2).join('/');
}

type ProfileNode = CpuProfile['nodes'][number];

/** Node's own code and native functions work for whoever called them: the nearest caller with a package of its own. */
function createOwnerFinder(nodes: readonly ProfileNode[]): (node: ProfileNode) => string {
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)));
  return (node) => {
    for (let each: ProfileNode | undefined = node; each !== undefined; each = parents.get(each.id)) {
      const { functionName, url } = each.callFrame;
      const owner = packageOf(functionName, url);
      if (owner === '(root)') break;
      if (owner !== 'native' && owner !== 'node') return owner;
    }
    return 'node itself';
  };
}

/**
 * CPU time by package (with what it made Node do) and self time by function, as shares of the time the process was not idle.
 * @param skipMs - left out at the beginning, e.g. the start of the process
 */
export function summarizeProfile({ nodes, samples, timeDeltas }: CpuProfile, skipMs: number): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const ownerOf = createOwnerFinder(nodes);
  const packages = new Map<string, number>();
  const functions = new Map<string, number>();
  let elapsedMs = 0;
  let busyMs = 0;
  for (const [index, id] of samples.entries()) {
    const ms = (timeDeltas[index] ?? 0) / 1_000;
    elapsedMs += ms;
    const node = byId.get(id);
    if (elapsedMs < skipMs || node === undefined || node.callFrame.functionName === '(idle)') continue;
    busyMs += ms;
    const { functionName, url, lineNumber } = node.callFrame;
    const owner = ownerOf(node);
    const place = url === '' ? `for ${owner}` : `${pathOf(url).replace(/.*node_modules\//, '')}:${lineNumber + 1}`;
    packages.set(owner, (packages.get(owner) ?? 0) + ms);
    const key = `${functionName || '(anonymous)'}  ${place}`;
    functions.set(key, (functions.get(key) ?? 0) + ms);
  }
  const rows = (times: ReadonlyMap<string, number>) =>
    [...times]
      .sort(([, left], [, right]) => right - left)
      .slice(0, shownFunctions)
      .map(([name, ms]) => [name, cell(ms), `${cell((ms * 100) / busyMs, 1)} %`]);
  return [
    renderTable([`by package, with what it made Node do; ${cell(busyMs)} ms busy`, 'ms', 'share'], rows(packages)),
    renderTable(['self time by function', 'ms', 'share'], rows(functions)),
  ].join('\n\n');
}
