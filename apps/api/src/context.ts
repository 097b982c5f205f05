import type { JsonObject } from '@orchestrator/contracts';
import type { CircuitReports } from './health/circuit-reports.ts';
import type { EventStreams } from './http/event-streams.ts';
import type { LiveRuns } from './live/live-runs.ts';
import type { ModelNames } from './openai/model-names.ts';
import type { ApiDeps } from './ports.ts';
import type { RequestForecast } from './runs/check-request.ts';
import type { CheckedDefinition } from './runs/definitions.ts';
import type { ReplyHolds } from './runs/reply-holds.ts';
import type { RunWaiter } from './runs/run-waiter.ts';

/** What routes work with: the outside and the few parts that live as long as the app. */
export interface ApiContext extends ApiDeps {
  readonly waiter: RunWaiter;
  readonly replyHolds: ReplyHolds;
  readonly checkDefinition: (document: JsonObject) => CheckedDefinition;
  /** The relay topic on which this process hears of finished runs. */
  readonly replyTo: string;
  readonly live: LiveRuns;
  readonly streams: EventStreams;
  readonly circuitReports: CircuitReports;
  readonly forecastRequest: RequestForecast;
  readonly modelNames: ModelNames;
}
