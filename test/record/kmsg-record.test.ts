import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe, it } from 'node:test';
import { type KmsgRecord, parseKmsgRecord } from '../../src/record/kmsg-record.ts';
import { Random } from './random.ts';

const seed = Number(process.env['RINGJAIL_SEED'] ?? randomInt(2 ** 32));
const count = 200_000;

interface Parsed {
  readonly priority: number;
  readonly sequence: number;
  readonly sinceBootUsec: number;
  readonly message: string;
}

/** What is parsed from `text` where it stands between `before` and `after`. */
function parse(text: string, before = '', after = ''): Parsed | undefined {
  const bytes = Buffer.from(before + text + after, 'latin1');
  const record: KmsgRecord = { priority: -1, sequence: -1, sinceBootUsec: -1, messageStart: -1, messageEnd: -1, isOfDevice: false };
  const start = before.length;
  const end = start + text.length;
  if (!parseKmsgRecord(bytes, start, end, record)) return undefined;
  const { priority, sequence, sinceBootUsec, messageStart, messageEnd } = record;
  assert.ok(start <= messageStart && messageStart <= messageEnd && messageEnd <= end, `${start} ${JSON.stringify(record)} ${end}`);
  assert.equal(bytes.toString('latin1', 0, start), before);
  assert.equal(bytes.toString('latin1', end), after);
  return { priority, sequence, sinceBootUsec, message: bytes.toString('latin1', messageStart, messageEnd) };
}

describe('parseKmsgRecord', () => {
  const message = 'NET: Registered PF_INET6 protocol family';
  // The first three are the examples of ABI/testing/dev-kmsg.
  const records: [string, Parsed][] = [
    [
      '7,160,424069,-;pci_root PNP0A03:00: host bridge window [io  0x0000-0x0cf7] (ignored)\n SUBSYSTEM=acpi\n DEVICE=+acpi:PNP0A03:00\n',
      {
        priority: 7,
        sequence: 160,
        sinceBootUsec: 424069,
        message: 'pci_root PNP0A03:00: host bridge window [io  0x0000-0x0cf7] (ignored)',
      },
    ],
    [`6,339,5140900,-;${message}\n`, { priority: 6, sequence: 339, sinceBootUsec: 5140900, message }],
    [
      '30,340,5690716,-;udevd[80]: starting version 181\n',
      { priority: 30, sequence: 340, sinceBootUsec: 5690716, message: 'udevd[80]: starting version 181' },
    ],
    ['6,1,2,c;cont', { priority: 6, sequence: 1, sinceBootUsec: 2, message: 'cont' }],
    ['6,1,2;no flags\n', { priority: 6, sequence: 1, sinceBootUsec: 2, message: 'no flags' }],
    ['6,1,2,-,caller=T45,new=x;text\n', { priority: 6, sequence: 1, sinceBootUsec: 2, message: 'text' }],
    ['6,1,2,-;\n', { priority: 6, sequence: 1, sinceBootUsec: 2, message: '' }],
    ['6,1,2,-;', { priority: 6, sequence: 1, sinceBootUsec: 2, message: '' }],
    ['6,1,2,-;a;b,c;d\n', { priority: 6, sequence: 1, sinceBootUsec: 2, message: 'a;b,c;d' }],
    ['0,0,0,-;first', { priority: 0, sequence: 0, sinceBootUsec: 0, message: 'first' }],
    [
      '2047,9007199254740991,9007199254740991,-;large\n',
      {
        priority: 2047,
        sequence: Number.MAX_SAFE_INTEGER,
        sinceBootUsec: Number.MAX_SAFE_INTEGER,
        message: 'large',
      },
    ],
    // Escapes
    ['6,1,2,-;\\x1b[2J\\x00\\xff\\x5cx41\n', { priority: 6, sequence: 1, sinceBootUsec: 2, message: '\x1b[2J\0\xff\\x41' }],
    ['6,1,2,-;one\\x0atwo\n K=\\x41\n', { priority: 6, sequence: 1, sinceBootUsec: 2, message: 'one\ntwo' }],
    ['6,1,2,-;\\xZZ \\x4 \\x', { priority: 6, sequence: 1, sinceBootUsec: 2, message: '\\xZZ \\x4 \\x' }],
    ['6,1,2,-;\\x4', { priority: 6, sequence: 1, sinceBootUsec: 2, message: '\\x4' }],
    ['6,1,2,-;\\x41', { priority: 6, sequence: 1, sinceBootUsec: 2, message: 'A' }],
    ['6,1,2,-;\\X41\\\\x41\n', { priority: 6, sequence: 1, sinceBootUsec: 2, message: '\\X41\\A' }],
  ];
  for (const [text, expected] of records) {
    it(JSON.stringify(text), () => {
      assert.deepEqual(parse(text), expected);
      // Neighbours that would complete an escape, a line or a header are not looked at.
      assert.deepEqual(parse(text, '4,9,9,-;before\n', '41;\n5,9,9,-;after\n'), expected);
    });
  }

  const none = [
    '',
    '\n',
    ';',
    '6',
    '6,',
    '6,1',
    '6,1,',
    '6,1,2',
    '6,1,2,-',
    '6,1;text',
    '6;text',
    ',1,2,-;text',
    '6,,2,-;text',
    '6,1,,-;text',
    '-6,1,2,-;text',
    '6,-1,2,-;text',
    ' 6,1,2,-;text',
    '6 ,1,2,-;text',
    '6,0x1,2,-;text',
    '6,1,2,-\n;text',
    '6,1,2,-\ntext;',
    '6,9007199254740993,2,-;text',
    `6,${'9'.repeat(400)},2,-;text`,
    // One more than eight bits of facility and three of severity; and what 32 bits would make facility 0 of.
    '2048,1,2,-;text',
    '34359738374,1,2,-;text',
  ];
  for (const text of none) {
    it(`no record: ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.equal(parse(text), undefined);
      if (!text.includes('\n')) assert.equal(parse(text, '6,1,2,-;x\n', ''), undefined);
    });
  }

  it('a record that is cut off gives nothing that follows it to its message', () => {
    const text = '6,1,2,-;text\n';
    for (let length = 0; length <= text.length; length++) {
      const cut = text.slice(0, length);
      const expected = length < 8 ? undefined : { priority: 6, sequence: 1, sinceBootUsec: 2, message: cut.slice(8).trimEnd() };
      assert.deepEqual(parse(cut, '', text.slice(length)), expected, JSON.stringify(cut));
    }
  });
});

/** The judge: the format by an expression, and the escapes by another. */
function judge(text: string): Parsed | undefined {
  const [, priority, sequence, sinceBootUsec, rest = ''] = /^(\d+),(\d+),(\d+)(?:,[^;\n]*)?;(.*)$/s.exec(text) ?? [];
  const numbers = [priority, sequence, sinceBootUsec].map(Number);
  if (priority === undefined || numbers.some((value) => value > Number.MAX_SAFE_INTEGER) || Number(priority) > 2047) return undefined;
  const [message = ''] = rest.split('\n');
  return {
    priority: Number(priority),
    sequence: Number(sequence),
    sinceBootUsec: Number(sinceBootUsec),
    message: message.replace(/\\x([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
  };
}

const samples = [
  '6,339,5140900,-;NET: Registered PF_INET6 protocol family\n',
  '4,1200,99999999999,-,caller=T1234;[UFW BLOCK] IN=eth0 OUT= MAC= SRC=192.0.2.7 DST=198.51.100.1 LEN=60\n SUBSYSTEM=net\n DEVICE=n2\n',
  '30,340,5690716,c;udevd\\x1b[80]: \\x5cstarting\\x0aversion\\xff 181\n',
];
const pieces = ['\\x', '\\x4', '\\x41', '\\x5c', '\\', ';', ',', '\n', '\n ', '\0', '\xff', '-', '9999999999', '0', '6,1,2,-;', 'é', ' '];

function mutated(random: Random): string {
  let text = random.pick(samples);
  for (let times = random.below(4); times > 0; times--) {
    const from = random.below(text.length + 1);
    const until = random.once(2) ? from : Math.min(text.length, from + random.below(random.pick([2, 8, 40])));
    text = text.slice(0, from) + (random.once(4) ? String.fromCharCode(random.below(256)) : random.pick(pieces)) + text.slice(until);
  }
  return random.once(3) ? text.slice(0, random.below(text.length + 1)) : text;
}

const randomText = (random: Random): string =>
  Array.from({ length: random.below(random.once(50) ? 8192 : 60) }, () =>
    random.once(2) ? String.fromCharCode(random.below(256)) : random.pick(pieces),
  ).join('');

describe('parseKmsgRecord, fuzzed', () => {
  it(`${count} records, RINGJAIL_SEED=${seed}`, () => {
    const random = new Random(seed);
    let parsed = 0;
    for (let iteration = 0; iteration < count; iteration++) {
      const text = random.once(4) ? randomText(random) : mutated(random);
      const before = random.once(2) ? '' : '6,7,8,-;before\n';
      const after = random.pick(['', '\n', '41\n', ';\n', '6,7,8,-;after\n']);
      const failure = () => `RINGJAIL_SEED=${seed}, iteration ${iteration}: ${JSON.stringify([before, text, after])}`;
      let found: Parsed | undefined;
      try {
        found = parse(text, before, after);
      } catch (error) {
        assert.fail(`${error} on ${failure()}`);
      }
      const expected = judge(text);
      if (found !== undefined) parsed++;
      if (JSON.stringify(found) !== JSON.stringify(expected)) assert.deepEqual(found, expected, failure());
    }
    assert.ok(parsed > count / 4, `only ${parsed} of ${count} were records`);
  });
});
