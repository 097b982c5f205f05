import { expect, it } from 'vitest';
import { withVendorModels } from './vendor-models.ts';

const adjust = withVendorModels({ short: 'maker/short-1.0' });

it.each([
  ['short', 'maker/short-1.0'],
  ['maker/short-1.0', 'maker/short-1.0'],
  ['other', 'other'],
  // Model names come from requests.
  ['constructor', 'constructor'],
  ['__proto__', '__proto__'],
])('asks for %s as %s', (model, sent) => {
  expect(adjust({ model, messages: [] })).toEqual({ model: sent, messages: [] });
});
