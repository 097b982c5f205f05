import { findRow, type ProviderDefinition, retirementOf } from '@orchestrator/adapters';
import type { Finding } from './finding.ts';

export interface CheckModelsOptions {
  readonly providers: readonly ProviderDefinition[];
  /** Settings by provider id, as in the configuration. */
  readonly settings: Readonly<
    Record<string, { readonly apiKey?: string | undefined; readonly defaultModel?: string | undefined }>
  >;
  readonly now: Date;
}

const variable = (id: string, name: string) => `${id.toUpperCase().replaceAll('-', '_')}_${name}`;

/** One finding per configured provider: whether the model that it answers with by default is served, and for how long. */
function checkDefault(provider: ProviderDefinition, configuredModel: string | undefined, now: Date): Finding {
  const model = configuredModel || provider.defaultModel;
  const subject = `model ${provider.id}/${model}`;
  const living = provider.models.filter((row) => retirementOf(row, now) === null).map((row) => row.model);
  const fix = `Set ${variable(provider.id, 'DEFAULT_MODEL')} to a model that stays: ${living.join(', ') || 'see the vendor’s list'}.`;
  const row = findRow(provider.models, model);
  if (row === undefined) {
    return {
      level: 'warning',
      subject,
      text: 'is in no catalogue: neither its price nor its limits are known, so calls may wait for approval.',
      fix: `Set ${variable(provider.id, 'DEFAULT_MODEL')} to a known model (${living.join(', ')}), or declare it as a custom provider with its prices.`,
    };
  }
  const state = retirementOf(row, now);
  if (state === 'retired') return { level: 'problem', subject, text: `was retired by its vendor on ${row.retiresOn}.`, fix };
  if (state === 'retiring') return { level: 'warning', subject, text: `will be retired by its vendor on ${row.retiresOn}.`, fix };
  return { level: 'ok', subject, text: `is served; price as of ${row.checkedOn}.` };
}

/** Looks at the providers that have a key and at the models they answer with by default. */
export function checkModels({ providers, settings, now }: CheckModelsOptions): Finding[] {
  const configured = providers.filter(({ id, requiresKey }) => requiresKey === false || Boolean(settings[id]?.apiKey?.trim()));
  if (configured.length === 0) {
    return [
      {
        level: 'warning',
        subject: 'providers',
        text: 'no provider has an API key: the built-in sandbox answers with sample text.',
        fix: `Set at least one of ${providers.map(({ id }) => variable(id, 'API_KEY')).join(', ')}.`,
      },
    ];
  }
  const names = configured.map(({ id }) => id).join(', ');
  return [
    { level: 'ok', subject: 'providers', text: `${configured.length} of ${providers.length} configured: ${names}.` },
    ...configured.map((provider) => checkDefault(provider, settings[provider.id]?.defaultModel, now)),
  ];
}
