import { AppError } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';

const load = (environment: Record<string, string>) => loadConfig(environment, { providerIds: [] }).tracing;
const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

function problemOf(environment: Record<string, string>): string {
  try {
    load({ ...endpoint, ...environment });
  } catch (error) {
    expect((error as AppError).code).toBe('invalid-configuration');
    return (error as AppError).message;
  }
  throw new Error('accepted');
}

describe('tracing', () => {
  it('is off without an endpoint, whatever other programs need', () => {
    expect(load({})).toBeNull();
    expect(
      load({ OTEL_TRACES_SAMPLER: 'jaeger_remote', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_LOGS_EXPORTER: 'x' }),
    ).toBeNull();
  });

  it.each<Record<string, string>>([
    { OTEL_SDK_DISABLED: 'true' },
    { OTEL_SDK_DISABLED: 'TRUE' },
    { OTEL_TRACES_EXPORTER: 'none' },
  ])('is off with %o', (environment) => {
    expect(load({ ...endpoint, ...environment })).toBeNull();
  });

  it('goes by the defaults of the specification', () => {
    expect(load(endpoint)).toEqual({
      endpoint: 'http://127.0.0.1:4318/v1/traces',
      protocol: 'http/protobuf',
      headers: {},
      compression: 'none',
      timeoutMs: 10_000,
      resourceAttributes: {},
      sampler: { name: 'parentbased_always_on', ratio: 1 },
      batch: { delayMs: 5_000, maxQueueSize: 2_048, maxBatchSize: 512 },
    });
  });

  it.each([
    ['http://collector:4318', 'http://collector:4318/v1/traces'],
    ['https://collector/otlp/', 'https://collector/otlp/v1/traces'],
    ['https://collector/otlp?key=1', 'https://collector/otlp/v1/traces?key=1'],
  ])('adds the path to %s', (base, url) => {
    expect(load({ OTEL_EXPORTER_OTLP_ENDPOINT: base })).toMatchObject({ endpoint: url });
  });

  it('lets what is said of traces win', () => {
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://general:4318',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces:4318/in',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1,b=2',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'b=3',
      OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '2000',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'none',
      OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'gzip',
    };
    expect(load(environment)).toMatchObject({
      endpoint: 'http://traces:4318/in',
      protocol: 'http/json',
      headers: { a: '1', b: '3' },
      timeoutMs: 2_000,
      compression: 'gzip',
    });
  });

  it('reads lists of pairs', () => {
    const environment = {
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20YTpi, x-team = red ,',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,team=a%3Db,empty=',
      OTEL_SERVICE_NAME: 'jobs',
    };
    expect(load({ ...endpoint, ...environment })).toMatchObject({
      headers: { authorization: 'Basic YTpi', 'x-team': 'red' },
      resourceAttributes: { 'deployment.environment.name': 'test', team: 'a=b', empty: '' },
      serviceName: 'jobs',
    });
  });

  it('reads the sampler', () => {
    expect(load({ ...endpoint, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' })).toMatchObject({
      sampler: { name: 'traceidratio', ratio: 0.25 },
    });
  });

  it.each<[string, string, string]>([
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'must be http/protobuf or http/json'],
    ['OTEL_TRACES_EXPORTER', 'console', 'must be otlp or none (it is "console")'],
    ['OTEL_TRACES_SAMPLER', 'sometimes', 'must be one of always_on'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5', 'must be a share from 0 to 1'],
    ['OTEL_TRACES_SAMPLER_ARG', '-0.5', 'must be a share from 0 to 1'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '10s', 'must be a whole number'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', '127.0.0.1:4318', 'must be a URL'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team', 'must be a list'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team=%zz', 'must be a list'],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '0', 'must be a whole number'],
  ])('refuses %s=%s', (name, value, message) => {
    expect(problemOf({ [name]: value })).toContain(`${name} ${message}`);
  });

  it('never repeats a secret, nor lets one break a header', () => {
    const problem = problemOf({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:hunter2@collector',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=hunter2%0d%0ax-more: 1',
    });
    expect(problem).toContain('OTEL_EXPORTER_OTLP_ENDPOINT must hold no user name or password');
    expect(problem).toContain('OTEL_EXPORTER_OTLP_HEADERS must be a list');
    expect(problem).not.toContain('hunter2');
  });
});

describe('the port of the metrics', () => {
  const port = (environment: Record<string, string>) => loadConfig(environment, { providerIds: [] }).metricsPort;

  it('is none, any free one, or the given one', () => {
    expect(port({})).toBeNull();
    expect(port({ ORCHESTRATOR_METRICS_PORT: '0' })).toBe(0);
    expect(port({ ORCHESTRATOR_METRICS_PORT: '9464' })).toBe(9464);
    expect(() => port({ ORCHESTRATOR_METRICS_PORT: '65530' })).toThrow(AppError);
  });
});
