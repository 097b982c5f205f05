/** As `OTEL_TRACES_SAMPLER` names them. */
export type SamplerName =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio';

/** Which spans are recorded and where they go. */
export interface TracingSettings {
  /** URL that takes OTLP traces, path included. */
  readonly endpoint: string;
  readonly protocol: 'http/protobuf' | 'http/json';
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'none' | 'gzip';
  /** Of one export, milliseconds. */
  readonly timeoutMs: number;
  /** Of the process; absent: each kind of process has its own. */
  readonly serviceName?: string;
  readonly resourceAttributes: Readonly<Record<string, string>>;
  /** `ratio`: share of the traces, 0 to 1; used by the two `traceidratio` samplers. */
  readonly sampler: { readonly name: SamplerName; readonly ratio: number };
  readonly batch: {
    /** Longest time between a span's end and its export, milliseconds. */
    readonly delayMs: number;
    /** Finished spans that wait; what comes on top is dropped. */
    readonly maxQueueSize: number;
    readonly maxBatchSize: number;
  };
}
