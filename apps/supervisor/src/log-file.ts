import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const keptFiles = 3;
const defaultMaxSizeBytes = 10 * 1024 * 1024;

/** A log that never grows over its bound: `name.log` is the newest file, `name.1.log` the one before, and so on. */
export interface LogFile {
  readonly path: string;
  write(line: string): void;
  close(): void;
}

function rotate(path: string): void {
  const older = (age: number) => (age === 0 ? path : path.replace(/\.log$/, `.${age}.log`));
  for (let age = keptFiles - 1; age >= 0; age -= 1) if (existsSync(older(age))) renameSync(older(age), older(age + 1));
}

/**
 * Starts a new log file and keeps the last three.
 * @param path - ends in `.log`; its directory is created
 * @param maxSizeBytes - when to start the next file. @defaultValue 10 MiB
 */
export function openLogFile(path: string, maxSizeBytes = defaultMaxSizeBytes): LogFile {
  mkdirSync(dirname(path), { recursive: true });
  rotate(path);
  let descriptor = openSync(path, 'a');
  let sizeBytes = fstatSync(descriptor).size;

  return {
    path,
    write: (line) => {
      const bytes = Buffer.from(`${line}\n`);
      try {
        if (sizeBytes > 0 && sizeBytes + bytes.length > maxSizeBytes) {
          closeSync(descriptor);
          rotate(path);
          descriptor = openSync(path, 'a');
          sizeBytes = 0;
        }
        sizeBytes += writeSync(descriptor, bytes);
      } catch {
        // A full disk must not stop the system: the line is lost.
      }
    },
    close: () => closeSync(descriptor),
  };
}
