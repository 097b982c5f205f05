import type { LiveEvent } from '@orchestrator/contracts';
import { formatDuration } from '../format/format-duration.ts';
import { formatUsd } from '../format/format-usd.ts';
import type { Paint } from '../terminal/paint.ts';
import { textWidth } from '../terminal/text-width.ts';
import { toPrintable } from '../terminal/to-printable.ts';

type EventOf<Type extends LiveEvent['type']> = Extract<LiveEvent, { readonly type: Type }>;

const restartReasons = {
  'attempt-failed': 'the call broke off',
  'worker-lost': 'the worker was lost',
  'worker-stopped': 'the worker was stopped',
} as const;

/** A shorter pause is over when somebody has read of it. */
const worthTellingMs = 1_000;

/** How long a wait lasts that an event tells of; both times are the server's. */
export function untilDueMs({ at, dueAt }: { readonly at: string; readonly dueAt: string }): number {
  return Math.max(0, Date.parse(dueAt) - Date.parse(at));
}

/** What a completed step took: who answered, tokens, cost, time. */
function factsOf(event: EventOf<'step-completed'>): string {
  const { provider, model, promptTokens = 0, completionTokens = 0, costUSD, latencyMs, attempts } = event;
  const facts = [
    ...(provider === undefined ? [] : [model === undefined || model === provider ? provider : `${provider}/${model}`]),
    ...(completionTokens === 0 ? [] : [`${promptTokens + completionTokens} tokens`]),
    ...(provider === undefined ? [] : [formatUsd(costUSD)]),
    ...(latencyMs === undefined || latencyMs === 0 ? [] : [formatDuration(latencyMs)]),
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
  ];
  return facts.join(' · ');
}

const errorText = ({ name, message }: { readonly name: string; readonly message: string }) => `${name}: ${message}`;

export interface EventLineOptions {
  readonly paint: Paint;
  /** Columns of the names of steps. */
  readonly nameColumns: number;
}

/** What happened, as one line for people; null for what is not worth one. */
export function eventLine(event: LiveEvent, { paint, nameColumns }: EventLineOptions): string | null {
  const line = (sign: string, stepId: string, text: string) => {
    const name = toPrintable(stepId);
    return `${sign} ${name}${' '.repeat(Math.max(0, nameColumns - textWidth(name)))}  ${toPrintable(text)}`.trimEnd();
  };
  const { red, green, yellow, dim } = paint;
  switch (event.type) {
    case 'run-resumed':
      return event.isTakeover ? `${yellow('↻')} another worker has taken the run over` : null;
    case 'restart':
      return line(yellow('↺'), event.stepId, `${restartReasons[event.reason]}: what came so far is void, the call is made again`);
    case 'step-attempt-failed':
      return line(yellow('!'), event.stepId, `attempt ${event.attempt} failed: ${errorText(event.error)}`);
    case 'step-retry-scheduled':
      return untilDueMs(event) < worthTellingMs
        ? null
        : line(yellow('↻'), event.stepId, `again in ${formatDuration(untilDueMs(event))}`);
    case 'step-waiting':
      return line(dim('◷'), event.stepId, `waits ${formatDuration(untilDueMs(event))}`);
    case 'step-completed':
      return line(green('✓'), event.stepId, factsOf(event));
    case 'step-failed':
      return line(red('✗'), event.stepId, errorText(event.error));
    case 'step-skipped':
      return line(dim('–'), event.stepId, `skipped: ${event.reason}`);
    case 'step-cancelled':
      return line(dim('–'), event.stepId, 'cancelled');
    case 'approval-requested': {
      const cost = event.estimatedCostUSD === null ? 'its price is unknown' : `it can cost ${formatUsd(event.estimatedCostUSD)}`;
      return line(
        yellow('?'),
        event.stepId,
        `waits for approval, as ${cost}: orchestrator approvals approve ${event.approvalId}`,
      );
    }
    case 'approval-approved':
      return line(green('✓'), event.stepId, 'approved');
    case 'approval-rejected':
      return line(red('✗'), event.stepId, 'rejected');
    case 'approval-expired':
      return line(red('✗'), event.stepId, 'nobody decided in time');
    default:
      return null;
  }
}
