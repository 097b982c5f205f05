import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** All that is routed as IPv6 on the Internet lies in here. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Parses an address in its usual form; null for anything else. Short, octal or hexadecimal IPv4 and zone ids are no usual form:
 * programs disagree on what they mean.
 */
export function parseAddress(text: string): Address | null {
  return isIP(text) === 0 || text.includes('%') ? null : ipaddr.parse(text);
}

/**
 * Whether an address belongs to the public Internet, judged by its bytes. Whatever is not plainly global is not: loopback,
 * private, link-local, shared (CGNAT), benchmark, documentation, multicast and reserved ranges, and every form of IPv6 that carries an
 * IPv4 address (mapped, compatible, translated, NAT64, 6to4, Teredo), where a gateway could lead back inside.
 */
export function isPublicAddress(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || address.match(globalUnicast);
}
