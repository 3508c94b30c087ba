import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RecordSelector } from '../../src/record/record-selector.ts';
import { emptySyslogRecord, parseSyslogRecord } from '../../src/record/syslog-record.ts';
import { SyslogSelection } from '../../src/source/syslog-selection.ts';

/** The numbers of the selectors that a message meets. */
function select(text: string, selectors: readonly RecordSelector[]): number[] {
  const selection = new SyslogSelection(selectors);
  const bytes = Buffer.from(text);
  const record = emptySyslogRecord();
  parseSyslogRecord(bytes, 0, bytes.length, record);
  // Between others' words, which must stay as they are.
  const selected = new Uint32Array(selection.words + 2).fill(0xffffffff);
  selection.mark(bytes, record, selected, 1);
  assert.deepEqual([selected.at(0), selected.at(-1)], [0xffffffff, 0xffffffff]);
  return selectors.flatMap((_, index) => (((selected[1 + (index >> 5)] ?? 0) >>> (index & 31)) & 1 ? [index] : []));
}

const syslog = (facilities?: readonly number[], programs?: readonly string[]): RecordSelector => ({
  source: 'syslog',
  facilities,
  programs,
});
const sshd = '<86>Nov 22 01:02:03 web1 sshd[1]: x';

describe('SyslogSelection', () => {
  it('none', () => assert.deepEqual(select(sshd, []), []));
  it('without facilities and programs: all', () => assert.deepEqual(select(sshd, [syslog()]), [0]));
  it('all takes what is no syslog, too', () => assert.deepEqual(select('x', [syslog()]), [0]));

  it('by facility', () =>
    assert.deepEqual(select(sshd, [syslog([4]), syslog([10]), syslog([4, 10]), syslog([]), syslog([9, 11])]), [1, 2]));
  it('facility 0 is one as others', () => assert.deepEqual(select('<6>x', [syslog([0]), syslog([1])]), [0]));
  it('facility 23 is the last', () => assert.deepEqual(select('<191>x', [syslog([23]), syslog([22])]), [0]));
  it('what is no syslog is user.notice', () => assert.deepEqual(select('x', [syslog([0]), syslog([1])]), [1]));

  it('by program, the whole of it', () => {
    const programs = [['sshd'], ['ssh'], ['sshd-session'], ['SSHD'], ['named', 'sshd'], [], ['']];
    assert.deepEqual(
      select(
        sshd,
        programs.map((names) => syslog(undefined, names)),
      ),
      [0, 4],
    );
  });

  it('a program with a slash is not the one before it', () => {
    const text = '<22>Nov 22 01:02:03 mx postfix/smtpd[1]: x';
    assert.deepEqual(select(text, [syslog(undefined, ['postfix']), syslog(undefined, ['postfix/smtpd'])]), [1]);
  });

  it('a name beyond ASCII', () => assert.deepEqual(select('<13>Nov 22 01:02:03 h größe: x', [syslog(undefined, ['größe'])]), [0]));
  it('by both', () => assert.deepEqual(select(sshd, [syslog([10], ['sshd']), syslog([4], ['sshd']), syslog([10], ['x'])]), [0]));

  it('other sources keep their number, and take nothing', () => {
    assert.deepEqual(select(sshd, [{ source: 'kernel' }, syslog(), { source: 'bans' }, syslog([10])]), [1, 3]);
  });

  it('33 selectors', () => {
    const selectors = Array.from({ length: 33 }, (_, index) => syslog(undefined, index % 8 === 0 ? ['sshd'] : ['x']));
    assert.deepEqual(select(sshd, selectors), [0, 8, 16, 24, 32]);
  });
});
