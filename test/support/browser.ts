import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { inject } from 'vitest';
import './provided.ts';
import { makeScratchFolder } from './scratch-folder.ts';

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Path of a Chromium on this machine, or null. */
export function findChromium(): string | null {
  return usualPlaces.find((path) => existsSync(path)) ?? null;
}

/** Whether this machine has a Chromium: use it as `describe.runIf(chromiumAvailable())`. */
export function chromiumAvailable(): boolean {
  return inject('chromiumPath') !== null;
}

/** Starts a Chromium without a window, with a profile of its own. Close it. */
export async function startChromium(): Promise<Browser> {
  const executablePath = inject('chromiumPath');
  if (executablePath === null) throw new Error('this machine has no Chromium');
  return await chromium.launch({
    executablePath,
    env: { HOME: await makeScratchFolder('chromium'), PATH: process.env.PATH ?? '' },
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  });
}
