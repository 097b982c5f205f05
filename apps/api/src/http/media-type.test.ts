import { expect, it } from 'vitest';
import { isJsonMediaType } from './media-type.ts';

it.each([
  'application/json',
  'Application/JSON',
  'application/json; charset=utf-8',
  'application/json;charset="UTF-8"',
  'application/json; profile=x',
])('takes %s', (type) => expect(isJsonMediaType(type)).toBe(true));

it.each([
  'text/plain',
  'application/json-seq',
  'application/jsonx',
  'application/json; charset=utf-16',
  'application/json; charset=latin1',
  '',
  'multipart/form-data',
])('refuses %j', (type) => expect(isJsonMediaType(type)).toBe(false));
