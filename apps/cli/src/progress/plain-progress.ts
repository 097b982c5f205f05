import type { Terminal } from '../terminal/terminal.ts';
import { eventLine } from './event-line.ts';
import type { Progress } from './progress.ts';
import { reconnectLine } from './reconnect-line.ts';

/** A line for each thing that happens, for logs and pipes. */
export function createPlainProgress(terminal: Terminal, nameColumns: number): Progress {
  const paint = terminal.notePaint;
  return {
    onEvent(event) {
      const line = eventLine(event, { paint, nameColumns });
      if (line !== null) terminal.note(line);
    },
    onReconnect: (reconnect) => terminal.note(reconnectLine(reconnect, paint)),
    close() {},
  };
}
