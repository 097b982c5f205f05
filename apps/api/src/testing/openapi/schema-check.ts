import { type Schema, Validator } from '@cfworker/json-schema';
import { closeObjects } from './close-objects.ts';
import type { OpenApiDocument } from './find-operation.ts';

/** Checks values against the schemas of a document. @returns where and how a value breaks its schema */
export interface SchemaCheck {
  /** Of what clients send, as a server takes it. */
  asRequest(schema: object, value: unknown): readonly string[];
  /** Of what a server sends: fields that are not described count as broken. */
  asResponse(schema: object, value: unknown): readonly string[];
}

type Components = OpenApiDocument['components']['schemas'];

/** References to components become references into the schema itself. */
function withDefinitions(schema: object, components: Components): Schema {
  const text = JSON.stringify({ ...schema, $defs: components });
  return JSON.parse(text.replaceAll('"#/components/schemas/', '"#/$defs/')) as Schema;
}

function createCheck(components: Components, adjust: <T>(schemas: T) => T) {
  const adjusted = adjust(components);
  const validators = new Map<string, Validator>();
  return (schema: object, value: unknown): readonly string[] => {
    const key = JSON.stringify(schema);
    const validator = validators.get(key) ?? new Validator(withDefinitions(adjust(schema), adjusted), '2020-12', false);
    validators.set(key, validator);
    const { valid, errors } = validator.validate(value);
    return valid ? [] : errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
  };
}

export function createSchemaCheck(components: Components): SchemaCheck {
  return {
    asRequest: createCheck(components, (schemas) => schemas),
    asResponse: createCheck(components, closeObjects),
  };
}
