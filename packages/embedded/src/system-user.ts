import { AppError } from '@orchestrator/contracts';
import type { EmbeddedPostgresLog } from './log.ts';
import { runProgram, type SystemUser } from './run-program.ts';

const userName = 'postgres';

/** Debian, Fedora, Arch and most others; then BusyBox (Alpine), which knows other options. */
const waysToCreateUser: readonly (readonly (readonly string[])[])[] = [
  [
    [
      'useradd',
      '--system',
      '--user-group',
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      '/usr/sbin/nologin',
      userName,
    ],
  ],
  [
    ['addgroup', '-S', userName],
    ['adduser', '-S', '-D', '-H', '-h', '/nonexistent', '-s', '/sbin/nologin', '-G', userName, userName],
  ],
];

/**
 * Postgres refuses to run as root. As root we run it as the system user `postgres`, created if absent; as anybody else, as
 * ourselves (null).
 *
 * @throws AppError `invalid-configuration` when the user is absent and can't be created.
 */
export async function serverUser(log: EmbeddedPostgresLog): Promise<SystemUser | null> {
  if (process.platform === 'win32' || process.getuid?.() !== 0) return null;
  const existing = await findUser();
  if (existing !== null) return existing;
  for (const commands of waysToCreateUser) {
    for (const [program = '', ...rest] of commands) {
      await runProgram(program, rest, { user: null, cwd: '/' }).catch(() => null);
    }
    const created = await findUser();
    if (created !== null) {
      log.info({ user: userName, uid: created.uid }, 'created the system user that runs the embedded Postgres');
      return created;
    }
  }
  throw new AppError(
    'invalid-configuration',
    `Postgres does not run as root and the system user "${userName}" is absent and could not be created: create it, or start as another user.`,
  );
}

async function findUser(): Promise<SystemUser | null> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map(askId));
  return uid == null || gid == null || uid === 0 ? null : { name: userName, uid, gid };
}

async function askId(flag: string): Promise<number | null> {
  const result = await runProgram('id', [flag, userName], { user: null, cwd: '/' });
  return result.exitCode === 0 ? Number(result.output) : null;
}
