import { connect } from 'node:net';

/**
 * Sends bytes as they are and collects what comes back until the server closes the connection or `isComplete` holds:
 * for requests that no client library would send.
 */
export function rawExchange(port: number, parts: readonly string[], isComplete: (received: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      for (const part of parts) socket.write(part);
    });
    let received = '';
    const done = (): void => {
      socket.destroy();
      resolve(received);
    };
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (isComplete(received)) done();
    });
    socket.on('end', done);
    socket.on('error', reject);
  });
}
