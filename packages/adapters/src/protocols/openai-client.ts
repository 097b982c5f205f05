import OpenAI from 'openai';
import { sdkOptions } from './sdk-options.ts';

export interface OpenAIConnection {
  readonly apiKey: string;
  readonly baseUrl: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * The official SDK's client with our settings and no others: what its environment variables name (headers, organisation, a
 * second key) is meant for one vendor and would be sent to all that are spoken to with it.
 */
export class OpenAIClient extends OpenAI {
  constructor({ apiKey, baseUrl, headers }: OpenAIConnection) {
    // `null` keeps the SDK from reading the setting from the environment.
    super({ ...sdkOptions, apiKey, baseURL: baseUrl, adminAPIKey: null, organization: null, project: null, webhookSecret: null });
    this._options.defaultHeaders = headers;
  }
}
