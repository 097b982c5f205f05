import { findRow, sandbox } from '@orchestrator/adapters';
import type { ModelRequest, OpenAiModel } from '@orchestrator/contracts';
import { nearMatches } from '@orchestrator/router';
import type { ApiRouter } from '../ports.ts';
import { OpenAiError } from './errors/openai-error.ts';

/** What a name stands for, in the fields of a model request. */
export type NamedModel = Pick<ModelRequest, 'provider' | 'model' | 'routing'>;

/** Names that leave the choice to the router. */
const choices: Readonly<Record<string, NamedModel>> = Object.assign(Object.create(null), {
  auto: {},
  cheapest: { routing: 'cheapest' },
  fastest: { routing: 'fastest' },
} satisfies Record<string, NamedModel>);

const routerOwner = 'orchestrator';

export interface ModelNames {
  /**
   * What a client means by `model`. In this order: a name of one's own, `auto`, `cheapest` or `fastest`, `provider/model` of a
   * catalogue, a model id of a catalogue, `provider/model` of no catalogue.
   * @throws OpenAiError 404 `model_not_found`
   */
  resolve(name: string): NamedModel;
  /** Every name worth offering in a menu. */
  list(): readonly OpenAiModel[];
  /** @throws OpenAiError 404 `model_not_found` */
  find(name: string): OpenAiModel;
}

export interface ModelNamesOptions {
  readonly router: Pick<ApiRouter, 'models' | 'providersInfo' | 'checkNames'>;
  /** Names of one's own. */
  readonly aliases: Readonly<Record<string, { readonly provider: string; readonly model: string }>>;
}

function notFound(name: string, names: readonly string[]): OpenAiError {
  const near = nearMatches(name, names).map((each) => `\`${each}\``);
  const hint = near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
  const message = `The model \`${name}\` does not exist.${hint} GET /v1/models lists those that do.`;
  return new OpenAiError({ status: 404, type: 'invalid_request_error', code: 'model_not_found' }, message, { param: 'model' });
}

function toModel(id: string, owner: string): OpenAiModel {
  return { id, object: 'model', created: 0, owned_by: owner };
}

/** The part before the first slash and the rest: model ids have slashes too. */
function splitName(name: string): { readonly provider: string; readonly model: string } | null {
  const slash = name.indexOf('/');
  return slash <= 0 || slash === name.length - 1 ? null : { provider: name.slice(0, slash), model: name.slice(slash + 1) };
}

/** The names of models that OpenAI clients may ask for, for a router's providers. */
export function createModelNames({ router, aliases }: ModelNamesOptions): ModelNames {
  const providerIds = new Set([...router.providersInfo().map(({ name }) => name), sandbox.id]);

  /** `family/model` can be a provider and its model, or an id that some host has: the catalogues decide. */
  function resolveQualified(name: string): NamedModel | null {
    const split = splitName(name);
    if (split === null || !providerIds.has(split.provider)) return null;
    const catalogue = router.models();
    const own = split.provider === sandbox.id ? sandbox.models : catalogue.filter(({ provider }) => provider === split.provider);
    if (findRow(own, split.model) !== undefined || findRow(catalogue, name) === undefined) return split;
    return { model: name };
  }

  function resolve(name: string): NamedModel {
    const known = (Object.hasOwn(aliases, name) ? aliases[name] : undefined) ?? choices[name] ?? resolveQualified(name);
    if (known !== null) return known;
    if (router.checkNames({ model: name }).length === 0) return { model: name };
    throw notFound(name, [...list().map(({ id }) => id), ...router.models().map(({ model }) => model)]);
  }

  function ownerOf(name: string): string {
    const { provider } = resolve(name);
    return provider ?? router.models().find((row) => findRow([row], name) !== undefined)?.provider ?? routerOwner;
  }

  /** While nothing is configured here the workers may have keys, or the sandbox stands in for everybody. */
  function catalogueNames(): OpenAiModel[] {
    const models = router.models().filter(({ retirement }) => retirement !== 'retired');
    const configured = models.filter(({ isConfigured }) => isConfigured);
    const offered = configured.length > 0 ? configured : models;
    const standIn = configured.length > 0 ? [] : [toModel(`${sandbox.id}/${sandbox.defaultModel}`, sandbox.id)];
    return [...offered.map(({ provider, model }) => toModel(`${provider}/${model}`, provider)), ...standIn];
  }

  function list(): readonly OpenAiModel[] {
    const own = Object.entries(aliases).map(([name, { provider }]) => toModel(name, provider));
    const taken = new Set(own.map(({ id }) => id));
    return [
      ...Object.keys(choices).map((name) => toModel(name, routerOwner)),
      ...own,
      ...catalogueNames().filter(({ id }) => !taken.has(id)),
    ];
  }

  return { resolve, list, find: (name) => toModel(name, ownerOf(name)) };
}
