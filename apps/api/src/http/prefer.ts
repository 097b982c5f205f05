/** The preferences of RFC 7240 that this API knows. */
export interface Preferences {
  readonly respondAsync: boolean;
  /** Seconds. */
  readonly wait?: number;
}

const member =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~0-9A-Za-z-]*)))?[ \t]*(?:;.*)?$/;

/** Splits at commas that are not inside a quoted string. */
function splitList(header: string): string[] {
  const items: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < header.length; index += 1) {
    const char = header[index];
    if (isQuoted && char === '\\') index += 1;
    else if (char === '"') isQuoted = !isQuoted;
    else if (char === ',' && !isQuoted) {
      items.push(header.slice(start, index));
      start = index + 1;
    }
  }
  items.push(header.slice(start));
  return items.map((item) => item.trim());
}

/** Reads a `Prefer` header. What is malformed or unknown is ignored, and of a repeated preference the first counts (RFC 7240). */
export function parsePrefer(header: string | undefined): Preferences {
  const seen = new Map<string, string>();
  for (const item of splitList(header ?? '')) {
    const match = member.exec(item);
    const name = match?.[1]?.toLowerCase();
    if (name === undefined || seen.has(name)) continue;
    seen.set(name, match?.[2]?.replaceAll(/\\(.)/g, '$1') ?? match?.[3] ?? '');
  }
  const wait = seen.get('wait');
  return {
    respondAsync: seen.get('respond-async') === '',
    ...(wait !== undefined && /^\d{1,9}$/.test(wait) ? { wait: Number(wait) } : {}),
  };
}

const maxWaitMs = 300_000;

/** How long to wait for the result, in milliseconds: the client's `wait` up to 5 minutes, nothing for a bare `respond-async`. */
export function waitLimitMs(preferences: Preferences, defaultMs: number): number {
  if (preferences.wait !== undefined) return Math.min(preferences.wait * 1_000, maxWaitMs);
  return preferences.respondAsync ? 0 : defaultMs;
}

/** The value of `Preference-Applied`, or undefined when nothing was. */
export function preferenceApplied(preferences: Preferences, status: number): string | undefined {
  const applied = [
    ...(preferences.respondAsync && status === 202 ? ['respond-async'] : []),
    ...(preferences.wait === undefined ? [] : [`wait=${Math.min(preferences.wait, maxWaitMs / 1_000)}`]),
  ];
  return applied.length === 0 ? undefined : applied.join(', ');
}
