import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

interface ExampleStep {
  readonly id: string;
  readonly provider?: string;
  readonly input: { readonly prompt: string };
}

export interface ExampleWorkflow {
  readonly name: string;
  readonly steps: readonly ExampleStep[];
}

/** An example of the `workflows/` folder. */
export async function exampleWorkflow(name: string): Promise<ExampleWorkflow> {
  const file = fileURLToPath(new URL(`../../../workflows/${name}.json`, import.meta.url));
  return JSON.parse(await readFile(file, 'utf8')) as ExampleWorkflow;
}

/** A generate step that asks OpenAI's cheap model; its calls are found by the marker. */
export function ask(id: string, marker: string, fields: object = {}): object {
  return {
    id,
    action: 'generate',
    provider: 'openai',
    model: 'gpt-4o-mini',
    input: { prompt: `[[${marker}]] Say something.`, maxTokens: 50 },
    ...fields,
  };
}

export function workflow(
  steps: readonly object[],
  fields: object = {},
): { readonly name: string; readonly steps: readonly object[] } {
  return { name: 'test', steps, ...fields };
}
