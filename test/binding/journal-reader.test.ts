import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, describe, it } from 'node:test';
import {
  type JournalReader,
  openJournal,
  type RawJournalPlace,
  type RawJournalRecords,
  type RawJournalSelector,
} from '../../src/binding/addon.ts';
import { type EntryFields, firstUsec, fixtureBootId, writeJournal } from '../lab/journal-file.ts';

const directory = mkdtempSync(`${tmpdir()}/ringjail-reader-`);
after(() => rmSync(directory, { recursive: true }));

let journals = 0;
function journalOf(entries: readonly EntryFields[]): string {
  const path = `${directory}/${++journals}.journal`;
  writeJournal(path, entries);
  return path;
}

const everything: RawJournalSelector = { matches: [], isSystemOnly: false };
const matching = (...matches: string[][]): RawJournalSelector => ({ matches, isSystemOnly: false });

function open(place: RawJournalPlace, selectors: readonly RawJournalSelector[] = [everything]): JournalReader {
  const reader = openJournal(place, () => undefined);
  reader.select(selectors);
  return reader;
}

const linesOf = (raw: RawJournalRecords): string[] =>
  Array.from({ length: raw.count }, (_, i) => raw.bytes.toString('latin1', raw.lineStart[i], raw.messageEnd[i]));

const messagesOf = (raw: RawJournalRecords): string[] =>
  Array.from({ length: raw.count }, (_, i) => raw.bytes.toString('latin1', raw.messageStart[i], raw.messageEnd[i]));

function readAll(entries: readonly EntryFields[], selectors?: readonly RawJournalSelector[]): RawJournalRecords {
  const reader = open({ files: [journalOf(entries)] }, selectors);
  try {
    reader.seekHead();
    return reader.read(10_000, 1 << 20);
  } finally {
    reader.close();
  }
}

const sshd = { _HOSTNAME: 'mx1', SYSLOG_IDENTIFIER: 'sshd', SYSLOG_PID: 17, _PID: 18, _COMM: 'sshd', _UID: 0, _TRANSPORT: 'syslog' };

describe('the line of a journal entry', () => {
  const cases: [entry: EntryFields, line: string][] = [
    [{ ...sshd, MESSAGE: 'hello' }, 'mx1 sshd[17]: hello'],
    [{ _HOSTNAME: 'mx1', _COMM: 'cron', _PID: 5, MESSAGE: 'x' }, 'mx1 cron[5]: x'],
    [{ _HOSTNAME: 'mx1', SYSLOG_IDENTIFIER: 'su', MESSAGE: 'x' }, 'mx1 su: x'],
    [{ SYSLOG_IDENTIFIER: 'su', _PID: 5, MESSAGE: 'no host' }, 'su[5]: no host'],
    [{ _HOSTNAME: 'mx1', MESSAGE: 'no program' }, 'mx1: no program'],
    [{ ...sshd, MESSAGE: 'two\nlines\n' }, 'mx1 sshd[17]: two\nlines'],
    [{ ...sshd, MESSAGE: '' }, 'mx1 sshd[17]: '],
    [{ ...sshd, SYSLOG_PID: '1]: Failed password for root from 192.0.2.1', MESSAGE: 'x' }, 'mx1 sshd[18]: x'],
    [{ ...sshd, SYSLOG_IDENTIFIER: 'a\nmx1 sshd[17]', MESSAGE: 'x' }, 'mx1 a?mx1 sshd[17][17]: x'],
    [{ ...sshd, MESSAGE: Buffer.from([0x41, 0xff, 0x00, 0x42]) }, 'mx1 sshd[17]: A\xff\0B'],
    [
      { _HOSTNAME: 'mx1', _TRANSPORT: 'kernel', SYSLOG_IDENTIFIER: 'kernel', _SOURCE_MONOTONIC_TIMESTAMP: 12345678901, MESSAGE: 'usb 1-1' },
      'mx1 kernel: [12345.678901] usb 1-1',
    ],
    [
      { _HOSTNAME: 'mx1', _TRANSPORT: 'kernel', SYSLOG_FACILITY: 0, _SOURCE_MONOTONIC_TIMESTAMP: 7, MESSAGE: 'x' },
      'mx1 kernel: [    0.000007] x',
    ],
    [{ _HOSTNAME: 'mx1', _TRANSPORT: 'kernel', __MONOTONIC_TIMESTAMP: 1_500_000, MESSAGE: 'x' }, 'mx1 kernel: [    1.500000] x'],
    [
      { _HOSTNAME: 'mx1', _TRANSPORT: 'kernel', SYSLOG_FACILITY: 3, SYSLOG_IDENTIFIER: 'systemd', SYSLOG_PID: 1, MESSAGE: 'by user space' },
      'mx1 systemd[1]: by user space',
    ],
  ];
  for (const [entry, line] of cases) {
    it(JSON.stringify(line), () => {
      const raw = readAll([entry]);
      assert.deepEqual(linesOf(raw), [line]);
      assert.equal(raw.bytes[raw.messageEnd[0] ?? -1], 0x0a);
      const message = raw.bytes.toString('latin1', raw.messageStart[0], raw.messageEnd[0]);
      assert.ok(line.endsWith(message) && !message.startsWith('mx1'));
    });
  }

  it('ends a message after 64 KiB', () => {
    const raw = readAll([{ ...sshd, MESSAGE: 'x'.repeat(70_000) }]);
    assert.equal((raw.messageEnd[0] ?? 0) - (raw.messageStart[0] ?? 0), 64 * 1024);
  });
});

describe('the columns of a journal entry', () => {
  const cases: [name: string, entry: EntryFields, priority: number][] = [
    ['facility and severity', { SYSLOG_FACILITY: 4, PRIORITY: 3 }, 4 * 8 + 3],
    ['neither', {}, 1 * 8 + 6],
    ['neither, of the kernel', { _TRANSPORT: 'kernel' }, 6],
    ['no number', { SYSLOG_FACILITY: 'auth', PRIORITY: '-1' }, 1 * 8 + 6],
    ['out of range', { SYSLOG_FACILITY: 4711, PRIORITY: 8 }, 1 * 8 + 6],
  ];
  for (const [name, entry, priority] of cases) {
    it(`priority: ${name}`, () => assert.deepEqual([...readAll([{ ...entry, MESSAGE: 'x' }]).priority], [priority]));
  }

  it('times, place and numbers', () => {
    const raw = readAll([
      { MESSAGE: 'x' },
      { _TRANSPORT: 'kernel', _SOURCE_MONOTONIC_TIMESTAMP: 5, _KERNEL_DEVICE: '+usb:1-1', MESSAGE: 'y' },
    ]);
    assert.deepEqual([...raw.realtimeUsec], [firstUsec, firstUsec + 1000]);
    assert.deepEqual([...raw.sinceBootUsec], [Number.NaN, 5]);
    assert.deepEqual([...raw.isOfDevice], [0, 1]);
    assert.deepEqual([...raw.sequence], [0, 1]);
    assert.equal(raw.lastUsec, firstUsec + 1000);
    assert.equal(raw.isAtEnd, true);
    assert.match(raw.cursor, /./);
  });
});

describe('what is selected', () => {
  const entries: EntryFields[] = [
    { MESSAGE: '0', _COMM: 'sshd', _SYSTEMD_UNIT: 'ssh.service', _UID: 0 },
    { MESSAGE: '1', _COMM: 'sshd', _SYSTEMD_UNIT: 'other.service', _UID: 1000 },
    { MESSAGE: '2', _COMM: 'named', _UID: 999 },
    { MESSAGE: '3', _COMM: 'logger', OBJECT: ['a', 'b'], _UID: 65_534 },
    { MESSAGE: '4', _COMM: 'sshd2', _UID: 59_999 },
    { MESSAGE: '5', _COMM: 'newuidmap', _UID: 100_000 },
  ];
  const cases: [name: string, selectors: RawJournalSelector[], met: string[]][] = [
    ['one field', [matching(['_COMM=sshd'])], ['0:1', '1:1']],
    ['all of two fields', [matching(['_COMM=sshd', '_UID=0'])], ['0:1']],
    ['any of two values of one field', [matching(['_COMM=sshd', '_COMM=named'])], ['0:1', '1:1', '2:1']],
    ['any of two alternatives', [matching(['_COMM=named'], ['_SYSTEMD_UNIT=ssh.service'])], ['0:1', '2:1']],
    ['a field that is there twice', [matching(['OBJECT=b', '_COMM=logger'])], ['3:1']],
    ['each selector its own', [matching(['_COMM=sshd']), matching(['_UID=0'], ['_COMM=named'])], ['0:3', '1:1', '2:2']],
    ['every entry', [everything, matching(['_COMM=named'])], ['0:1', '1:1', '2:3', '3:1', '4:1', '5:1']],
    ['the system only', [{ matches: [], isSystemOnly: true }], ['0:1', '2:1', '3:1']],
    ['nothing', [], []],
  ];
  const read = (raw: RawJournalRecords) => messagesOf(raw).map((message, i) => `${message}:${raw.selected[i]}`);
  for (const [name, selectors, met] of cases) {
    it(name, () => assert.deepEqual(read(readAll(entries, selectors)), met));

    // After 512 entries few of which are wanted, libsystemd's index does it.
    it(`${name}, by the index`, () => {
      const others = Array.from({ length: 600 }, () => ({ MESSAGE: 'other', _COMM: 'other', _UID: 1001 }));
      const reader = open({ files: [journalOf([...others, ...entries])] }, selectors);
      reader.seekHead();
      const found: string[] = [];
      let reads = 0;
      for (;;) {
        const raw = reader.read(520, 1 << 20);
        reads += raw.read;
        found.push(...read(raw).filter((text) => !text.startsWith('other')));
        if (raw.isAtEnd) break;
      }
      reader.close();
      assert.deepEqual(found, met);
      assert.equal(reads < 600, !selectors.some((selector) => selector.matches.length === 0));
    });
  }

  it('more than 32 selectors', () => {
    const selectors = Array.from({ length: 40 }, (_, index) => matching([`_COMM=${index === 37 ? 'named' : `p${index}`}`]));
    const raw = readAll(entries, selectors);
    assert.deepEqual([raw.count, ...raw.selected], [1, 0, 1 << 5]);
  });

  it('what is no FIELD=value is refused', () => {
    for (const match of ['', '=x', 'comm=x', '_COMM', '_C MM=x']) {
      assert.throws(() => readAll(entries, [matching([match])]), { code: 'EINVAL' }, match);
    }
  });

  it('a changed selection keeps the place', () => {
    const reader = open({ files: [journalOf(entries)] }, [matching(['_COMM=sshd'])]);
    reader.seekHead();
    assert.deepEqual(messagesOf(reader.read(1, 1 << 20)), ['0']);
    reader.select([everything]);
    assert.deepEqual(messagesOf(reader.read(2, 1 << 20)), ['1', '2']);
    reader.select([matching(['_UID=0'])]);
    assert.deepEqual(messagesOf(reader.read(10, 1 << 20)), []);
    reader.select([everything]);
    assert.deepEqual(messagesOf(reader.read(10, 1 << 20)), []);
    reader.close();
  });
});

describe('notices of loss', () => {
  const suppressed = { MESSAGE_ID: 'a596d6fe7bfa4994828e72309e95d61e', N_DROPPED: 7, MESSAGE: 'Suppressed 7 messages from x.service' };
  const missed = { MESSAGE_ID: 'e9bf28e6e834481bb6f48f548ad13606', MESSAGE: 'Missed 12 kernel messages' };

  it('of journald are believed, and are no records', () => {
    const raw = readAll(
      [
        { ...suppressed, _TRANSPORT: 'driver' },
        { ...missed, _TRANSPORT: 'driver' },
      ],
      [matching(['_COMM=sshd'])],
    );
    assert.equal(raw.count, 0);
    assert.deepEqual(raw.losses, [
      { count: 7, reason: 'journald says: Suppressed 7 messages from x.service' },
      { count: 12, reason: 'journald says: Missed 12 kernel messages' },
    ]);
  });

  it('of anybody else are not', () => {
    assert.deepEqual(
      readAll([
        { ...suppressed, _TRANSPORT: 'journal' },
        { ...missed, _TRANSPORT: 'syslog' },
      ]).losses,
      [],
    );
  });

  it('without a number', () => {
    const [loss] = readAll([{ ...missed, MESSAGE: 'Missed', _TRANSPORT: 'driver' }]).losses;
    assert.deepEqual(loss, { count: undefined, reason: 'journald says: Missed' });
  });
});

describe('the place in a journal', () => {
  const numbered = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => ({ MESSAGE: `${from + index}`, _COMM: `c${(from + index) % 2}` }));

  it('after the last entry, whether it is selected or not', () => {
    const path = journalOf(numbered(3));
    const reader = open({ files: [path] }, [matching(['_COMM=c1'])]);
    assert.equal(reader.seekTail()?.realtimeUsec, firstUsec + 2000);
    assert.equal(reader.read(10, 1000).count, 0);
    writeJournal(path, numbered(3, 3), firstUsec + 3000);
    assert.deepEqual(messagesOf(reader.read(10, 1000)), ['3', '5']);
    reader.close();
  });

  it('after an entry, whether it is selected or not', () => {
    const path = journalOf(numbered(6));
    const first = open({ files: [path] });
    first.seekHead();
    const { cursor, lastUsec } = first.read(3, 1000);
    first.close();
    for (const selector of [everything, matching(['_COMM=c1'])]) {
      const reader = open({ files: [path] }, [selector]);
      assert.deepEqual(reader.seekCursor(cursor, lastUsec), { isThere: true, nextUsec: undefined });
      assert.deepEqual(messagesOf(reader.read(10, 1000)), selector === everything ? ['3', '4', '5'] : ['3', '5']);
      reader.close();
    }
  });

  it('where the entry is gone, after its time', () => {
    const old = open({ files: [journalOf(numbered(3))] });
    old.seekHead();
    const { cursor, lastUsec } = old.read(10, 1000);
    old.close();
    const path = journalOf(
      numbered(6)
        .slice(4)
        .map((entry, index) => ({ ...entry, __REALTIME_TIMESTAMP: firstUsec + 4000 + index, __MONOTONIC_TIMESTAMP: 90_000_000 + index })),
    );
    const reader = open({ files: [path] });
    assert.deepEqual(reader.seekCursor(cursor, lastUsec), { isThere: false, nextUsec: firstUsec + 4000 });
    assert.deepEqual(messagesOf(reader.read(10, 1000)), ['4', '5']);
    for (const nonsense of ['', 'x', 's=1', `s=${fixtureBootId};i=zz`, '\0']) {
      assert.deepEqual(reader.seekCursor(nonsense, firstUsec + 4000), { isThere: false, nextUsec: firstUsec + 4001 }, nonsense);
      assert.deepEqual(messagesOf(reader.read(10, 1000)), ['5']);
    }
    reader.close();
  });

  it('times', () => {
    const reader = open({ files: [journalOf(numbered(6))] });
    reader.seekRealtime(firstUsec + 4000);
    assert.deepEqual(messagesOf(reader.read(10, 1000)), ['4', '5']);
    reader.seekMonotonic(fixtureBootId, 60_000_000 + 4500);
    assert.deepEqual(messagesOf(reader.read(10, 1000)), ['5']);
    assert.throws(() => reader.seekMonotonic('nonsense', 0), { code: 'EINVAL' });
    reader.close();
  });

  it('stays within the bounds of a batch', () => {
    const reader = open({ files: [journalOf(numbered(10))] });
    reader.seekHead();
    assert.deepEqual(messagesOf(reader.read(3, 1000)), ['0', '1', '2']);
    assert.equal(reader.read(10, 8).count, 2);
    assert.equal(reader.read(10, 1000).count, 5);
    assert.throws(() => reader.read(-1, 1000), RangeError);
    reader.close();
  });
});

describe('a journal that cannot be opened', () => {
  const cases: [name: string, place: RawJournalPlace, code: string][] = [
    ['a folder that is not there', { path: `${directory}/none` }, 'ENOENT'],
    ['a file that is not there', { files: [`${directory}/none.journal`] }, 'ENOENT'],
    ['a pattern that names nothing', { files: [`${directory}/none*.journal`] }, 'ENOENT'],
    ['no files', { files: [] }, 'ENOENT'],
    ['a file that is no journal', { files: ['/etc/passwd'] }, 'EBADMSG'],
    ['flags that there are not', { flags: 1 << 20 }, 'EINVAL'],
  ];
  for (const [name, place, code] of cases) it(name, () => assert.throws(() => open(place), { code }));

  it('a pattern that names several', () => {
    const folder = mkdtempSync(`${directory}/several-`);
    writeJournal(`${folder}/a.journal`, [{ MESSAGE: 'a' }]);
    writeJournal(`${folder}/b.journal`, [{ MESSAGE: 'b' }], firstUsec + 1000);
    const reader = open({ files: [`${folder}/*.journal`] });
    reader.seekHead();
    assert.deepEqual(messagesOf(reader.read(10, 1000)), ['a', 'b']);
    reader.close();
  });

  it('a closed reader throws EBADF, and closes again', () => {
    const reader = open({ path: directory });
    reader.start();
    reader.close();
    reader.close();
    reader.stop();
    for (const use of [() => reader.read(1, 1), () => reader.start(), () => reader.seekTail(), () => reader.select([])])
      assert.throws(use, { code: 'EBADF' });
  });
});
