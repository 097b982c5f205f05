import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { isPublicAddress, parseAddress } from './address.ts';

const isPublic = (text: string) => {
  const address = parseAddress(text);
  return address !== null && isPublicAddress(address);
};

describe('isPublicAddress', () => {
  it.each([
    ['0.0.0.0', '1.0.0.0'],
    ['9.255.255.255', '10.0.0.0', '10.255.255.255', '11.0.0.0'],
    ['100.63.255.255', '100.64.0.0', '100.127.255.255', '100.128.0.0'],
    ['126.255.255.255', '127.0.0.0', '127.255.255.255', '128.0.0.0'],
    ['169.253.255.255', '169.254.0.0', '169.254.255.255', '169.255.0.0'],
    ['172.15.255.255', '172.16.0.0', '172.31.255.255', '172.32.0.0'],
    ['192.167.255.255', '192.168.0.0', '192.168.255.255', '192.169.0.0'],
    ['198.17.255.255', '198.18.0.0', '198.19.255.255', '198.20.0.0'],
    ['223.255.255.255', '224.0.0.0', '255.255.255.255'],
  ])('draws the line around %s', (...edges) => {
    // The first and the last of a row are the neighbours outside, except where the Internet ends.
    const inside = edges.filter((edge) => !isPublic(edge));
    const outside = edges.filter(isPublic);
    expect(inside.length).toBeGreaterThan(0);
    expect(outside).toEqual(
      edges.filter(
        (_, index) =>
          (index === 0 && edges[0] !== '0.0.0.0') || (index === edges.length - 1 && edges.at(-1) !== '255.255.255.255'),
      ),
    );
  });

  it('takes only global unicast for public in IPv6', () => {
    const publicOnes = ['2606:4700:4700::1111', '2a00:1450:4001:81b::200e', '2001:4860:4860::8888', '2400:cb00::1'];
    expect(publicOnes.filter(isPublic)).toEqual(publicOnes);
    const others = [
      '::',
      '::1',
      '::2',
      '::ffff:8.8.8.8',
      '::8.8.8.8',
      '64:ff9b::808:808',
      '64:ff9b:1::1',
      '100::1',
      '2001::1',
      '2001:2::1',
      '2001:db8::1',
      '2002:808:808::1',
      '3fff::1',
      '4000::1',
      '5f00::1',
      'fc00::1',
      'fdff::1',
      'fe80::1',
      'febf::1',
      'fec0::1',
      'ff00::1',
      'ffff::1',
    ];
    expect(others.filter(isPublic)).toEqual([]);
  });

  it('is never deceived by IPv4 inside IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), (v4) => {
        const [a, b, c, d] = ipaddr.IPv4.parse(v4).octets.map((octet) => octet.toString(16).padStart(2, '0'));
        const forms = [
          `::ffff:${v4}`,
          `::${v4}`,
          `::ffff:0:${v4}`,
          `64:ff9b::${v4}`,
          `2002:${a}${b}:${c}${d}::1`,
          `2001:0:${a}${b}:${c}${d}::1`,
        ];
        return forms.every((form) => !isPublic(form));
      }),
    );
  });
});

describe('parseAddress', () => {
  it.each(['127.1', '0x7f.0.0.1', '0177.0.0.1', '2130706433', '127.0.0.1.', 'fe80::1%lo', '[::1]', '::1/128', '1.2.3.4 ', ''])(
    'takes no %j',
    (text) => {
      expect(parseAddress(text)).toBeNull();
    },
  );
});
