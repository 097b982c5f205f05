import { ModelCallError, type ModelRequest, usdFromNanoUsd } from '@orchestrator/contracts';
import { worstCaseOf } from '../catalogue/price.ts';
import type { CallOptions, LLMAdapter, ProviderDefinition, ProviderSettings, RateLimits, StreamPart } from '../contract.ts';
import { toModelCallError } from '../failure/call-error.ts';
import type { Failure } from '../failure/failure.ts';
import { failureFromTransport } from '../failure/transport-failure.ts';
import { failureFromVendor } from '../failure/vendor-failure.ts';
import { type Attempt, startAttempt } from './attempt.ts';
import { type ParameterRules, type PreparedCall, prepareCall } from './prepared-call.ts';
import type { Protocol, ProtocolFactory } from './protocol.ts';
import { settleAnswer } from './settle.ts';
import { createTextCollector } from './text-stream.ts';

type AdapterProfile = Omit<ProviderDefinition, 'createAdapter'> & { readonly rules?: ParameterRules };

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

/** The part of an adapter that is the same for all vendors; `protocolFactory` is the rest. */
export function createAdapter(profile: AdapterProfile, settings: ProviderSettings, protocolFactory: ProtocolFactory): LLMAdapter {
  let protocol: Protocol | undefined;
  const apiKey = () => settings.apiKey?.trim();

  function fail(failure: Failure, call?: PreparedCall): ModelCallError {
    return toModelCallError(failure, {
      provider: profile.id,
      displayName: profile.displayName,
      apiKey: apiKey(),
      worstCaseNanoUsd: call?.worstCaseNanoUsd ?? null,
    });
  }

  function connect(): Protocol {
    if (protocol !== undefined) return protocol;
    const key = apiKey();
    const variable = `${profile.id.toUpperCase()}_API_KEY`;
    if (key === undefined || key === '') {
      throw fail({
        name: 'Provider.Auth',
        message: `no API key. Set ${variable} or pass providers.${profile.id}.apiKey.`,
        charge: 'none',
      });
    }
    if (!sendableKey.test(key)) {
      throw fail({
        name: 'Provider.Auth',
        message: `the API key contains characters that no header can carry; check ${variable}.`,
        charge: 'none',
      });
    }
    protocol = protocolFactory({ apiKey: key, baseUrl: (settings.baseUrl || profile.defaultBaseUrl).replace(/\/+$/, '') });
    return protocol;
  }

  function explain(error: unknown, attempt: Attempt, options: CallOptions, call: PreparedCall): ModelCallError {
    if (error instanceof ModelCallError) return error;
    // The SDKs report our own abort in several ways, or end quietly: the attempt knows better.
    if (attempt.outcome() === 'aborted') {
      return fail({ name: 'Run.Cancelled', message: 'the call was aborted by its caller.', charge: 'unknown' }, call);
    }
    if (attempt.outcome() === 'timed-out') {
      return fail(
        { name: 'Provider.Timeout', message: `no complete answer within ${options.timeoutMs} ms.`, charge: 'unknown' },
        call,
      );
    }
    const said = protocol?.readVendorError(error);
    return fail(said === undefined ? failureFromTransport(error) : failureFromVendor(said, Date.now()), call);
  }

  function begin(request: ModelRequest, options: CallOptions) {
    const wire = connect();
    const call = prepareCall(profile, settings, request, profile.rules);
    if (options.signal.aborted)
      throw fail({ name: 'Run.Cancelled', message: 'the call was aborted before it was sent.', charge: 'none' });
    const attempt = startAttempt(options);
    return { wire, call, attempt, wireOptions: { signal: attempt.signal, idempotencyKey: options.idempotencyKey } };
  }

  async function* stream(request: ModelRequest, options: CallOptions): AsyncGenerator<StreamPart> {
    const { wire, call, attempt, wireOptions } = begin(request, options);
    try {
      const collector = createTextCollector();
      for await (const event of wire.stream(call, wireOptions)) {
        if (event.type === 'text') {
          const text = collector.push(event.text);
          if (text !== '') yield { type: 'text', text };
          continue;
        }
        if (event.type !== 'end') {
          yield event;
          continue;
        }
        const tail = collector.flush();
        if (tail !== '') yield { type: 'text', text: tail };
        const result = settleAnswer(call, profile.models, profile.displayName, { ...event.answer, content: collector.text() });
        attempt.close();
        yield { type: 'usage', usage: result.usage, costNanoUsd: result.costNanoUsd, costBasis: result.costBasis };
        yield { type: 'finish', finishReason: result.finishReason, result };
        return;
      }
      throw fail(
        { name: 'Provider.Truncated', message: 'the stream ended before the answer was complete.', charge: 'unknown' },
        call,
      );
    } catch (error) {
      throw explain(error, attempt, options, call);
    } finally {
      // Not every SDK closes its socket when a reader leaves.
      attempt.close('abandon');
    }
  }

  return {
    id: profile.id,
    async generate(request, options) {
      const { wire, call, attempt, wireOptions } = begin(request, options);
      try {
        return settleAnswer(call, profile.models, profile.displayName, await wire.generate(call, wireOptions));
      } catch (error) {
        throw explain(error, attempt, options, call);
      } finally {
        attempt.close();
      }
    },
    stream,
    async healthCheck(options = {}) {
      const startedAt = performance.now();
      const since = () => Math.round(performance.now() - startedAt);
      const callOptions = {
        signal: options.signal ?? new AbortController().signal,
        timeoutMs: options.timeoutMs ?? healthTimeoutMs,
      };
      const attempt = startAttempt(callOptions);
      try {
        await connect().ping(attempt.signal);
        return { status: 'healthy', latencyMs: since() };
      } catch (error) {
        const call = prepareCall(profile, settings, { prompt: '' });
        return { status: 'unhealthy', latencyMs: since(), reason: explain(error, attempt, callOptions, call).message };
      } finally {
        attempt.close();
      }
    },
    async estimateCost(request) {
      const { row, inputTokenBound, worstCaseNanoUsd } = prepareCall(profile, settings, request);
      if (row === undefined || worstCaseNanoUsd === null)
        return { estimatedCostUSD: null, inputTokenCost: null, outputTokenCost: null };
      const input = worstCaseOf(row, inputTokenBound, 0);
      return {
        estimatedCostUSD: usdFromNanoUsd(worstCaseNanoUsd),
        inputTokenCost: usdFromNanoUsd(input),
        outputTokenCost: usdFromNanoUsd(worstCaseNanoUsd - input),
      };
    },
    getRateLimits: async () => protocol?.rateLimits() ?? unknownLimits,
    supports(capability) {
      return prepareCall(profile, settings, { prompt: '' }).row?.capabilities.includes(capability) ?? false;
    },
  };
}
