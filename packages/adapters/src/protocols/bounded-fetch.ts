import { UnusableAnswer } from '../failure/failure.ts';

/** The longest body that is read of any answer, in bytes: far above every model's output, far below what hurts the process. */
export const maxBodyBytes = 64 * 1_048_576;

const tooLong = () => new UnusableAnswer(`Its answer is longer than ${maxBodyBytes / 1_048_576} MiB.`);

/** Errors as soon as more than `maxBodyBytes` came; cancelling it cancels `body`. */
function bounded(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  let received = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        received += chunk.byteLength;
        if (received > maxBodyBytes) controller.error(tooLong());
        else controller.enqueue(chunk);
      },
    }),
  );
}

/**
 * fetch for the SDKs, which read answers to their end whatever their length.
 * @throws UnusableAnswer from the body, once it is longer than `maxBodyBytes`
 */
export const boundedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const { body, headers } = response;
  if (body === null) return response;
  // A plain body that says its length can't be longer than that.
  const length = headers.get('content-length');
  if (length !== null && !headers.has('content-encoding') && Number(length) <= maxBodyBytes) return response;
  return new Response(bounded(body), { status: response.status, statusText: response.statusText, headers });
};
