import { AppError } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { createUrlCheck } from './create-url-check.ts';

const check = (text: string, allowedHosts: string[] = [], requiresHttps = true) => {
  const verdict = createUrlCheck({ allowedHosts, requiresHttps })(text);
  return verdict.ok ? verdict.url.href : verdict.failure.code;
};

describe('createUrlCheck', () => {
  it.each([
    ['https://example.com/hooks?a=b', 'https://example.com/hooks?a=b'],
    ['HTTPS://EXAMPLE.com:443/a/../b', 'https://example.com/b'],
    ['https://example.com.:8443', 'https://example.com:8443/'],
    ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
    ['https://93.184.215.14/', 'https://93.184.215.14/'],
    ['https://[2606:4700:4700::1111]/', 'https://[2606:4700:4700::1111]/'],
  ])('takes %s', (text, href) => {
    expect(check(text)).toBe(href);
  });

  it.each([
    ['nonsense', 'invalid-url'],
    ['https://exam\tple.com/', 'invalid-url'],
    ['ftp://example.com/', 'forbidden-scheme'],
    ['https://user@example.com/', 'credentials-in-url'],
    ['https://:password@example.com/', 'credentials-in-url'],
    ['https://example.com:22/', 'forbidden-port'],
    ['https://example.com:6667/', 'forbidden-port'],
    ['https://example.com:0/', 'forbidden-port'],
    ['https://10.0.0.1/', 'private-address'],
    ['https://localhost/', 'private-address'],
    ['https://a.localhost./', 'private-address'],
    ['http://example.com/', 'plain-http'],
  ])('refuses %s: %s', (text, code) => {
    expect(check(text)).toBe(code);
  });

  it('refuses what is too long', () => {
    expect(check(`https://example.com/${'x'.repeat(2_048)}`)).toBe('invalid-url');
  });

  it('takes http where https is not required', () => {
    expect(check('http://example.com/', [], false)).toBe('http://example.com/');
  });

  it('makes exceptions for allowed hosts only', () => {
    expect(check('http://10.0.0.1:22/', ['10.0.0.0/8'])).toBe('http://10.0.0.1:22/');
    expect(check('http://receiver.internal/', ['receiver.internal'])).toBe('http://receiver.internal/');
    expect(check('http://[::1]:9000/', ['[::1]:9000'])).toBe('http://[::1]:9000/');
    expect(check('http://[::1]:9000/', ['::1'])).toBe('http://[::1]:9000/');
    expect(check('https://11.0.0.1:22/', ['10.0.0.0/8'])).toBe('forbidden-port');
    expect(check('http://[::1]:9001/', ['[::1]:9000'])).toBe('private-address');
    expect(check('http://other.internal/', ['receiver.internal'])).toBe('plain-http');
  });

  it.each([
    'http://x',
    'a/b',
    '10.0.0.0/33',
    '10.0/8',
    '::1/129',
    'a:99999',
    'a:0',
    'a b',
    'user@host',
    '[::1',
    '*.example.com',
    '',
  ])('has no use for the allowed host %j', (item) => {
    expect(() => createUrlCheck({ allowedHosts: [item] })).toThrow(AppError);
  });
});
