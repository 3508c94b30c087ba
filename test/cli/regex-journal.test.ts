// `ringjail regex` on journals that systemd itself wrote.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, describe, it } from 'node:test';
import { regex } from '../../src/cli/regex.ts';
import type { RegexOptions } from '../../src/cli/regex-options.ts';
import { type EntryFields, firstUsec, writeJournal } from '../lab/journal-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'ringjail-regex-journal-'));
after(() => rmSync(directory, { recursive: true }));
mkdirSync(join(directory, 'filter.d'));
mkdirSync(join(directory, 'journal'));

const guardFilter = `[Init]
logtype = file
[Definition]
_prefix_file = (?:file-form )?
_prefix_journal = ^\\S+ guard\\[\\d+\\]:\\s
failregex = <_prefix_<logtype>>wrong <F-USER>\\S+</F-USER> from <HOST>$
journalmatch = _COMM=guard + _SYSTEMD_UNIT=guard.service
`;
writeFileSync(join(directory, 'filter.d', 'guard.conf'), guardFilter);

const guard = { _HOSTNAME: 'mx1', SYSLOG_IDENTIFIER: 'guard', SYSLOG_PID: 17, _COMM: 'guard', _TRANSPORT: 'syslog' };
const entries: EntryFields[] = [
  { ...guard, MESSAGE: 'wrong eve from 192.0.2.1' },
  { ...guard, MESSAGE: '# no comment' },
  { ...guard, _COMM: 'other', MESSAGE: 'wrong forged from 192.0.2.2' },
  { ...guard, _COMM: 'other', _SYSTEMD_UNIT: 'guard.service', MESSAGE: 'wrong by-unit\nfrom 192.0.2.3' },
  { ...guard, MESSAGE: '2005-08-14 11:59:59 wrong eve from 192.0.2.4' },
];
const file = join(directory, 'journal', 'guard.journal');
writeJournal(file, entries);

const manyFile = join(directory, 'many.journal');
const many = 20_000;
writeJournal(
  manyFile,
  Array.from({ length: many }, (_, index) => ({ ...guard, MESSAGE: `wrong u${index} from 192.0.2.${index % 250}` })),
);

async function run(source: string, filter = 'guard', options: RegexOptions = {}, isJson = false) {
  const written: Buffer[] = [];
  const context = {
    version: '0',
    paths: { config: directory, store: '', helper: '', socket: '' },
    isJson,
    print: () => assert.fail('not for much text'),
    write: async (text: string | Uint8Array) => void written.push(Buffer.from(text)),
    printError: (message: string) => assert.fail(message),
  };
  assert.equal(await regex(context, { source, filter, ignoreregex: undefined, options }), 0);
  return Buffer.concat(written).toString().replaceAll(directory, '');
}

describe('ringjail regex of a journal', () => {
  const sources = {
    'by its directory': `systemd-journal[journalpath=${join(directory, 'journal')}]`,
    'by its file': `systemd-journal[journalfiles=${file}]`,
    'by a quoted path': `systemd-journal[journalfiles="${file}", journalflags=0]`,
    'by the path alone': file,
    'by a path from here': `systemd-journal[journalpath=${relative('.', join(directory, 'journal'))}]`,
  };
  for (const [name, source] of Object.entries(sources)) {
    it(`${name}: the filter's journalmatch chooses the entries, and its form is the journal's`, async () => {
      const output = await run(source);
      assert.match(output, /^Use {2}systemd journal : \/journal/m);
      assert.match(output, /^Use {4}journal match : _COMM=guard \+ _SYSTEMD_UNIT=guard\.service$/m);
      assert.match(output, /^Lines: 4 lines, 0 ignored, 2 matched, 2 missed$/m);
      assert.match(output, /^\| {2}mx1 guard\[17\]: # no comment$/m);
    });
  }

  it('-m is taken instead', async () => {
    const output = await run(file, 'guard', { journalmatch: '_COMM=other' });
    assert.match(output, /^Use {4}journal match : _COMM=other$/m);
    assert.match(output, /^Lines: 2 lines, 0 ignored, 2 matched, 0 missed$/m);
  });

  it('without a journalmatch reads every entry, and says so', async () => {
    const output = await run(file, 'wrong \\S+ from <HOST>');
    assert.match(output, /^Use {4}journal match : none: every entry is read$/m);
    assert.match(output, /^Lines: 5 lines, 0 ignored, 4 matched, 1 missed$/m);
  });

  it('a line has the time of its entry, whatever date it tells', async () => {
    const lines = (await run(file, 'wrong \\S+ from <HOST>', { out: '<ip> <time>' })).trim().split('\n');
    assert.deepEqual(
      lines.map((line) => Number(line.split(' ')[1])),
      [0, 2000, 3000, 4000].map((usec) => (firstUsec + usec) / 1e6),
    );
  });

  it('of many pieces is read from the first to the last', async () => {
    assert.match(await run(manyFile), new RegExp(`^Lines: ${many} lines, 0 ignored, ${many} matched, 0 missed$`, 'm'));
    const users = (await run(manyFile, 'guard', { out: '<F-USER>' })).trim().split('\n');
    assert.deepEqual([users.length, users[0], users.at(-1)], [many, 'u0', `u${many - 1}`]);
  });

  it('with nothing that matches', async () => {
    assert.match(await run(file, 'guard', { journalmatch: '_COMM=nobody' }), /^Lines: 0 lines, 0 ignored, 0 matched, 0 missed$/m);
  });

  for (const journalmatch of ['sshd', '+ A=b', '"A=b']) {
    it(`a journalmatch that is none: ${journalmatch}`, async () => {
      await assert.rejects(run(file, 'guard', { journalmatch }), { code: 'usage', message: /^journalmatch: / });
    });
  }
});
