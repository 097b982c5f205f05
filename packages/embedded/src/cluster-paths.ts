import { join } from 'node:path';

/**
 * Everything that belongs to one embedded server lives in one folder, so that creating it is one atomic rename and a
 * password can never belong to another cluster than the one beside it.
 */
export interface ClusterPaths {
  /** Real path of the folder the user named; starting and stopping is serialised on it. */
  readonly dataDir: string;
  /** Real path of the folder that holds all of the below. */
  readonly root: string;
  /** PGDATA. */
  readonly data: string;
  /** Password of the superuser, mode 0600. */
  readonly passwordFile: string;
  /** Port of the last start: taken again when free, so that clients can reconnect after a restart. */
  readonly portFile: string;
  /** One file per process that uses the server. */
  readonly holders: string;
  /** What the server writes to its standard error. */
  readonly logFile: string;
}

export function clusterPaths(dataDir: string, root: string): ClusterPaths {
  return {
    dataDir,
    root,
    data: join(root, 'data'),
    passwordFile: join(root, 'postgres.password'),
    portFile: join(root, 'postgres.port'),
    holders: join(root, 'holders'),
    logFile: join(root, 'postgres.log'),
  };
}
