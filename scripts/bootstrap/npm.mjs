/** The package manager that every machine gets, whatever it has itself. */
export const pnpmPackage = 'pnpm@12.21.0';

/**
 * How to call npm: the one that called us, else the one in PATH.
 * @returns {{ command: string, args: string[] }}
 */
export function npmCommand() {
  const caller = process.env.npm_execpath ?? '';
  if (/npm-cli\.c?js$/.test(caller)) return { command: process.execPath, args: [caller] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [] };
}
