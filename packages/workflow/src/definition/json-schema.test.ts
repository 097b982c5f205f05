import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stepSchema, workflowDefinitionSchema } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { workflowJsonSchema } from './json-schema.ts';
import { validateWorkflow } from './validate.ts';

const folder = new URL('../../../../workflows/', import.meta.url);
const examples = readdirSync(fileURLToPath(folder)).filter((name) => name.endsWith('.json') && name !== 'schema.json');

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}

describe('workflows/schema.json', () => {
  it('is current: else run `npm run generate`', () => {
    expect(read('schema.json')).toEqual(workflowJsonSchema());
  });

  it('knows every field and every action, and lets only x- fields pass', () => {
    const { properties, additionalProperties, patternProperties } = workflowJsonSchema();
    expect(Object.keys(properties as object)).toEqual(Object.keys(workflowDefinitionSchema.shape));
    expect(additionalProperties).toBe(false);
    expect(patternProperties).toEqual({ '^x-': {} });
    for (const option of stepSchema.options)
      expect(JSON.stringify(workflowJsonSchema())).toContain(`"const":"${option.shape.action.value}"`);
  });
});

describe('the examples', () => {
  it('are there', () => {
    expect(examples).toEqual(
      expect.arrayContaining(['content-generation.json', 'research-and-summarize.json', 'resilient-generation.json']),
    );
  });

  it.each(examples)('%s is a workflow without faults or warnings, and names the schema', (name) => {
    const document = read(name);
    expect(validateWorkflow(document)).toMatchObject({ ok: true, warnings: [], definition: document as object });
    expect(document).toMatchObject({ $schema: './schema.json', name: name.replace(/\.json$/, '') });
  });
});
