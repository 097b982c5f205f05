import type { Reconnect } from '@orchestrator/client';
import type { LiveEvent } from '@orchestrator/contracts';
import type { Terminal } from '../terminal/terminal.ts';
import { createLiveProgress } from './live-progress.ts';
import { createPlainProgress } from './plain-progress.ts';

/** Shows a person what happens in a run. */
export interface Progress {
  onEvent(event: LiveEvent): void;
  onReconnect(reconnect: Reconnect): void;
  /** Leaves what is to stay. */
  close(): void;
}

export interface ProgressOptions {
  readonly terminal: Terminal;
  /** Names of the steps, as far as they are known. */
  readonly stepIds: readonly string[];
}

const usualNameColumns = 10;

/** Drawn on a terminal, plain lines elsewhere. */
export function createProgress({ terminal, stepIds }: ProgressOptions): Progress {
  const nameColumns = Math.min(30, Math.max(0, ...stepIds.map(({ length }) => length))) || usualNameColumns;
  return terminal.isLive ? createLiveProgress(terminal, nameColumns) : createPlainProgress(terminal, nameColumns);
}
