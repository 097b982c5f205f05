import { AppError } from '@orchestrator/contracts';
import type { RequestHandler } from 'express';

const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::(\d{1,5}))?$/i;
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The port of a loopback authority, '' when it names none, or undefined when it is not loopback. */
function loopbackPort(authority: string): string | undefined {
  const match = loopbackHost.exec(authority);
  return match === null ? undefined : (match[1] ?? '');
}

function isOwnOrigin(origin: string, hostPort: string): boolean {
  if (!origin.startsWith('http://')) return false;
  return loopbackPort(origin.slice('http://'.length)) === hostPort;
}

/**
 * Keeps web pages out while the API has no authentication. A page can make a browser on this machine call us: under its
 * own host name that it lets resolve to 127.0.0.1 (DNS rebinding; the `Host` header gives it away), or with a blind
 * cross-origin POST (the `Origin` header does).
 */
export const loopbackGuard: RequestHandler = (request, _response, next) => {
  const port = loopbackPort(request.headers.host ?? '');
  if (port === undefined) {
    throw new AppError('forbidden', 'The Host header must be localhost, 127.0.0.1 or [::1].');
  }
  const { origin } = request.headers;
  if (origin !== undefined && !safeMethods.has(request.method) && !isOwnOrigin(origin, port)) {
    throw new AppError('forbidden', 'Requests of other web origins are refused.');
  }
  next();
};
