import { AppError } from '@orchestrator/contracts';
import express, { type Express } from 'express';
import helmet from 'helmet';
import type { ApiContext } from './context.ts';
import { circuitsTopic, createCircuitReports } from './health/circuit-reports.ts';
import { createErrorHandler } from './http/error-handler.ts';
import { createEventStreams } from './http/event-streams.ts';
import { loopbackGuard } from './http/loopback-guard.ts';
import { createRequestStart } from './http/request-start.ts';
import { addRoutes, type Route } from './http/route.ts';
import { createReplyKeeper } from './http/stored-replies.ts';
import { createLiveRuns } from './live/live-runs.ts';
import { type ApiMetrics, createRequestCounter } from './metrics.ts';
import { createModelNames } from './openai/model-names.ts';
import type { ApiDeps } from './ports.ts';
import { approveApprovalRoute } from './routes/approve-approval.ts';
import { cancelJobRoute } from './routes/cancel-job.ts';
import { createWebhookRoute } from './routes/create-webhook.ts';
import { createWorkflowRoute } from './routes/create-workflow.ts';
import { deleteWebhookRoute } from './routes/delete-webhook.ts';
import { docsRoutes } from './routes/docs.ts';
import { estimateRoute } from './routes/estimate.ts';
import { generateRoute } from './routes/generate.ts';
import { getApprovalRoute } from './routes/get-approval.ts';
import { getJobRoute } from './routes/get-job.ts';
import { getWebhookRoute } from './routes/get-webhook.ts';
import { getWebhookDeliveryRoute } from './routes/get-webhook-delivery.ts';
import { getWorkflowRoute } from './routes/get-workflow.ts';
import { livezRoute, readyzRoute } from './routes/health.ts';
import { jobEventsRoute } from './routes/job-events.ts';
import { listApprovalsRoute } from './routes/list-approvals.ts';
import { listJobsRoute } from './routes/list-jobs.ts';
import { listModelsRoute } from './routes/list-models.ts';
import { listProvidersRoute } from './routes/list-providers.ts';
import { listRunsRoute } from './routes/list-runs.ts';
import { listWebhookDeliveriesRoute } from './routes/list-webhook-deliveries.ts';
import { listWebhooksRoute } from './routes/list-webhooks.ts';
import { listWorkflowsRoute } from './routes/list-workflows.ts';
import { openAiChatCompletionsRoute } from './routes/openai-chat-completions.ts';
import { openAiModelRoute } from './routes/openai-model.ts';
import { openAiModelsRoute } from './routes/openai-models.ts';
import { openAiResponsesRoute } from './routes/openai-responses.ts';
import { openApiRoute } from './routes/openapi.ts';
import { providerHealthRoute } from './routes/provider-health.ts';
import { rejectApprovalRoute } from './routes/reject-approval.ts';
import { replayWebhookDeliveriesRoute } from './routes/replay-webhook-deliveries.ts';
import { replayWebhookDeliveryRoute } from './routes/replay-webhook-delivery.ts';
import { rotateWebhookSecretRoute } from './routes/rotate-webhook-secret.ts';
import { runWorkflowRoute } from './routes/run-workflow.ts';
import { streamRoute } from './routes/stream.ts';
import { testWebhookRoute } from './routes/test-webhook.ts';
import { updateWebhookRoute } from './routes/update-webhook.ts';
import { validateWorkflowRoute } from './routes/validate-workflow.ts';
import { createRequestForecast } from './runs/check-request.ts';
import { createDefinitionCheck } from './runs/definitions.ts';
import { createReplyHolds } from './runs/reply-holds.ts';
import { keepSubscribed, replyTopic } from './runs/reply-subscription.ts';
import { createRunWaiter } from './runs/run-waiter.ts';
import { traceAccepts } from './runs/trace-accepts.ts';

/** The API without a server around it. */
export interface Api {
  readonly app: Express;
  metrics(): ApiMetrics;
  /** Answers waiting callers with 202, turns new requests away, and ends the subscription. */
  close(): Promise<void>;
}

/** All routes, in the order in which they are described. */
export function routesOf(context: ApiContext): Route[] {
  const routes: Route[] = [
    generateRoute(context),
    streamRoute(context),
    estimateRoute(context),
    listModelsRoute(context),
    listProvidersRoute(context),
    providerHealthRoute(context),
    runWorkflowRoute(context),
    createWorkflowRoute(context),
    listWorkflowsRoute(context),
    listRunsRoute(context),
    validateWorkflowRoute(context),
    // After the other paths of its form: the first that fits is taken.
    getWorkflowRoute(context),
    listJobsRoute(context),
    getJobRoute(context),
    jobEventsRoute(context),
    cancelJobRoute(context),
    listApprovalsRoute(context),
    getApprovalRoute(context),
    approveApprovalRoute(context),
    rejectApprovalRoute(context),
    createWebhookRoute(context),
    listWebhooksRoute(context),
    getWebhookRoute(context),
    updateWebhookRoute(context),
    deleteWebhookRoute(context),
    rotateWebhookSecretRoute(context),
    testWebhookRoute(context),
    listWebhookDeliveriesRoute(context),
    getWebhookDeliveryRoute(context),
    replayWebhookDeliveryRoute(context),
    replayWebhookDeliveriesRoute(context),
    openAiChatCompletionsRoute(context),
    openAiResponsesRoute(context),
    openAiModelsRoute(context),
    openAiModelRoute(context),
    livezRoute(),
    readyzRoute(context),
    openApiRoute(() => routes),
    ...docsRoutes(),
  ];
  return routes;
}

/**
 * Builds the HTTP API over its ports. Subscribes to replies at once; everything else happens on requests.
 */
export function createApp(deps: ApiDeps): Api {
  const waiter = createRunWaiter(deps);
  const counter = createRequestCounter();
  const replyTo = replyTopic(deps.nodeId);
  const circuitReports = createCircuitReports(deps.clock);
  const checkDefinition = createDefinitionCheck(deps.validateWorkflow);
  const forecastRequest = createRequestForecast(deps.router);
  const live = createLiveRuns({ ...deps, topic: replyTo });
  const streams = createEventStreams(deps);
  const replyHolds = createReplyHolds(deps);
  const modelNames = createModelNames({ router: deps.router, aliases: deps.modelAliases });
  const context: ApiContext = {
    ...deps,
    store: traceAccepts(deps.store, deps.tracing),
    waiter,
    replyHolds,
    checkDefinition,
    replyTo,
    live,
    streams,
    circuitReports,
    forecastRequest,
    modelNames,
  };
  const unsubscribe = keepSubscribed(deps, replyTo, (message) => {
    if (message.type === 'runs-finished') waiter.onFinished(message.runIds);
    else if (message.type === 'run-events') live.onEvents(message);
  });
  const unsubscribeReports = keepSubscribed(deps, circuitsTopic, (message) => {
    if (message.type === 'circuits') circuitReports.add(message);
  });

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.set('query parser', 'simple');
  app.use(createRequestStart({ ...deps, counter }));
  app.use(helmet({ strictTransportSecurity: false }));
  app.use(loopbackGuard);
  addRoutes(app, routesOf(context), { requestLimit: deps.requestLimit, keepReply: createReplyKeeper(deps) });
  app.use(() => {
    throw new AppError('not-found', 'There is no such path.');
  });
  app.use(createErrorHandler(deps.log));

  return {
    app,
    metrics: () => ({
      requests: counter.read(),
      waitingCallers: waiter.count(),
      streams: { ...streams.metrics(), ...live.count() },
    }),
    async close() {
      app.locals.isClosing = true;
      waiter.close();
      live.close();
      await Promise.all([unsubscribe(), unsubscribeReports()]);
    },
  };
}
