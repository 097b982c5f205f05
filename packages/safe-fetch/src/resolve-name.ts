import { lookup, Resolver } from 'node:dns/promises';

/**
 * Resolves a name to addresses in their usual form; rejects or gives none when it has none.
 * @param signal - the answer is not wanted any more
 */
export type ResolveName = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;

/**
 * Asks the name servers. Not `getaddrinfo`, which would use one of the four threads that the whole process shares: a handful of names
 * that resolve slowly would hold up everything.
 */
export const resolveByServers: ResolveName = async (hostname, signal) => {
  const resolver = new Resolver();
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  } finally {
    signal.removeEventListener('abort', cancel);
  }
};

/** Asks the operating system, hosts file and all: for names that the operator trusts. */
export const resolveBySystem: ResolveName = async (hostname) => {
  const answers = await lookup(hostname, { all: true, order: 'verbatim' });
  return answers.map(({ address }) => address);
};
