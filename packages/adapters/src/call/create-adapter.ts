import { type ModelRequest, usdFromNanoUsd } from '@orchestrator/contracts';
import { findRow } from '../catalogue/find-row.ts';
import { worstCaseOf } from '../catalogue/price.ts';
import type { CallOptions, LLMAdapter, ProviderDefinition, ProviderSettings, RateLimits, StreamPart } from '../contract.ts';
import { failureFromTransport } from '../failure/transport-failure.ts';
import { startAttempt } from './attempt.ts';
import { createFailures } from './explain-failure.ts';
import { type PreparedCall, prepareCall } from './prepared-call.ts';
import type { Protocol, ProtocolFactory } from './protocol.ts';
import { settleAnswer } from './settle.ts';
import { reportOutcome, type StreamFlight, streamCall } from './stream-call.ts';

type AdapterProfile = Omit<ProviderDefinition, 'createAdapter'>;

const unknownLimits: RateLimits = {
  requestLimit: null,
  requestsRemaining: null,
  tokenLimit: null,
  tokensRemaining: null,
  observedAtMs: null,
};
const healthTimeoutMs = 5_000;
/** Visible ASCII: anything else can't be sent in a header, and fetch would quote the key in its error. */
const sendableKey = /^[\x21-\x7e]+$/;
/** SDKs insist on a key; servers that need none ignore it. */
const standInKey = 'not-needed';

/** The part of an adapter that is the same for all vendors; `protocolFactory` is the rest. */
export function createAdapter(profile: AdapterProfile, settings: ProviderSettings, protocolFactory: ProtocolFactory): LLMAdapter {
  let protocol: Protocol | undefined;
  const apiKey = () => settings.apiKey?.trim() || (profile.requiresKey === false ? standInKey : undefined);
  const { fail, explain } = createFailures(profile, apiKey);

  function connect(): Protocol {
    if (protocol !== undefined) return protocol;
    const key = apiKey();
    const variable = `${profile.id.toUpperCase().replaceAll('-', '_')}_API_KEY`;
    if (key === undefined) {
      const message = `no API key. Set ${variable} or pass providers.${profile.id}.apiKey.`;
      throw fail({ name: 'Provider.Auth', message, charge: 'none' });
    }
    if (!sendableKey.test(key)) {
      const where = profile.requiresKey === false ? `the apiKey of ${profile.id}` : variable;
      const message = `the API key contains characters that no header can carry; check ${where}.`;
      throw fail({ name: 'Provider.Auth', message, charge: 'none' });
    }
    try {
      protocol = protocolFactory({ apiKey: key, baseUrl: (settings.baseUrl || profile.defaultBaseUrl).replace(/\/+$/, '') });
    } catch (error) {
      // An SDK that doesn't like its settings; nothing was sent.
      throw fail({ ...failureFromTransport(error), charge: 'none' });
    }
    return protocol;
  }

  /** Schemas nested too deeply to be written out, or a limit that is no whole number, can't be measured and priced. */
  function prepare(request: ModelRequest): PreparedCall {
    try {
      return prepareCall(profile, settings, request);
    } catch (error) {
      const message = `the request can't be measured: ${error instanceof Error ? error.message : String(error)}.`;
      throw fail({ name: 'Provider.InvalidRequest', message, charge: 'none' });
    }
  }

  /** Refuses what can't be answered, before anything is sent and anything can cost. */
  function refuseUnsupported(call: PreparedCall): void {
    const [first] = call.unsupported;
    if (first === undefined) return;
    const message = call.unsupported.map(({ reason }) => reason).join(' ');
    throw fail({
      name: first.code === 'context-length' ? 'Provider.ContextLength' : 'Provider.InvalidRequest',
      message,
      charge: 'none',
    });
  }

  function begin(request: ModelRequest, options: CallOptions) {
    const wire = connect();
    const call = prepare(request);
    refuseUnsupported(call);
    if (options.signal.aborted)
      throw fail({ name: 'Run.Cancelled', message: 'the call was aborted before it was sent.', charge: 'none' });
    return { wire, call };
  }

  function startStream(request: ModelRequest, options: CallOptions): StreamFlight {
    const { wire, call } = begin(request, options);
    const attempt = startAttempt(options);
    return {
      attempt,
      events: wire.stream(call, {
        signal: attempt.signal,
        idempotencyKey: options.idempotencyKey,
        onEvent: attempt.sawActivity,
      }),
      settle: (answer) => settleAnswer(profile, call, answer),
      explain: (error, hasContent) => explain(error, { attempt, limits: options, call, protocol, hasContent }),
    };
  }

  async function* stream(request: ModelRequest, options: CallOptions): AsyncGenerator<StreamPart> {
    let flight: StreamFlight;
    try {
      flight = startStream(request, options);
    } catch (error) {
      reportOutcome(options.onSettled, { ok: false, error: error as ReturnType<typeof fail> });
      throw error;
    }
    yield* streamCall(flight, options.onSettled);
  }

  return {
    id: profile.id,
    async generate(request, options) {
      const { wire, call } = begin(request, options);
      const attempt = startAttempt({ signal: options.signal, timeoutMs: options.timeoutMs });
      try {
        const wireOptions = { signal: attempt.signal, idempotencyKey: options.idempotencyKey };
        return settleAnswer(profile, call, await attempt.race(wire.generate(call, wireOptions)));
      } catch (error) {
        throw explain(error, { attempt, limits: options, call, protocol });
      } finally {
        attempt.close();
      }
    },
    stream,
    async healthCheck(options = {}) {
      const startedAt = performance.now();
      const since = () => Math.round(performance.now() - startedAt);
      const limits = {
        signal: options.signal ?? new AbortController().signal,
        timeoutMs: options.timeoutMs ?? healthTimeoutMs,
      };
      const attempt = startAttempt(limits);
      try {
        await attempt.race(connect().ping(attempt.signal));
        return { status: 'healthy', latencyMs: since() };
      } catch (error) {
        const { message } = explain(error, { attempt, limits, call: undefined, protocol });
        return { status: 'unhealthy', latencyMs: since(), reason: message };
      } finally {
        attempt.close();
      }
    },
    async estimateCost(request) {
      const { pricing, inputTokenBound, worstCaseNanoUsd } = prepare(request);
      if (pricing === undefined || worstCaseNanoUsd === null)
        return { estimatedCostUSD: null, inputTokenCost: null, outputTokenCost: null };
      const input = worstCaseOf(pricing.prices, inputTokenBound, 0);
      return {
        estimatedCostUSD: usdFromNanoUsd(worstCaseNanoUsd),
        inputTokenCost: usdFromNanoUsd(input),
        outputTokenCost: usdFromNanoUsd(worstCaseNanoUsd - input),
      };
    },
    getRateLimits: async () => protocol?.rateLimits() ?? unknownLimits,
    supports(capability) {
      return findRow(profile.models, settings.defaultModel || profile.defaultModel)?.capabilities.includes(capability) ?? false;
    },
  };
}
