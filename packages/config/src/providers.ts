import { httpUrlSchema, integer } from './variables.ts';

/** What the environment says about one provider. */
export interface ProviderSettings {
  readonly apiKey?: string;
  readonly baseUrl?: string;
  readonly defaultModel?: string;
}

/** What all processes together may ask of one provider. */
export interface ProviderLimits {
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  /** Calls at the same time. */
  readonly maxConcurrent?: number;
}

const limitVariables = {
  requestsPerMinute: { suffix: 'REQUESTS_PER_MINUTE', max: 1_000_000_000 },
  tokensPerMinute: { suffix: 'TOKENS_PER_MINUTE', max: 1_000_000_000 },
  maxConcurrent: { suffix: 'MAX_CONCURRENT', max: 10_000 },
} as const satisfies Record<keyof ProviderLimits, { suffix: string; max: number }>;

type ProviderVariable = 'API_KEY' | 'BASE_URL' | 'DEFAULT_MODEL' | (typeof limitVariables)[keyof typeof limitVariables]['suffix'];

/** The variable that holds a setting of a provider: `<ID>_API_KEY`, with everything but letters and digits as `_`. */
export function providerVariable(providerId: string, setting: ProviderVariable): string {
  return `${providerId.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_${setting}`;
}

/** @param url - a valid one */
export function hasCredentials(url: string): boolean {
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

type Values = Readonly<Record<string, string | undefined>>;

/** Reads the settings of the given providers; those without any are left out. Broken ones are added to `problems`. */
export function readProviders(
  environment: Values,
  providerIds: readonly string[],
  problems: string[],
): Readonly<Record<string, ProviderSettings>> {
  const providers: Record<string, ProviderSettings> = Object.create(null);
  for (const id of providerIds) {
    const apiKey = environment[providerVariable(id, 'API_KEY')];
    const baseUrl = environment[providerVariable(id, 'BASE_URL')];
    const defaultModel = environment[providerVariable(id, 'DEFAULT_MODEL')];
    if (apiKey !== undefined && /[^\x21-\x7e]/.test(apiKey)) {
      problems.push(`${providerVariable(id, 'API_KEY')} must be printable ASCII without spaces`);
    }
    if (baseUrl !== undefined && !httpUrlSchema.safeParse(baseUrl).success) {
      problems.push(`${providerVariable(id, 'BASE_URL')} must be a URL that starts with http:// or https://`);
    } else if (baseUrl !== undefined && hasCredentials(baseUrl)) {
      problems.push(`${providerVariable(id, 'BASE_URL')} must hold no user name or password: they would stand in error messages`);
    }
    if (apiKey === undefined && baseUrl === undefined && defaultModel === undefined) continue;
    providers[id] = {
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(baseUrl === undefined ? {} : { baseUrl }),
      ...(defaultModel === undefined ? {} : { defaultModel }),
    };
  }
  return providers;
}

/** Reads the limits of the given providers; those without any are left out. Broken ones are added to `problems`. */
export function readLimits(
  environment: Values,
  providerIds: readonly string[],
  problems: string[],
): Readonly<Record<string, ProviderLimits>> {
  const all: Record<string, ProviderLimits> = Object.create(null);
  for (const id of providerIds) {
    const limits: { -readonly [Name in keyof ProviderLimits]: ProviderLimits[Name] } = {};
    for (const [name, { suffix, max }] of Object.entries(limitVariables)) {
      const variable = providerVariable(id, suffix);
      const text = environment[variable];
      if (text === undefined) continue;
      const parsed = integer({ min: 1, max }).safeParse(text);
      if (parsed.success) limits[name as keyof ProviderLimits] = parsed.data;
      else problems.push(`${variable} must be a whole number from 1 to ${max} (it is ${JSON.stringify(text)})`);
    }
    if (Object.keys(limits).length > 0) all[id] = limits;
  }
  return all;
}
