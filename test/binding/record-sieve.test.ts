// RecordSieve against the obvious way to do it, on random records; and whatever else is passed to it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createRecordSieve } from '../../src/binding/addon.ts';

const { RINGJAIL_SEED } = process.env;
const seed = Number(RINGJAIL_SEED ?? Date.now() % 2 ** 31);

interface Trial {
  readonly literals: readonly (readonly string[])[];
  readonly records: readonly string[];
  /** Of each record the filters that it is wanted by. */
  readonly wanted: readonly (readonly number[])[];
  /** Words a record more than are needed. */
  readonly spare: number;
}

const folded = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** By filter, which records. */
function expectedOf({ literals, records, wanted }: Trial): number[][] {
  return literals.map((texts, filter) =>
    records.flatMap((record, index) => {
      const isTaken = texts.length === 0 || texts.some((text) => folded(record).includes(text));
      return isTaken && wanted[index]?.includes(filter) ? [index] : [];
    }),
  );
}

function sifted({ literals, records, wanted, spare }: Trial): number[][] {
  const words = Math.ceil(literals.length / 32) + spare;
  const parts = records.map((record) => Buffer.from(record));
  const starts = new Uint32Array(parts.length);
  const ends = new Uint32Array(parts.length);
  let used = 0;
  for (const [index, part] of parts.entries()) {
    starts[index] = used;
    used += part.length;
    ends[index] = used++;
  }
  // Bits of filters that there are not must not matter.
  const selected = new Uint32Array(parts.length * words).fill(spare > 0 ? 0xffffffff : 0);
  for (const [index, filters] of wanted.entries()) {
    for (let filter = 0; filter < literals.length; filter++) {
      const word = index * words + (filter >> 5);
      const bit = 1 << (filter & 31);
      selected[word] = filters.includes(filter) ? (selected[word] ?? 0) | bit : (selected[word] ?? 0) & ~bit;
    }
  }
  const bytes = Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n')]));
  const rows = createRecordSieve(literals).sift(bytes, starts, ends, parts.length, selected);
  const lists: number[][] = [];
  let at = 0;
  for (const _ of literals) {
    const size = rows[at] ?? 0;
    lists.push([...rows.subarray(at + 1, at + 1 + size)]);
    at += 1 + size;
  }
  assert.equal(at, rows.length);
  return lists;
}

const letters = fc.constantFrom(...'abAB12 \nékK\u212a\u0000');
const literal = fc.string({ unit: letters, minLength: 1, maxLength: 4 }).map(folded);

const trialOf = (filters: fc.ArrayConstraints): fc.Arbitrary<Trial> =>
  fc.array(fc.array(literal, { maxLength: 3 }), filters).chain((literals) => {
    const record = fc.record({
      text: fc.string({ unit: letters, maxLength: 30 }),
      filters: literals.length === 0 ? fc.constant([]) : fc.uniqueArray(fc.nat(literals.length - 1)),
    });
    return fc.tuple(fc.array(record, { maxLength: 12 }), fc.nat(1)).map(([records, spare]) => ({
      literals,
      records: records.map(({ text }) => text),
      wanted: records.map((one) => one.filters),
      spare,
    }));
  });

describe('RecordSieve', () => {
  const sizes: [name: string, filters: fc.ArrayConstraints][] = [
    ['a few filters', { maxLength: 5 }],
    ['about a word of them', { minLength: 30, maxLength: 35 }],
    ['about two', { minLength: 62, maxLength: 67 }],
    ['many', { minLength: 120, maxLength: 140 }],
  ];
  for (const [name, filters] of sizes) {
    it(`offers what a plain search would: ${name}`, (context) => {
      context.diagnostic(`RINGJAIL_SEED=${seed}`);
      fc.assert(
        fc.property(trialOf(filters), (trial) => assert.deepEqual(sifted(trial), expectedOf(trial))),
        { seed, numRuns: 400 },
      );
    });
  }

  const all = (filters: number) => Array.from({ length: filters }, (_, filter) => filter);
  const offered = (literals: string[][], records: string[]) =>
    sifted({ literals, records, wanted: records.map(() => all(literals.length)), spare: 0 });

  it('no filters, no records', () => {
    assert.deepEqual(offered([], []), []);
    assert.deepEqual(offered([], ['a']), []);
    assert.deepEqual(offered([['a'], []], []), [[], []]);
  });

  it('no literals, and an empty one, take any record; an empty record too', () => {
    assert.deepEqual(offered([[], [''], ['b', ''], ['b']], ['', 'a']), [[0, 1], [0, 1], [0, 1], []]);
  });

  it('disregards case on both sides', () => assert.deepEqual(offered([['FAILED'], ['failed']], ['a FaIlEd b']), [[0], [0]]));

  it('keeps nothing from one call to the next', () => {
    const sieve = createRecordSieve([['a']]);
    const sift = (text: string) =>
      sieve.sift(Buffer.from(text), Uint32Array.of(0), Uint32Array.of(text.length), 1, Uint32Array.of(1)).join(' ');
    assert.deepEqual(['a', 'b', 'a'].map(sift), ['1 0', '0', '1 0']);
  });
});

describe('RecordSieve, with arguments that are none', () => {
  const growing: string[][] = [['a']];
  Object.defineProperty(growing, 0, {
    get: () => {
      if (growing.length < 200) growing.push([]);
      return ['a'];
    },
  });

  for (const [name, literals] of Object.entries({
    nothing: undefined,
    'a text': 'a',
    'a list of texts': ['a'],
    'numbers as texts': [[1]],
    'an array without values': new Array(3),
    'an endless array': new Array(2 ** 32 - 1),
    'endless literals': [new Array(2 ** 32 - 1)],
  })) {
    it(`made of ${name}`, () => assert.throws(() => createRecordSieve(literals as never), TypeError));
  }

  it('made of an array that grows while it is read', () => {
    const sieve = createRecordSieve(growing);
    const rows = sieve.sift(Buffer.from('a'), Uint32Array.of(0), Uint32Array.of(1), 1, new Uint32Array(8).fill(0xffffffff));
    assert.deepEqual([...rows.subarray(0, 4)], [1, 0, 1, 0]);
  });

  it('made of an array that throws', () => {
    const thrower = Object.defineProperty([], 0, {
      get: () => {
        throw new Error('mine');
      },
    });
    assert.throws(() => createRecordSieve(thrower), /mine/);
  });

  const bytes = Buffer.from('abc');
  const [zero, three, one] = [Uint32Array.of(0), Uint32Array.of(3), Uint32Array.of(1)];
  const shared = new Uint32Array(new SharedArrayBuffer(4));
  const calls: [name: string, given: unknown[]][] = [
    ['no arguments', []],
    ['a string of bytes', ['abc', zero, three, 1, one]],
    ['columns of another kind', [bytes, Int32Array.of(0), three, 1, one]],
    ['an array of starts', [bytes, [0], three, 1, one]],
    ['shared memory', [bytes, shared, three, 1, one]],
    ['more records than starts', [bytes, zero, Uint32Array.of(3, 3), 2, Uint32Array.of(1, 1)]],
    ['more records than ends', [bytes, Uint32Array.of(0, 0), three, 2, Uint32Array.of(1, 1)]],
    ['a negative count', [bytes, zero, three, -1, one]],
    ['half a record', [bytes, zero, three, 0.5, one]],
    ['no number of records', [bytes, zero, three, Number.NaN, one]],
    ['a text as count', [bytes, zero, three, '1', one]],
    ['too few words', [bytes, zero, three, 1, new Uint32Array(0)]],
    ['an end behind the bytes', [bytes, zero, Uint32Array.of(4), 1, one]],
    ['an end before its start', [bytes, Uint32Array.of(2), Uint32Array.of(1), 1, one]],
    ['the largest numbers', [bytes, Uint32Array.of(0xffffffff), Uint32Array.of(0xffffffff), 1, one]],
  ];
  for (const [name, given] of calls) {
    it(`sift: ${name}`, () => {
      const sieve = createRecordSieve([['a']]);
      const sift = sieve.sift.bind(sieve) as (...all: unknown[]) => unknown;
      assert.throws(
        () => sift(...given),
        (error) => error instanceof TypeError || error instanceof RangeError,
      );
      // And it is as good as before.
      assert.deepEqual([...sieve.sift(bytes, zero, three, 1, one)], [1, 0]);
    });
  }

  it('called on something else', () => {
    const { sift } = createRecordSieve([]);
    assert.throws(() => Reflect.apply(sift, {}, [bytes, zero, three, 1, one]), TypeError);
  });
});
