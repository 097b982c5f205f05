import type { NodeProcess } from '../../support/processes.ts';

/** Everything started that has not ended. */
const alive = new Set<NodeProcess>();
process.once('exit', () => {
  for (const child of alive) child.signal('SIGKILL');
});

/** Leaves no process behind when ours ends before it could clean up. */
export function endAtExit(child: NodeProcess): NodeProcess {
  alive.add(child);
  void child.exited.then(() => alive.delete(child));
  return child;
}
