import { write, writeSync } from 'node:fs';

/** Longest wait for a full pipe while the process exits. */
const exitPatienceMs = 500;
const fullPipeDelayMs = 10;

export interface LineWriter {
  /** Never throws and never blocks. */
  write(line: string): void;
  /** Writes what is pending before it returns; for the last moment of a process. Gives up after half a second. */
  flushSync(): void;
}

export interface LineWriterOptions {
  /** Unwritten text that may pile up behind a slow reader, in UTF-16 units; lines beyond it are counted and dropped. */
  readonly maxPending?: number;
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EAGAIN' || code === 'EBUSY';
}

/**
 * Writes lines to a file descriptor in the order they came, without blocking the event loop: one write is in flight,
 * and what comes meanwhile goes out with the next. When nobody reads any more (the other end of a pipe was closed)
 * everything is dropped. pino's own writer waits for ever in that case when its process exits.
 */
export function createLineWriter(fd: number, options: LineWriterOptions = {}): LineWriter {
  const { maxPending = 16 * 1_048_576 } = options;
  let pending = '';
  let dropped = 0;
  let inFlight: Buffer | null = null;
  let isClosed = false;

  function close(): void {
    isClosed = true;
    pending = '';
    inFlight = null;
  }

  function takePending(): Buffer {
    const note =
      dropped === 0 ? '' : `${JSON.stringify({ level: 'warn', dropped, msg: 'log lines were dropped: nobody read them' })}\n`;
    const taken = Buffer.from(pending + note);
    pending = '';
    dropped = 0;
    return taken;
  }

  function send(chunk: Buffer): void {
    inFlight = chunk;
    write(fd, chunk, 0, chunk.length, null, (error, written) => {
      if (inFlight !== chunk) return;
      if (error !== null) {
        if (isFull(error)) setTimeout(() => inFlight === chunk && send(chunk), fullPipeDelayMs);
        else close();
        return;
      }
      inFlight = null;
      if (written < chunk.length) send(chunk.subarray(written));
      else if (pending !== '') send(takePending());
    });
  }

  return {
    write(line) {
      if (isClosed) return;
      if (pending.length + line.length > maxPending) {
        dropped += 1;
        return;
      }
      pending += line;
      if (inFlight === null) send(takePending());
    },
    flushSync() {
      if (isClosed) return;
      // The chunk in flight is in the hands of the system already; writing it again would double its lines.
      let rest: Buffer = takePending();
      const deadline = Date.now() + exitPatienceMs;
      while (rest.length > 0) {
        try {
          rest = rest.subarray(writeSync(fd, rest));
        } catch (error) {
          if (!isFull(error) || Date.now() > deadline) return;
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, fullPipeDelayMs);
        }
      }
    },
  };
}
