import { randomBytes } from 'node:crypto';
import { vi } from 'vitest';
import type { OtlpReceiver, ReceivedSpan } from '../../support/otlp-receiver.ts';

/** A client's place in a trace of its own, as header and as ids. */
export function newClientSpan(): { readonly traceId: string; readonly spanId: string; readonly traceparent: string } {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
}

/** The variables that make a process send its spans to a receiver soon. */
export function tracingVariables({ url }: OtlpReceiver): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '50',
  };
}

/** The spans of a trace, oldest first, once they are as wanted. */
export async function traceWhen(
  receiver: OtlpReceiver,
  traceId: string,
  isWanted: (spans: readonly ReceivedSpan[]) => boolean,
): Promise<readonly ReceivedSpan[]> {
  const spansOf = () =>
    receiver
      .spans()
      .filter((span) => span.traceId === traceId)
      .sort((a, b) => Number(a.startNs - b.startNs));
  await vi
    .waitUntil(() => isWanted(spansOf()), { timeout: 20_000, interval: 20 })
    .catch((cause: unknown) => {
      const names = spansOf().map(({ name, attributes }) => `${name} ${JSON.stringify(attributes)}`);
      throw new Error(`the trace is not as wanted: ${names.join('\n')}`, { cause });
    });
  return spansOf();
}

/** A trace as indented names, children under their parents in the order of their start. */
export function treeOf(spans: readonly ReceivedSpan[], parentSpanId: string | undefined, depth = 0): string[] {
  return spans
    .filter((span) => span.parentSpanId === parentSpanId)
    .flatMap((span) => [`${'  '.repeat(depth)}${span.kind} ${span.name}`, ...treeOf(spans, span.spanId, depth + 1)]);
}
