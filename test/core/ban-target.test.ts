import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isNetwork, parseBanTarget, parseLoggedTarget, parseRawIdentity, shownTarget } from '../../src/core/ban-target.ts';
import { parseIpNetwork } from '../../src/core/ip-network.ts';
import { printable } from '../../src/core/printable.ts';

const raw = [
  'bob',
  '-rf',
  '$(reboot)',
  "it's",
  '"',
  '`id`',
  '<ip>',
  'a b',
  'bob/24',
  '192.0.2.7:80',
  '192.0.2.300',
  '127.1',
  '0/0',
  'fe80::1%eth0',
];
const nobody = ['', ' ', '\u00a0', 'a\nb', 'a\0', '\x1b[2J', '\u202e', '\u2028', '\x9b', '\ud800', 'x'.repeat(257), '\u00e9'.repeat(129)];

describe('parseBanTarget', () => {
  for (const text of raw) {
    it(`${text} is no address`, () => {
      assert.deepEqual(parseBanTarget(text), { family: undefined, text });
      assert.deepEqual(parseRawIdentity(text), { family: undefined, text });
    });
  }

  for (const text of nobody) {
    it(`${JSON.stringify(text.slice(0, 10))} of ${Buffer.byteLength(text)} bytes can be nobody`, () => {
      assert.equal(parseBanTarget(text), undefined);
    });
  }

  it('256 bytes are as many as there may be', () => {
    for (const text of ['x'.repeat(256), '\u00e9'.repeat(128)]) assert.equal(parseBanTarget(text)?.text, text);
  });

  for (const [text, network] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:DB8::0', '2001:db8::'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
  ] as const) {
    it(`${text} is an address or network, and never a text`, () => {
      const target = parseBanTarget(text);
      assert.ok(target !== undefined && isNetwork(target));
      assert.equal(target.text, network);
      assert.equal(parseRawIdentity(text), undefined);
    });
  }
});

describe('parseLoggedTarget', () => {
  for (const [text, isTaken] of [
    ['192.0.0.0/16', false],
    ['192.0.0.0/15', false],
    ['2001:db8::/32', false],
    ['2001:db8::/31', false],
    ['::/0', false],
    ['bob/1', true],
  ] as const) {
    it(`${text}: ${isTaken ? 'taken' : 'a network'}`, () => assert.equal(parseLoggedTarget(text) !== undefined, isTaken));
  }
});

it('whatever a log says is an address, a text that is shown as it is and read back as itself, or nobody', () => {
  const seed = Number(process.env['RINGJAIL_SEED'] ?? Date.now() % 1_000_000_000);
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('0', '1.2', '::', '/', '[', ']', '%', '/8'));
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.array(address, { maxLength: 3 }).map((parts) => parts.join('')),
  );
  const isSound = (text: string) => {
    const found = parseBanTarget(text);
    if (found === undefined) return;
    if (isNetwork(found)) assert.deepEqual(parseIpNetwork(found.text), found);
    else {
      assert.equal(found.text, text);
      assert.equal(printable(text), text);
      assert.equal(parseIpNetwork(text), undefined);
      assert.equal(JSON.parse(shownTarget(text)), text);
      assert.ok(Buffer.byteLength(text) <= 256);
      assert.deepEqual(parseRawIdentity(Buffer.from(text).toString()), found);
    }
  };
  fc.assert(fc.property(anything, isSound), { seed, numRuns: 3000 });
});

describe('shownTarget', () => {
  for (const [text, shown] of [
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7  for good', '"192.0.2.7  for good"'],
    ['a"b\\', '"a\\"b\\\\"'],
  ] as const) {
    it(text, () => assert.equal(shownTarget(text), shown));
  }
});
