import { httpUrlSchema } from './variables.ts';

/** What the environment says about one provider. */
export interface ProviderSettings {
  readonly apiKey?: string;
  readonly baseUrl?: string;
  readonly defaultModel?: string;
}

/** The variable that holds a setting of a provider: `<ID>_API_KEY`, with everything but letters and digits as `_`. */
export function providerVariable(providerId: string, setting: 'API_KEY' | 'BASE_URL' | 'DEFAULT_MODEL'): string {
  return `${providerId.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_${setting}`;
}

/** Reads the settings of the given providers; those without any are left out. Broken ones are added to `problems`. */
export function readProviders(
  environment: Readonly<Record<string, string | undefined>>,
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
