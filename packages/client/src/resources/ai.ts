import type { EstimateResponse, GenerateRequest, GenerateResponse } from '@orchestrator/contracts';
import { createRunStream, type RunStream } from '../events/run-stream.ts';
import { callHeaders, type Transport } from '../http/transport.ts';
import type { CallOptions, StreamOptions } from '../options.ts';
import { submitAndWait } from '../runs/submit-and-wait.ts';

/** Single model calls. */
export interface Ai {
  /**
   * Makes a model call and waits for its answer, longer than one HTTP request where it must, for an approval too.
   * @throws OrchestratorError `run-failed` with `runError` when the call failed
   */
  generate(request: GenerateRequest, options?: CallOptions): Promise<GenerateResponse>;
  /** Makes a model call whose answer comes piece by piece. The call is made when the stream is first read. */
  stream(request: GenerateRequest, options?: StreamOptions): RunStream<GenerateResponse>;
  /** Prices a request at every provider, and calls none. */
  estimate(request: GenerateRequest, options?: CallOptions): Promise<EstimateResponse>;
}

export function createAi(transport: Transport): Ai {
  return {
    generate: (body, options) => submitAndWait(transport, { method: 'POST', path: '/api/ai/generate', body }, options),
    stream: (body, options) =>
      createRunStream({
        transport,
        place: { jobId: undefined, lastEventId: undefined },
        submit: { method: 'POST', path: '/api/ai/stream', body, headers: callHeaders('POST', options) },
        options,
      }),
    estimate: (body, options) => transport.call({ method: 'POST', path: '/api/ai/estimate', body }, options),
  };
}
