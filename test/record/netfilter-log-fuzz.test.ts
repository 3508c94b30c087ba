// Mutated and random records through the parser: no throw, and no source that the kernel did not write as the packet's.
// RINGJAIL_SEED repeats a run, RINGJAIL_FUZZ_COUNT sets its length.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe, it } from 'node:test';
import { parseIpAddress } from '../../src/core/ip-network.ts';
import { type NetfilterLog, parseNetfilterLog } from '../../src/record/netfilter-log.ts';
import { type LoggedPacket, randomPacket } from './netfilter-packet.ts';
import { Random } from './random.ts';

const { RINGJAIL_SEED, RINGJAIL_FUZZ_COUNT } = process.env;
const seed = Number(RINGJAIL_SEED ?? randomInt(2 ** 32));
const count = Number(RINGJAIL_FUZZ_COUNT ?? 1_000_000);

/** The line, and the sources that the parser may find in it (besides undefined). */
interface Trial {
  readonly line: string;
  readonly allowed: readonly (string | undefined)[];
  /** What must be found, the whole of it. */
  readonly log?: NetfilterLog;
}

const decoyPair = 'SRC=6.6.6.6 DST=6.6.6.7';
const decoyPacket = `${decoyPair} LEN=40`;
const decoyRecord = `IN=eth6 OUT= MAC= ${decoyPacket} TOS=0x00 PREC=0x00 TTL=6 ID=6 PROTO=TCP SPT=6 DPT=66 WINDOW=6 RES=0x00 SYN URGP=0`;
const decoys = [
  'SRC=6.6.6.6',
  'DST=6.6.6.6',
  'SRC=0606:0606:0606:0606:0606:0606:0606:0606',
  decoyPair,
  decoyPacket,
  'SRC=6::6 DST=6::7 LEN=60',
  `OUT= ${decoyPacket}`,
  `MAC= ${decoyPacket}`,
  'IN=eth6',
  'OUT=eth6',
  'IN=eth6 OUT=',
  decoyRecord,
  `[UFW BLOCK] ${decoyRecord}`,
  `${decoyRecord} [`,
  `${decoyRecord} PROTO=ICMP TYPE=3 CODE=3 [SRC=`,
  `IN=eth6 OUT= ${decoyPacket} PROTO=ICMP TYPE=3 CODE=3 [${decoyPacket}`,
  `IN=eth6 OUT= ${decoyPacket} PROTO=ICMP TYPE=3 CODE=3 [`,
  `IN=eth6 OUT= ${decoyPacket} INCOMPLETE [6`,
  `IN=eth6 OUT= ${decoyPacket}`,
  `PROTO=ICMP TYPE=3 CODE=3 [${decoyPacket} ]`,
  `[${decoyPacket} ]`,
  `[${decoyPacket}`,
  `[${decoyRecord} ]`,
  `] ${decoyPacket}`,
  `]${decoyPacket}`,
  `] ${decoyPacket} [`,
  `[6 bytes] ${decoyPacket}`,
  'bytes]',
  '[',
  ']',
  '(',
  ')',
  '\0',
  '\n',
  `\n${decoyRecord}\n`,
];

const trials: readonly [name: string, make: (random: Random, packet: LoggedPacket) => Trial][] = [
  ['intact', (_, { line, log }) => ({ line, allowed: [log.source], log })],
  ['cut', (random, { line, log }) => ({ line: line.slice(0, random.below(line.length + 1)), allowed: [log.source] })],
  ['token twice', (random, { line, log }) => ({ line: duplicate(random, line), allowed: [log.source] })],
  ['tokens gone', (random, { line, log }) => ({ line: remove(random, line), allowed: [log.source] })],
  ['tokens swapped', (random, { line, log }) => ({ line: swap(random, line), allowed: [log.source] })],
  ['decoys between tokens', (random, { line, log }) => ({ line: insertBetweenTokens(random, line), allowed: [log.source] })],
  ['decoys anywhere', (random, { line, log }) => ({ line: insertAnywhere(random, line), allowed: [log.source] })],
  [
    'decoys and a token twice',
    (random, { line, log }) => ({ line: duplicate(random, insertBetweenTokens(random, line)), allowed: [log.source] }),
  ],
  ['spliced', splice],
  ['bytes changed', (random, { line }) => judged(changeBytes(random, line))],
  ['bytes gone or new', (random, { line }) => judged(moveBytes(random, line))],
  ['tokens at random', (random, { line }) => judged(randomTokens(random, line))],
  ['bytes at random', (random) => judged(randomBytes(random))],
];

function duplicate(random: Random, line: string): string {
  const tokens = line.split(' ');
  const token = random.below(tokens.length);
  tokens.splice(random.once(2) ? token : random.below(tokens.length + 1), 0, tokens[token] ?? '');
  return tokens.join(' ');
}

function remove(random: Random, line: string): string {
  const tokens = line.split(' ');
  for (let times = 1 + random.below(3); times > 0; times--) tokens.splice(random.below(tokens.length), 1);
  return tokens.join(' ');
}

function swap(random: Random, line: string): string {
  const tokens = line.split(' ');
  const a = random.below(tokens.length);
  const b = random.below(tokens.length);
  [tokens[a], tokens[b]] = [tokens[b] ?? '', tokens[a] ?? ''];
  return tokens.join(' ');
}

function insertBetweenTokens(random: Random, line: string): string {
  const tokens = line.split(' ');
  for (let times = 1 + random.below(2); times > 0; times--) tokens.splice(random.below(tokens.length + 1), 0, random.pick(decoys));
  return tokens.join(' ');
}

function insertAnywhere(random: Random, line: string): string {
  const at = random.below(line.length + 1);
  const space = random.below(4);
  return `${line.slice(0, at)}${space & 1 ? ' ' : ''}${random.pick(decoys)}${space & 2 ? ' ' : ''}${line.slice(at)}`;
}

/** The beginning of one line with the end of another, as when a log loses what was between. */
function splice(random: Random, first: LoggedPacket): Trial {
  const second = randomPacket(random);
  const until = random.below(first.line.length + 1);
  const from = random.once(4) ? 0 : random.below(second.line.length + 1);
  const line = first.line.slice(0, until) + second.line.slice(from);
  // Cut in both addresses, the line holds a third one, whole, and nothing tells.
  const isCutInBoth =
    until >= first.sourceStart && until <= first.sourceEnd && from >= second.sourceStart && from <= second.sourceEnd && from > 0;
  return isCutInBoth ? judged(line) : { line, allowed: [first.log.source, second.log.source] };
}

function changeBytes(random: Random, line: string): string {
  const characters = [...line];
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(characters.length);
    const old = characters[at]?.charCodeAt(0) ?? 0;
    characters[at] = String.fromCharCode(
      random.once(2) ? old ^ (1 << random.below(8)) : (random.pick([...' =[]0.:\0\n'])?.charCodeAt(0) ?? 0),
    );
  }
  return characters.join('');
}

function moveBytes(random: Random, line: string): string {
  const from = random.below(line.length);
  const until = from + random.below(random.pick([2, 8, 64]));
  const bytes = Array.from({ length: random.below(4) }, () => String.fromCharCode(random.below(256))).join('');
  return `${line.slice(0, from)}${random.once(2) ? bytes : ''}${line.slice(until)}`;
}

function randomTokens(random: Random, line: string): string {
  const link = ['IN=eth0', 'OUT=', 'MAC=', 'SRC=192.0.2.7', 'DST=198.51.100.1', 'LEN=60'];
  const frame = [...link, 'TTL=6', 'PROTO=ICMP', 'TYPE=3', 'CODE=3', '[SRC=6.6.6.6', 'DST=6.6.6.7', 'LEN=40', ']', 'MTU=1'];
  const tokens = random.once(2) ? frame : [...frame, ...line.split(' '), ...decoys];
  const length = random.below(20);
  // Mostly in order, or hardly one of them would be a record.
  let next = 0;
  return Array.from({ length }, () => (random.once(10) ? random.pick(tokens) : frame[next++ % frame.length])).join(
    random.once(40) ? '' : ' ',
  );
}

function randomBytes(random: Random): string {
  const alphabet = random.pick([undefined, 'IN=OUT SRC=DST=LEN=0.[] ', '=[] \0\xff']);
  return Array.from({ length: random.below(random.once(100) ? 8192 : 200) }, () =>
    alphabet === undefined ? String.fromCharCode(random.below(256)) : random.pick([...alphabet]),
  ).join('');
}

const judged = (line: string): Trial => ({ line, allowed: [sourceByExpression(line)] });

/**
 * The judge: what a record's source can be at all, by a plain expression that shares nothing with the parser. It accepts more than the parser
 * does (any tokens before SRC= and after LEN=), and has the same opinion on whose SRC= it is.
 */
function sourceByExpression(line: string): string | undefined {
  const frame =
    /^(.*?)IN=[^\s/:\0]{0,15} OUT=[^\s/:\0]{0,15} +(?:(?!SRC=)[^ [][^ ]* +)*?SRC=([^ ]+) DST=([^ ]+) LEN=\d+ (.*?)[\r\n]*$/s.exec(line);
  if (frame === null) return undefined;
  const [, prefix = '', source = '', destination = '', rest = ''] = frame;
  const quote = /\[SRC=(?:[^[\]]|\[\d+ bytes\])*(?:\](?= |$)|(?:\[[\d bytes]*)?$)/;
  const own = rest.replace(quote, (packet) => (/ (?:IN|OUT)=/.test(packet) ? packet : ''));
  if (prefix.includes('IN=') || /(?:^| )\[?(?:IN|OUT|SRC|DST)=/.test(own)) return undefined;
  const sender = parseIpAddress(source);
  const receiver = parseIpAddress(destination);
  const isMapped = sender?.family === 4 && source.includes(':');
  return sender?.family === receiver?.family && !isMapped ? sender?.text : undefined;
}

describe('parseNetfilterLog, fuzzed', () => {
  it(`${count} lines, RINGJAIL_SEED=${seed}`, (t) => {
    const random = new Random(seed);
    const accepted = trials.map(() => ({ lines: 0, records: 0 }));
    for (let iteration = 0; iteration < count; iteration++) {
      const index = random.below(trials.length);
      const [name, make] = trials[index] ?? assert.fail();
      const { line, allowed, log } = make(random, randomPacket(random));
      // Between other bytes, that would complete a decoy if the parser read past its end.
      const bytes = Buffer.from(`${decoyRecord} ${line}0 ${decoyRecord}`, 'latin1');
      const start = decoyRecord.length + 1;
      const failure = () => `${name}: RINGJAIL_SEED=${seed}, iteration ${iteration}: ${JSON.stringify(line)}`;
      let found: NetfilterLog | undefined;
      try {
        found = parseNetfilterLog(bytes, start, start + line.length);
      } catch (error) {
        assert.fail(`throws ${error} on ${failure()}`);
      }
      if (found !== undefined && !allowed.includes(found.source)) assert.fail(`source ${found.source}, not ${allowed}, in ${failure()}`);
      if (log !== undefined && !isSame(found, log)) assert.deepEqual(found, log, failure());
      const tally = accepted[index] ?? assert.fail();
      tally.lines++;
      if (found !== undefined) tally.records++;
    }
    const shares = accepted.map(({ lines, records }, index) => `${trials[index]?.[0]} ${((100 * records) / lines).toFixed(1)} %`);
    t.diagnostic(`taken for records: ${shares.join(', ')}`);
    // A parser that refuses nearly everything would be safe, and of no use.
    for (const [name, least] of [
      ['cut', 0.3],
      ['bytes changed', 0.1],
      ['tokens at random', 0.01],
    ] as const) {
      const tally = accepted[trials.findIndex((trial) => trial[0] === name)];
      if (tally !== undefined && tally.lines >= 1000)
        assert.ok(tally.records / tally.lines > least, `${name}: ${tally.records} of ${tally.lines}`);
    }
  });
});

function isSame(found: NetfilterLog | undefined, log: NetfilterLog): boolean {
  return found !== undefined && (Object.keys(log) as (keyof NetfilterLog)[]).every((key) => found[key] === log[key]);
}
