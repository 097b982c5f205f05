const intervalMs = 500;

/** Watches for the end of a process that is not our child. The timer keeps no event loop alive. */
export function watchExit(isAlive: () => Promise<boolean>): { readonly exited: Promise<void>; checkNow(): void } {
  const { promise: exited, resolve } = Promise.withResolvers<void>();
  const check = () =>
    void isAlive().then((alive) => {
      if (alive) return;
      clearInterval(timer);
      resolve();
    });
  const timer = setInterval(check, intervalMs);
  timer.unref();
  return { exited, checkNow: check };
}
