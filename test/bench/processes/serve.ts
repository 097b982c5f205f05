/** A command to a child process. */
export interface Ask {
  readonly id: number;
  readonly command: string;
  readonly payload?: unknown;
}

export interface Answer {
  readonly answerTo: number;
  readonly result?: unknown;
  readonly error?: string;
}

/**
 * Answers commands of the parent process until SIGTERM.
 * @param ready - facts for the parent, sent at once
 */
export function serveCommands(options: {
  readonly ready?: Readonly<Record<string, unknown>>;
  readonly commands?: Readonly<Record<string, (payload: never) => unknown>>;
  readonly close: () => Promise<void>;
}): void {
  const { ready = {}, commands = {}, close } = options;
  async function answer({ id, command, payload }: Ask): Promise<void> {
    try {
      const handler = commands[command];
      if (handler === undefined) throw new Error(`no command ${command}`);
      process.send?.({ answerTo: id, result: await handler(payload as never) } satisfies Answer);
    } catch (error) {
      process.send?.({
        answerTo: id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      } satisfies Answer);
    }
  }
  process.on('message', (message: Ask) => void answer(message));
  process.once('SIGTERM', () => {
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
  // Waiting for commands keeps the process alive, whatever was loaded before made of the channel.
  process.channel?.ref();
  process.send?.({ type: 'ready', ...ready });
}
