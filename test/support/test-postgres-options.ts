import type { EmbeddedPostgresLog, ServerSettings } from '@orchestrator/embedded';

/** Killing processes loses nothing that was handed to the kernel; only a power cut would, and no test cuts the power. */
export const unsafeFastSettings: ServerSettings = { fsync: 'off', full_page_writes: 'off' };

export const problemLog: EmbeddedPostgresLog = {
  info: () => undefined,
  warn: (facts, sentence) => console.warn(sentence, facts),
  error: (facts, sentence) => console.error(sentence, facts),
};
