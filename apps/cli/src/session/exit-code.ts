/** What the command line's exit tells a script. */
export const exitCodes = {
  ok: 0,
  /** The run failed or was cancelled, or something else went wrong. */
  failed: 1,
  usage: 2,
  /** 401 or 403. */
  auth: 3,
  /** The time limit of `--timeout` is over. */
  timeout: 4,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
