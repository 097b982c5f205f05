import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import type { LedgerEntry } from '../../../../test/support/upstream/ledger.ts';
import { startUpstream, type Upstream } from '../../../../test/support/upstream/upstream.ts';
import type { LLMAdapter, ProviderDefinition } from '../contract.ts';
import { createCustomProvider } from '../custom/create-custom-provider.ts';
import { providers } from '../registry.ts';
import { testKey } from './calls.ts';

/** What a vendor's API can't say, as far as it changes what an adapter can know. */
export interface VendorTraits {
  /** The vendor states its bill, which is then booked. */
  readonly statesBill: boolean;
  /** The answer names the model. */
  readonly namesModel: boolean;
  /** Tokens read from a cache are counted. */
  readonly countsCacheReads: boolean;
  /** Tokens written to a cache are counted. */
  readonly countsCacheWrites: boolean;
  readonly countsReasoning: boolean;
  /** An error inside a stream says what kind it is. */
  readonly hasErrorKinds: boolean;
  /** Tool calls have ids. */
  readonly hasToolCallIds: boolean;
  readonly takesImageUrls: boolean;
  readonly takesIdempotencyKey: boolean;
  /** Headers state the limits of the account. */
  readonly reportsLimits: boolean;
  /** The SDK passes on why fetch itself refused to send a request. */
  readonly tellsRefusalsOfFetch: boolean;
}

const usual: VendorTraits = {
  statesBill: false,
  namesModel: true,
  countsCacheReads: true,
  countsCacheWrites: true,
  countsReasoning: true,
  hasErrorKinds: true,
  hasToolCallIds: true,
  takesImageUrls: true,
  takesIdempotencyKey: true,
  reportsLimits: true,
  tellsRefusalsOfFetch: true,
};

/** A provider that isn't named here has to behave as usual. */
const exceptions: Readonly<Record<string, Partial<VendorTraits>>> = {
  gemini: {
    countsCacheWrites: false,
    hasToolCallIds: false,
    takesImageUrls: false,
    reportsLimits: false,
    tellsRefusalsOfFetch: false,
  },
  perplexity: { statesBill: true, countsCacheWrites: false },
  mistral: { countsCacheWrites: false },
  cohere: { namesModel: false, countsCacheReads: false, countsCacheWrites: false, countsReasoning: false, hasErrorKinds: false },
  openrouter: { statesBill: true },
  deepinfra: { statesBill: true },
};

export interface Vendor {
  readonly id: string;
  readonly provider: ProviderDefinition;
  readonly traits: VendorTraits;
}

const inputPer1M = 0.2;
const capabilities = ['text', 'streaming', 'functions', 'vision', 'structured-output'] as const;
/** An endpoint from a user's configuration, as model servers offer it. */
const custom = createCustomProvider({
  name: 'my-server',
  baseUrl: 'http://model-server.invalid/v1',
  models: [
    { model: 'tuned', inputPer1M, outputPer1M: 0.7, cachedInputPer1M: 0.05, capabilities: [...capabilities] },
    { model: 'small', inputPer1M, outputPer1M: 0.3 },
  ],
});
const everyProvider = [...providers, custom];

/** Every entry of the registry, and a custom endpoint. */
export const vendors: readonly (readonly [string, Vendor])[] = everyProvider.map((provider) => [
  provider.id,
  { id: provider.id, provider, traits: { ...usual, ...exceptions[provider.id] } },
]);

/** Capabilities of the provider's default model. */
export function canDo({ provider }: Vendor, capability: ProviderDefinition['models'][number]['capabilities'][number]): boolean {
  return provider.models.find(({ model }) => model === provider.defaultModel)?.capabilities.includes(capability) === true;
}

export interface Bench {
  readonly upstream: Upstream;
  /** An adapter with a client of its own, connected to the upstream. */
  connect(vendor: Vendor): LLMAdapter;
  adapterAt(vendor: Vendor, baseUrl: string, apiKey?: string): LLMAdapter;
  /** The first call that reached the upstream in this test. @throws Error when there was none */
  entry(): LedgerEntry;
}

/**
 * A scripted upstream for all tests of a file, with a clean script and ledger for each. Nothing that is written to the console
 * or to standard error meanwhile may show the key.
 */
export function useBench(): Bench {
  let upstream: Upstream | undefined;
  const written: string[] = [];
  const bench: Bench = {
    get upstream() {
      if (upstream === undefined) throw new Error('the upstream runs in tests only');
      return upstream;
    },
    connect: (vendor) => bench.adapterAt(vendor, bench.upstream.baseUrl(vendor.id, vendor.provider.defaultBaseUrl)),
    adapterAt: ({ provider }, baseUrl, apiKey = testKey) => provider.createAdapter({ apiKey, baseUrl }),
    entry() {
      const [first] = bench.upstream.entries();
      if (first === undefined) throw new Error('no call reached the upstream');
      return first;
    },
  };
  beforeAll(async () => {
    for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const)
      vi.spyOn(console, method).mockImplementation((...values) => void written.push(values.map(String).join(' ')));
    const write = process.stderr.write.bind(process.stderr);
    vi.spyOn(process.stderr, 'write').mockImplementation((chunk, ...rest: unknown[]) => {
      written.push(String(chunk));
      return Reflect.apply(write, undefined, [chunk, ...rest]) as boolean;
    });
    upstream = await startUpstream({ catalogue: everyProvider });
  });
  afterEach(() => {
    bench.upstream.setScript({});
    bench.upstream.reset();
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await upstream?.close();
    expect(written.join('\n')).not.toContain(testKey);
  });
  return bench;
}
