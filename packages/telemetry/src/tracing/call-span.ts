import { type Attributes, type Context, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { type ModelResult, type TokenUsage, usdFromNanoUsd } from '@orchestrator/contracts';
import { type CallFailure, describeCallFailure } from '../call-failure.ts';
import type { CallStart, CallTelemetry } from '../run-telemetry.ts';
import { own, semconv } from './semconv.ts';

const operation = 'chat';

/** What is asked for, without what is said: prompts, tools and stop sequences are the user's. */
function callAttributes({ plan, attempt, isStreamed }: CallStart, providerName: string): Attributes {
  const { maxTokens, temperature, topP, seed, responseFormat } = plan.request;
  return {
    [semconv.aiOperation]: operation,
    [semconv.aiProvider]: providerName,
    [semconv.aiRequestModel]: plan.model,
    ...(isStreamed && { [semconv.aiStream]: true }),
    ...(maxTokens !== undefined && { [semconv.aiMaxTokens]: maxTokens }),
    ...(temperature !== undefined && { [semconv.aiTemperature]: temperature }),
    ...(topP !== undefined && { [semconv.aiTopP]: topP }),
    ...(seed !== undefined && { [semconv.aiSeed]: seed }),
    ...(responseFormat !== undefined && { [semconv.aiOutputType]: responseFormat.type === 'text' ? 'text' : 'json' }),
    ...(plan.routing !== undefined && { [own.routingStrategy]: plan.routing.strategy }),
    [own.stepAttempt]: attempt,
  };
}

function usageAttributes(usage: TokenUsage): Attributes {
  return {
    [semconv.aiInputTokens]: usage.inputTokens,
    [semconv.aiOutputTokens]: usage.outputTokens,
    ...(usage.cachedInputTokens > 0 && { [semconv.aiCacheReadTokens]: usage.cachedInputTokens }),
    ...(usage.cacheWriteInputTokens > 0 && { [semconv.aiCacheCreationTokens]: usage.cacheWriteInputTokens }),
    ...(usage.reasoningTokens > 0 && { [semconv.aiReasoningTokens]: usage.reasoningTokens }),
  };
}

function answerAttributes(result: ModelResult): Attributes {
  return {
    [semconv.aiResponseModel]: result.model,
    [semconv.aiFinishReasons]: [result.finishReason],
    ...usageAttributes(result.usage),
    [own.costUsd]: usdFromNanoUsd(result.costNanoUsd),
    [own.costBasis]: result.costBasis,
  };
}

function failureAttributes({ name, status, isLocal, usage, costNanoUsd, costBasis }: CallFailure): Attributes {
  return {
    [semconv.errorType]: name,
    ...(status !== undefined && { [semconv.httpStatus]: status }),
    ...(isLocal && { [own.callWasSent]: false }),
    ...(usage !== undefined && usageAttributes(usage)),
    [own.costUsd]: usdFromNanoUsd(costNanoUsd),
    [own.costBasis]: costBasis,
  };
}

/**
 * A span `chat <model>` of one model call, by the conventions for generative AI.
 * @param providerName - as the conventions call it
 */
export function startCallSpan(tracer: Tracer, call: CallStart, providerName: string, parent: Context): CallTelemetry {
  const startedAt = performance.now();
  const options = { kind: SpanKind.CLIENT, attributes: callAttributes(call, providerName) };
  const span = tracer.startSpan(`${operation} ${call.plan.model}`, options, parent);
  return {
    firstToken() {
      span.setAttribute(semconv.aiTimeToFirstChunk, (performance.now() - startedAt) / 1_000);
    },
    succeeded(result) {
      span.setAttributes(answerAttributes(result));
      span.end();
    },
    failed(error) {
      span.setAttributes(failureAttributes(describeCallFailure(call.plan, error)));
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}
