import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Availability = { readonly isAvailable: true } | { readonly isAvailable: false; readonly reason: string };

/** Looks for a program and, as root on a Debian-like system, installs the package of that name. */
export async function ensureProgram(name: string): Promise<Availability> {
  if (await hasProgram(name)) return { isAvailable: true };
  if (process.getuid?.() !== 0) return { isAvailable: false, reason: `${name} is not installed` };
  try {
    await run('apt-get', ['install', '-y', '--no-install-recommends', name], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  } catch (error) {
    const [line] = (error as Error).message.split('\n');
    return { isAvailable: false, reason: `${name} is not installed and apt-get could not: ${line}` };
  }
  return (await hasProgram(name))
    ? { isAvailable: true }
    : { isAvailable: false, reason: `${name} is absent even after its installation` };
}

function hasProgram(name: string): Promise<boolean> {
  return run(name, ['--version']).then(
    () => true,
    () => false,
  );
}
