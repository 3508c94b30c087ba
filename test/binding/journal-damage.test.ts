// Journal files that are damaged, cut off or taken away: no crash, no endless loop, nothing that was not there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync, statSync, truncateSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openJournal } from '../../src/binding/addon.ts';
import { type EntryFields, writeJournal } from '../lab/journal-file.ts';
import { Random } from '../record/random.ts';

const seed = Number(process.env['RINGJAIL_SEED'] ?? 1);
const directory = mkdtempSync(`${tmpdir()}/ringjail-damage-`);
after(() => rmSync(directory, { recursive: true }));

const count = 400;
const numbered = (from: number, until: number): EntryFields[] =>
  Array.from({ length: until - from }, (_, index) => ({
    MESSAGE: `number ${from + index}`,
    _COMM: `c${index % 3}`,
    _PID: from + index,
    _HOSTNAME: 'h',
  }));
const whole = `${directory}/whole.journal`;
writeJournal(whole, numbered(0, count));

/** Reads the journal to its end in a process of its own, as what goes wrong may end the process. */
const reading = fileURLToPath(new URL('../lab/read-journal.js', import.meta.url));
function readApart(path: string): { status: number | null; signal: string | null; numbers: number[]; stderr: string } {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [reading, path], { encoding: 'utf8', timeout: 20_000 });
  return { status, signal, numbers: stdout.split('\n').filter(Boolean).map(Number), stderr };
}

describe('a damaged journal file', () => {
  it(`bytes changed at random (seed ${seed})`, () => {
    const random = new Random(seed);
    const size = statSync(whole).size;
    for (let round = 0; round < 40; round++) {
      const path = `${directory}/damaged-${round}.journal`;
      copyFileSync(whole, path);
      const file = openSync(path, 'r+');
      // Entries lie near the beginning of a file that is filled up with zeros.
      const reach = round % 2 === 0 ? Math.min(size, 300_000) : size;
      for (let i = 0; i < 30; i++) writeSync(file, Buffer.from([random.below(256)]), 0, 1, 300 + random.below(reach - 300));
      closeSync(file);
      const { status, signal, numbers, stderr } = readApart(path);
      assert.equal(signal, null, `round ${round}: ended by ${signal}: ${stderr}`);
      assert.ok(status === 0 || status === 3, `round ${round}: exit ${status}: ${stderr}`);
      assert.ok(numbers.length <= count, `round ${round}: ${numbers.length} entries`);
      assert.equal(
        new Set(numbers.filter((n) => !Number.isNaN(n))).size,
        numbers.filter((n) => !Number.isNaN(n)).length,
        `round ${round}: an entry came twice`,
      );
      unlinkSync(path);
    }
  });

  it('cut off at every fifth of what is used', () => {
    for (const bytes of [0, 100, 300, 5_000, 60_000, 120_000, 200_000, 400_000]) {
      const path = `${directory}/cut-${bytes}.journal`;
      copyFileSync(whole, path);
      truncateSync(path, bytes);
      const { status, signal } = readApart(path);
      assert.equal(signal, null, `${bytes} bytes`);
      assert.ok(status === 0 || status === 3, `${bytes} bytes: exit ${status}`);
      unlinkSync(path);
    }
  });
});

describe('a journal file that changes under the reader', () => {
  const textOf = (raw: { count: number; bytes: Buffer; messageStart: Uint32Array; messageEnd: Uint32Array }) =>
    Array.from({ length: raw.count }, (_, i) => raw.bytes.toString('latin1', raw.messageStart[i], raw.messageEnd[i]));

  for (const bytes of [0, 4096, 100_000]) {
    it(`cut off to ${bytes} bytes`, () => {
      const folder = mkdtempSync(`${directory}/cut-`);
      copyFileSync(whole, `${folder}/a.journal`);
      const reader = openJournal({ path: folder }, () => undefined);
      reader.select([{ matches: [], isSystemOnly: false }]);
      reader.seekHead();
      assert.equal(textOf(reader.read(10, 1 << 20))[9], 'number 9');
      truncateSync(`${folder}/a.journal`, bytes);
      const seen: string[] = [];
      try {
        for (let reads = 0; ; reads++) {
          assert.ok(reads < 100, 'an endless loop');
          const raw = reader.read(10, 1 << 20);
          seen.push(...textOf(raw));
          if (raw.isAtEnd) break;
        }
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'EFAULT');
      }
      reader.close();
      assert.deepEqual(
        seen,
        numbered(10, 10 + seen.length).map(({ MESSAGE }) => MESSAGE),
      );
      // The place goes on where there is something to go on with.
      writeJournal(`${folder}/b.journal`, numbered(1000, 1002), 1_800_000_000_000_000);
      const second = openJournal({ path: folder }, () => undefined);
      second.select([{ matches: [], isSystemOnly: false }]);
      second.seekRealtime(1_800_000_000_000_000);
      assert.deepEqual(textOf(second.read(10, 1 << 20)), ['number 1000', 'number 1001']);
      second.close();
    });
  }

  it('deleted: what of it was not read is told as a loss, once', () => {
    const folder = mkdtempSync(`${directory}/deleted-`);
    copyFileSync(whole, `${folder}/a.journal`);
    const reader = openJournal({ path: folder }, () => undefined);
    reader.select([{ matches: [], isSystemOnly: false }]);
    reader.seekHead();
    assert.equal(reader.read(10, 1 << 20).count, 10);
    unlinkSync(`${folder}/a.journal`);
    const told = Array.from({ length: 2 }, () => reader.read(count, 1 << 20));
    assert.deepEqual(
      told.map((raw) => [raw.count, raw.isAtEnd, raw.isInvalidated, raw.losses.map(({ reason }) => reason)]),
      [
        [0, true, true, ['a journal file went away before all of it was read']],
        [0, true, false, []],
      ],
    );
    reader.close();
  });
});
