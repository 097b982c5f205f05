import { expect, it } from 'vitest';
import { readApiUrl } from './api-url.ts';

it('is the address of `npm start` unless ORCHESTRATOR_URL says otherwise', () => {
  expect(readApiUrl({})).toBe('http://127.0.0.1:3000');
  expect(readApiUrl({ ORCHESTRATOR_URL: ' ' })).toBe('http://127.0.0.1:3000');
  expect(readApiUrl({ ORCHESTRATOR_URL: ' https://ai.example/orchestrator ', ORCHESTRATOR_WORKERS: 'many' })).toBe(
    'https://ai.example/orchestrator',
  );
});

it('must be a URL', () => {
  expect(() => readApiUrl({ ORCHESTRATOR_URL: 'localhost:3000' })).toThrow(/ORCHESTRATOR_URL must be a URL .*"localhost:3000"/);
});
