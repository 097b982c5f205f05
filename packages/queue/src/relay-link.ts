import { type RelayMessage, relayMessageSchema } from '@orchestrator/contracts';
import type { Relay } from 'bullmq';
import type { ErrorReporter } from './error-reporter.ts';
import { settlesWithin, within } from './within.ts';

/**
 * The one file that knows BullMQ's `Relay` (marked experimental by its authors). The lease is shorter than its default of
 * 30 s because a node whose registration was flushed away notices at its next heartbeat only.
 */
export const relayOptions = { leaseDuration: 10_000, heartbeatInterval: 2_000, sweepInterval: 30_000 } as const;

/** Publishes that have not been answered; a server that hangs must not fill our memory. */
const maxInFlight = 256;

export interface RelayLink {
  /** Whether the server took it. Never rejects. */
  publish(topic: string, message: RelayMessage): Promise<boolean>;
  subscribe(topic: string, handler: (message: RelayMessage) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export interface RelayLinkOptions<Connection> {
  readonly relay: Relay<Connection>;
  readonly timeoutMs: number;
  readonly report: ErrorReporter;
  readonly onReceived: () => void;
}

export function createRelayLink<Connection>({ relay, timeoutMs, report, onReceived }: RelayLinkOptions<Connection>): RelayLink {
  let inFlight = 0;
  relay.on('error', (error) => report(error, 'The relay failed.'));
  relay.on('lag', (unread: number) => report(new Error(`${unread} unread messages`), 'The relay lags behind.'));

  function deliver(data: unknown, handler: (message: RelayMessage) => void): void {
    const message = relayMessageSchema.safeParse(data);
    // A newer version in the fleet may send kinds we don't know.
    if (!message.success) return;
    onReceived();
    try {
      handler(message.data);
    } catch (error) {
      report(error, 'A relay handler failed.');
    }
  }

  return {
    async publish(topic, message) {
      if (inFlight >= maxInFlight) {
        report(new Error(`${inFlight} messages wait for an answer`), 'A relay message was dropped.');
        return false;
      }
      inFlight += 1;
      const published = relay.publish(topic, message).finally(() => {
        inFlight -= 1;
      });
      try {
        await within(published, timeoutMs, 'a message was not published');
        return true;
      } catch (error) {
        report(error, 'A relay message was dropped.');
        return false;
      }
    },
    async subscribe(topic, handler) {
      const subscribing = relay.subscribe(topic, (message) => deliver(message.data, handler));
      const subscription = await within(subscribing, timeoutMs, 'a subscription was not taken').catch((error: unknown) => {
        // The caller is told it failed, so a late success must not deliver to it.
        void subscribing.then(
          (late) => late.unsubscribe().catch(() => undefined),
          () => undefined,
        );
        throw error;
      });
      return async () => {
        // When this fails the relay has already stopped delivering and cleans up at its next recovery.
        await within(subscription.unsubscribe(), timeoutMs, 'a subscription was not ended').catch((error: unknown) =>
          report(error, 'A relay subscription was not ended on the server.'),
        );
      };
    },
    async close() {
      await settlesWithin(relay.close(), timeoutMs);
    },
  };
}
