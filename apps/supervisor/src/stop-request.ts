const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
/** One Ctrl-C arrives several times: from the terminal and again from every parent that passes it on. */
const sameRequestMs = 500;

/**
 * Turns signals, and the death of the process that started us, into one request to stop.
 * @param onSecond - called when somebody asks again, more than half a second later: stop at once
 */
export function listenForStop(onSecond: (exitCode: number) => void): AbortSignal {
  const controller = new AbortController();
  let firstAtMs = 0;
  const request = (reason: string, exitCode: number): void => {
    if (!controller.signal.aborted) {
      firstAtMs = Date.now();
      controller.abort(reason);
    } else if (Date.now() - firstAtMs > sameRequestMs) {
      onSecond(exitCode);
    }
  };
  for (const signal of signals) process.on(signal, () => request(signal, signal === 'SIGINT' ? 130 : 143));
  process.once('disconnect', () => request('parent ended', 143));
  return controller.signal;
}
