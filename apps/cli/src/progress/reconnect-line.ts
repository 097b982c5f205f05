import type { Reconnect } from '@orchestrator/client';
import { formatDuration } from '../format/format-duration.ts';
import type { Paint } from '../terminal/paint.ts';

export function reconnectLine({ pauseMs }: Reconnect, { yellow }: Paint): string {
  return `${yellow('…')} the connection was lost; the run goes on. Trying again in ${formatDuration(pauseMs)}`;
}
