import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { inject } from 'vitest';
import { freePort } from './free-port.ts';
import './provided.ts';
import { makeScratchFolder } from './scratch-folder.ts';

/** Whether this machine has a redis-server: use it as `describe.runIf(redisAvailable())`. */
export function redisAvailable(): boolean {
  return inject('isRedisAvailable');
}

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Process id of the server of now; throws while it is down. */
  readonly pid: number;
  /** Orderly end (SIGTERM). The data stays if it was started with `appendonly`. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder, after `stop` or `kill`, or stops it first. */
  restart(): Promise<void>;
  flushAll(): Promise<void>;
  /** Stops it and removes its folder. */
  dispose(): Promise<void>;
}

export interface TestRedisOptions {
  /** Write an append-only file, so that a restart finds the data again. @defaultValue false */
  readonly appendonly?: boolean;
}

/** Starts a redis-server of its own for one test file, on 127.0.0.1, without snapshots and with `noeviction`. */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const directory = await makeScratchFolder('redis');
  let { port, child } = await launchOnFreePort(directory, options);
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);

  const end = async (signal: NodeJS.Signals) => {
    if (hasExited(child)) return;
    const exited = once(child, 'exit');
    child.kill(signal); // only ever reaches our own child that has not been reaped
    child.kill('SIGCONT'); // a test may have frozen it
    await exited;
  };
  const stop = () => end('SIGTERM');
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      if (hasExited(child) || child.pid === undefined) throw new Error('the test Redis is not running');
      return child.pid;
    },
    stop,
    kill: () => end('SIGKILL'),
    restart: async () => {
      await stop();
      child = await launch(directory, port, options);
    },
    flushAll: () => flushAll(port),
    dispose: async () => {
      await stop();
      process.off('exit', killAtExit);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function launchOnFreePort(directory: string, options: TestRedisOptions): Promise<{ port: number; child: ChildProcess }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return { port, child: await launch(directory, port, options) };
    } catch (error) {
      if (attempt >= 5 || !/already in use/.test((error as Error).message)) throw error;
    }
  }
}

async function launch(directory: string, port: number, options: TestRedisOptions): Promise<ChildProcess> {
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: directory,
    save: '',
    appendonly: options.appendonly ? 'yes' : 'no',
    'maxmemory-policy': 'noeviction',
  };
  const serverArguments = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn('redis-server', serverArguments, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout });
  child.stderr.resume();
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`redis-server ended while starting:\n${lines.join('\n')}`)));
    output.on('line', (line) => {
      lines.push(line);
      if (line.includes('Ready to accept connections')) resolve();
    });
  });
  // A Redis that can't be reached by its own port would make us talk to somebody else's.
  const reported = /^process_id:(\d+)/m.exec(await redisCommand(port, 'INFO server'))?.[1];
  if (reported !== String(child.pid)) {
    child.kill('SIGKILL');
    throw new Error(`port ${port} already in use by process ${reported}`);
  }
  return child;
}

async function flushAll(port: number): Promise<void> {
  const answer = await redisCommand(port, 'FLUSHALL');
  if (!answer.startsWith('+OK')) throw new Error(`FLUSHALL answered ${answer}`);
}

/**
 * Sends one inline command over a bare socket and returns the raw reply: tests of a broken Redis must not depend on a
 * client that reconnects.
 */
export async function redisCommand(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('utf8');
  socket.end(`${text}\r\nQUIT\r\n`);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  return answer;
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
