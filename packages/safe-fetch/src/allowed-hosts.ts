import { isIP } from 'node:net';
import { AppError } from '@orchestrator/contracts';
import ipaddr from 'ipaddr.js';
import { type Address, parseAddress } from './address.ts';

/** Where requests may go although it is private. */
export interface AllowedHosts {
  /** Whether the name as such is allowed, whatever it resolves to. */
  allowsName(hostname: string, port: number): boolean;
  allowsAddress(address: Address, port: number): boolean;
  /** Whether any rule goes by addresses, so that only resolving a name tells. */
  readonly hasAddressRules: boolean;
}

interface NameRule {
  readonly name: string;
  readonly port: number | undefined;
}

interface AddressRule {
  readonly range: readonly [Address, number];
  readonly port: number | undefined;
}

const withPort = /^(.+):(\d{1,5})$/;

function invalid(item: string): AppError {
  return new AppError(
    'invalid-configuration',
    `Invalid configuration: the allowed private host ${JSON.stringify(item)} is no name, address, host:port or CIDR range.`,
  );
}

function parseRange(item: string): readonly [Address, number] {
  const [base = '', prefix = ''] = item.split('/', 2);
  if (parseAddress(base) === null || !/^\d{1,3}$/.test(prefix) || !ipaddr.isValidCIDR(item)) throw invalid(item);
  return ipaddr.parseCIDR(item);
}

/** The host in the form that URLs have: lower case, punycode, no brackets. */
function canonicalHost(text: string, item: string): string {
  const url = URL.parse(`http://${isIP(text) === 6 ? `[${text}]` : text}`);
  if (url === null || url.port !== '' || url.href !== `http://${url.host}/`) throw invalid(item);
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (!/^[a-z0-9_.:-]+$/.test(host)) throw invalid(item);
  return host;
}

function parseItem(item: string): NameRule | AddressRule {
  if (item.includes('/')) return { range: parseRange(item), port: undefined };
  const [, before, digits] = isIP(item) === 6 ? [] : (withPort.exec(item) ?? []);
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535)) throw invalid(item);
  const host = canonicalHost((before ?? item).replace(/^\[(.*)\]$/, '$1'), item);
  const address = parseAddress(host);
  if (address === null) return { name: host, port };
  return { range: [address, address.kind() === 'ipv4' ? 32 : 128], port };
}

function isInRange(address: Address, [base, prefix]: AddressRule['range']): boolean {
  return address.kind() === base.kind() && address.match(base, prefix);
}

/**
 * Reads a list of names (`internal.example`), addresses, either of them with a port (`localhost:9000`, `[::1]:9000`) and CIDR ranges
 * (`10.0.0.0/8`).
 * @throws AppError `invalid-configuration` naming the item that is none of them
 */
export function parseAllowedHosts(items: readonly string[]): AllowedHosts {
  const rules = items.map(parseItem);
  const names = rules.filter((rule) => 'name' in rule);
  const ranges = rules.filter((rule) => 'range' in rule);
  const fits = (rule: NameRule | AddressRule, port: number) => rule.port === undefined || rule.port === port;
  return {
    allowsName: (hostname, port) => names.some((rule) => rule.name === hostname && fits(rule, port)),
    allowsAddress: (address, port) => ranges.some((rule) => isInRange(address, rule.range) && fits(rule, port)),
    hasAddressRules: ranges.length > 0,
  };
}
