// A journald that rotates and vacuums all the time: what is vacuumed unread is told, what was read is not.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type JournalReader, openJournal } from '../../src/binding/addon.ts';
import { until } from '../lab/laboratory.ts';
import { PrivateJournald } from '../lab/private-journald.ts';
import { needsRoot } from './requires-root.ts';

interface Told {
  readonly numbers: number[];
  readonly losses: string[];
}

function readTo(told: Told, reader: JournalReader, maxRecords: number): boolean {
  const raw = reader.read(maxRecords, 1 << 20);
  for (let i = 0; i < raw.count; i++) told.numbers.push(Number(raw.bytes.toString('latin1', raw.messageStart[i], raw.messageEnd[i])));
  told.losses.push(...raw.losses.map(({ reason }) => reason));
  return raw.isAtEnd;
}

function openEnd(path: string, told: Told): JournalReader {
  const reader = openJournal({ path }, () => readTo(told, reader, 1000));
  reader.select([{ matches: [['SYSLOG_IDENTIFIER=numbered']], isSystemOnly: false }]);
  reader.seekTail();
  return reader;
}

describe('a journal that is vacuumed', { skip: needsRoot, timeout: 120_000 }, () => {
  const journald = new PrivateJournald(['Storage=persistent', 'SplitMode=uid', 'SystemMaxFiles=4', 'SystemMaxFileSize=600K']);
  const log = (from: number, count: number, uid = 0) =>
    execFileSync('logger', ['--socket-errors=on', '-u', journald.devLog, '-t', 'numbered'], {
      input: Array.from({ length: count }, (_, index) => `${from + index}\n`).join(''),
      uid,
    });
  before(() => journald.start());
  after(() => journald.remove());

  it('tells no loss to a reader at its end, in dozens of vacuums', async () => {
    const told: Told = { numbers: [], losses: [] };
    // A user's file that stays empty for long is vacuumed as it is rotated.
    log(0, 1, 1000);
    const written = () => spawnSync('journalctl', ['-D', journald.journal, '-t', 'numbered', '-o', 'cat'], { encoding: 'utf8' }).stdout;
    await until('it is written', () => written().startsWith('0'));
    const reader = openEnd(journald.journal, told);
    reader.start();
    const active = `${journald.journal}/${journald.files().find((name) => name.endsWith('system.journal'))}`;
    const inodeOf = () => statSync(active, { throwIfNoEntry: false })?.ino;
    const vacuumed = new Set<string>();
    let next = 1;
    for (let round = 0; round < 60; round++) {
      for (const name of journald.files()) vacuumed.add(name);
      log(next, 5, round % 20 === 19 ? 1000 : 0);
      next += 5;
      await until('what was logged is read', () => told.numbers.length >= next - 1, 10_000, 5);
      const former = inodeOf();
      journald.rotate();
      await until('it is rotated', () => ![former, undefined].includes(inodeOf()), 10_000, 5);
    }
    await until('all is told', () => readTo(told, reader, 1000));
    reader.close();
    for (const name of journald.files()) vacuumed.delete(name);
    assert.ok(vacuumed.size > 45, `${vacuumed.size} were vacuumed`);
    assert.deepEqual(
      told.numbers.sort((a, b) => a - b),
      Array.from({ length: next - 1 }, (_, index) => index + 1),
    );
    assert.deepEqual(told.losses, []);
  });

  it('tells a loss to a reader that is too slow', () => {
    const told: Told = { numbers: [], losses: [] };
    const reader = openEnd(journald.journal, told);
    for (let round = 0; round < 20; round++) {
      log(round * 1000, 1000);
      readTo(told, reader, 100);
    }
    while (!readTo(told, reader, 1000));
    reader.close();
    assert.ok(told.numbers.length < 20_000);
    assert.ok(told.losses.length > 0);
    assert.deepEqual([...new Set(told.losses)], ['a journal file went away before all of it was read']);
  });
});
