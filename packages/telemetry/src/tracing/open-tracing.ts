import type { RunTelemetry } from '../run-telemetry.ts';
import type { RequestTracing } from './request-spans.ts';
import type { TracingSettings } from './tracing-settings.ts';

export interface OpenTracingOptions {
  readonly settings: TracingSettings;
  /** Kind of process, e.g. `worker`: part of the service name unless the settings have one. */
  readonly process: string;
  /** Unique per process start. */
  readonly instanceId: string;
  /** The name that the conventions for generative AI give a provider, by our id. */
  readonly providerNameOf: (providerId: string) => string;
  /** Told of spans that could not be sent; may be called often. */
  readonly warn: (facts: object, sentence: string) => void;
}

/** Spans of one process. */
export interface Tracing {
  readonly requests: RequestTracing;
  readonly runs: RunTelemetry;
  /**
   * Sends what is left. Never rejects.
   * @param limitMs - resolves after so long at the latest, milliseconds
   */
  close(limitMs: number): Promise<void>;
}

/** Loads OpenTelemetry and starts it: a process that doesn't call this has none of it in memory. */
export async function openTracing(options: OpenTracingOptions): Promise<Tracing> {
  const { startTracing } = await import('./start-tracing.ts');
  return startTracing(options);
}
