import type { RateLimits } from '../contract.ts';
import type { VendorError } from '../failure/failure.ts';
import type { PreparedCall } from './prepared-call.ts';
import type { VendorAnswer, VendorStreamEvent } from './vendor-answer.ts';

export interface WireOptions {
  readonly signal: AbortSignal;
  readonly idempotencyKey: string | undefined;
  /** Streams: called for every event of the vendor, also for those that yield nothing. */
  readonly onEvent?: () => void;
}

/** How to speak with one kind of vendor API through its SDK. Timeouts, prices, keys and error names are not its business. */
export interface Protocol {
  generate(call: PreparedCall, options: WireOptions): Promise<VendorAnswer>;
  /** Yields exactly one `end`, last; a stream that stops without saying why must throw. */
  stream(call: PreparedCall, options: WireOptions): AsyncIterable<VendorStreamEvent>;
  ping(signal: AbortSignal): Promise<void>;
  /** What the vendor said, if `error` is its answer; undefined for transport failures. */
  readVendorError(error: unknown): VendorError | undefined;
  /** The limits in the headers of the last answer. */
  rateLimits(): RateLimits;
}

/** Made once per adapter, at its first call: the SDK's client is kept for connection reuse. */
export type ProtocolFactory = (connection: { readonly apiKey: string; readonly baseUrl: string }) => Protocol;
