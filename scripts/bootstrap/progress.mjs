/**
 * @typedef {{
 *   start: (title: string) => (outcome: 'done' | 'failed') => void,
 *   note: (sentence: string) => void,
 * }} Progress
 */

/** Steps shorter than this are not worth a line. */
const quietMs = 1_500;

/**
 * One line per step with its duration: redrawn while it runs on a terminal, written once otherwise.
 * @param {NodeJS.WriteStream} stream
 * @returns {Progress}
 */
export function createProgress(stream) {
  const isLive = stream.isTTY === true && process.env.CI === undefined;

  return {
    note: (sentence) => void stream.write(`${sentence}\n`),
    start: (title) => {
      const startedAt = Date.now();
      const seconds = () => ((Date.now() - startedAt) / 1_000).toFixed(1);
      let isShown = false;
      const show = () => {
        if (isLive) stream.write(`\r\x1b[K${title} … ${Math.floor((Date.now() - startedAt) / 1_000)} s`);
        else if (!isShown) stream.write(`${title} …\n`);
        isShown = true;
      };
      const delay = setTimeout(show, quietMs);
      const timer = isLive ? setInterval(() => isShown && show(), 1_000) : undefined;
      return (outcome) => {
        clearTimeout(delay);
        clearInterval(timer);
        if (isLive && isShown) stream.write('\r\x1b[K');
        if (isShown || outcome === 'failed') stream.write(`${title}: ${outcome} after ${seconds()} s\n`);
      };
    },
  };
}
