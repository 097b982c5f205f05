import { type Capability, capabilities, type ModelView, type ProviderView } from '@orchestrator/contracts';
import { Option } from 'commander';
import { formatDuration } from '../format/format-duration.ts';
import { type Column, renderTable } from '../format/render-table.ts';
import type { Session } from '../session/session.ts';
import { type AddCommands, examples } from './command.ts';
import { printJson } from './print-json.ts';

/** Dollars per million tokens. */
function price(amountUsd: number | null): string {
  return amountUsd === null ? 'unknown' : `$${amountUsd}`;
}

function providerColumns({ terminal }: Session): readonly Column<ProviderView>[] {
  const { paint } = terminal;
  return [
    {
      title: 'PROVIDER',
      value: ({ name, isConfigured }) => `${isConfigured ? '✓' : ' '} ${name}`,
      paint: (cell, { isConfigured }) => (isConfigured ? paint.green(cell) : cell),
    },
    { title: 'DEFAULT MODEL', value: ({ defaultModel }) => defaultModel },
    { title: 'INPUT/1M', align: 'right', value: ({ estimatedCost }) => price(estimatedCost.inputPerMToken) },
    { title: 'OUTPUT/1M', align: 'right', value: ({ estimatedCost }) => price(estimatedCost.outputPerMToken) },
    { title: 'CAPABILITIES', value: (provider) => provider.capabilities.join(', '), paint: paint.dim },
  ];
}

function modelColumns({ terminal }: Session): readonly Column<ModelView>[] {
  const { paint } = terminal;
  return [
    { title: 'PROVIDER', value: ({ provider }) => provider },
    { title: 'MODEL', value: ({ model, isDefault }) => `${model}${isDefault ? ' (default)' : ''}` },
    { title: 'INPUT/1M', align: 'right', value: ({ prices }) => price(prices.inputPer1M) },
    { title: 'OUTPUT/1M', align: 'right', value: ({ prices }) => price(prices.outputPer1M) },
    { title: 'CONTEXT', align: 'right', value: ({ contextTokens }) => contextTokens.toLocaleString('en-US') },
    { title: 'USUALLY', align: 'right', value: ({ typicalLatencyMs }) => formatDuration(typicalLatencyMs) },
    {
      title: 'STATE',
      value: ({ state, retiresOn }) => (retiresOn === undefined ? state : `${state} ${retiresOn}`),
      paint: (cell, { state }) => ({ available: paint.green, retiring: paint.yellow, retired: paint.red })[state](cell),
    },
  ];
}

export const addCatalogue: AddCommands = (program, runWith) => {
  program
    .command('providers')
    .summary('list the providers')
    .description('Lists the providers; ✓ marks those that have a key.')
    .addHelpText('after', examples('orchestrator providers'))
    .action(
      runWith(async (session: Session) => {
        const { providers, custom = [] } = await session.client.providers.list(session.call);
        const all = [...providers, ...custom];
        if (session.isJson) printJson(session, all);
        else session.terminal.print(renderTable(all, providerColumns(session), session.terminal.paint.dim));
      }),
    );
  program
    .command('models')
    .summary('list the models')
    .description('Lists the models of the catalogue with their prices.')
    .option('--provider <name>', 'only models of this provider')
    .addOption(new Option('--capability <name>', 'only models with this capability').choices(capabilities))
    .addHelpText('after', examples('orchestrator models --provider openai --capability vision'))
    .action(
      runWith(async (session: Session, filter: { readonly provider?: string; readonly capability?: Capability }) => {
        const { models } = await session.client.models.list(filter, session.call);
        if (session.isJson) printJson(session, models);
        else session.terminal.print(renderTable(models, modelColumns(session), session.terminal.paint.dim));
      }),
    );
};
