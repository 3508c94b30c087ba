// Against the examples of The Unicode Standard, chapter 3.9, and Node's own decoder, which repairs as Python's 'replace' does.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { toValidUtf8 } from '../../src/binding/pattern-set.ts';

const { FUZZ_SEED } = process.env;
const seed = Number(FUZZ_SEED ?? Date.now() % 2 ** 31);
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

describe('toValidUtf8', () => {
  const valid = ['', 'a', 'größe', '日本', '😀', '\ufeffa', '\ufffd', '\0', '\x7f', '\u{10ffff}', 'a'.repeat(100), `${'a'.repeat(15)}é`];
  for (const text of valid) {
    it(`${JSON.stringify(text)} is valid already`, () => {
      const bytes = Buffer.from(`\x80${text}\x80`);
      assert.equal(toValidUtf8(bytes, 2, bytes.length - 2), undefined);
    });
  }

  const repaired: [hex: string, text: string][] = [
    ['61 f1 80 80 e1 80 c2 62 80 63 80 bf 64', 'a���b�c��d'],
    ['c0 af e0 80 bf f0 81 82 41', '��������A'],
    ['ed a0 80 ed bf bf ed af 41', '��������A'],
    ['f4 91 92 93 ff 41 80 bf 42', '�����A��B'],
    ['e1 80 e2 f0 91 92 f1 bf 41', '����A'],
    ['c3', '�'],
    ['61 e2 82', 'a�'],
    ['fe ff', '��'],
  ];
  for (const [hex, text] of repaired) {
    it(hex, () => {
      const bytes = Buffer.from(`c3${hex.replaceAll(' ', '')}80`, 'hex');
      assert.equal(toValidUtf8(bytes, 1, bytes.length - 1)?.toString(), text);
    });
  }

  it('repairs as the decoder does', (context) => {
    context.diagnostic(`FUZZ_SEED=${seed}`);
    const edge = fc.constantFrom(
      0x41,
      0x7f,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xe1,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
    );
    const pieces = fc.oneof(edge, fc.integer({ min: 0, max: 255 })).map((byte) => Buffer.of(byte));
    const texts = fc.constantFrom('abcdefghijk', 'é', '日', '😀').map((text) => Buffer.from(text));
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, texts)), (parts) => {
        const bytes = Buffer.concat(parts);
        const text = decoder.decode(bytes);
        assert.equal((toValidUtf8(bytes, 0, bytes.length) ?? bytes).toString('hex'), Buffer.from(text).toString('hex'));
      }),
      { seed, numRuns: 5000 },
    );
  });
});
