import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LogFile } from '../../src/config/config-error.ts';
import { parseIni } from '../../src/config/ini.ts';
import { MergedConfig } from '../../src/config/merged-config.ts';
import { OptionReader } from '../../src/config/option-reader.ts';
import { parseBackends, type RecordSource, readRecordSource, type SourceRequest } from '../../src/config/record-source.ts';
import { fileTagOf } from '../../src/config/well-known-log.ts';
import { fileTagPrefix, type RecordSelector } from '../../src/record/record-selector.ts';
import { shownErrors } from './config-directory.ts';

interface Answer {
  readonly source: RecordSource | undefined;
  readonly errors: readonly string[];
  readonly logFiles: readonly (LogFile | undefined)[];
}

/** Of a jail [j] with these lines, which stand from line 2 on. */
function read(lines: string, request: Partial<SourceRequest> = {}): Answer {
  const reader = new OptionReader(new MergedConfig([parseIni(`[j]\n${lines}\n`, '/conf/jail.conf')], []), 'j');
  const whole = { journalmatch: [], isSystemOnly: false, isOfKernel: false, listensToSyslog: false, ...request };
  const source = readRecordSource(reader, parseBackends(reader), whole);
  return { source, errors: shownErrors('/conf', reader.errors), logFiles: reader.errors.map(({ logFile }) => logFile) };
}

function selectorsOf(lines: string, request: Partial<SourceRequest> = {}): readonly RecordSelector[] {
  const { source, errors } = read(lines, request);
  assert.deepEqual(errors, []);
  assert.equal(source?.descriptions.length, source?.selectors.length);
  return source?.selectors ?? [];
}

const kernel = { source: 'kernel' } as const;
const bans = { source: 'bans' } as const;
const journal = (...fields: string[]) => ({ source: 'journal', place: {}, matches: [fields], isSystemOnly: false }) as const;
const ofFacilities = (...numbers: number[]) =>
  ({ source: 'journal', place: {}, matches: numbers.map((number) => [`SYSLOG_FACILITY=${number}`]), isSystemOnly: true }) as const;
const syslog = (facilities?: number[], ...programs: string[]) =>
  ({ source: 'syslog', facilities, programs: programs.length === 0 ? undefined : programs }) as const;
const taggedBy = (path: string) => syslog(undefined, fileTagOf(fileTagPrefix, path));

const sshd = { journalmatch: ['_SYSTEMD_UNIT=sshd.service + _COMM=sshd'] };
const sshdMatches = [['_SYSTEMD_UNIT=sshd.service'], ['_COMM=sshd']];
const recidiveFields = ['_SYSTEMD_UNIT=fail2ban.service', 'PRIORITY=5'];
const recidive = { journalmatch: [recidiveFields.join(' ')] };
const listening = { listensToSyslog: true };

describe('readRecordSource', () => {
  const table: [lines: string, request: Partial<SourceRequest>, selectors: RecordSelector[]][] = [
    ['', sshd, [{ source: 'journal', place: {}, matches: sshdMatches, isSystemOnly: false }]],
    ['backend = auto\nlogpath = /var/log/nowhere.log', sshd, [{ source: 'journal', place: {}, matches: sshdMatches, isSystemOnly: false }]],
    [
      'logpath = /var/log/a.log\n  /var/log/auth.log',
      { ...listening, journalmatch: ['_COMM=a'] },
      [journal('_COMM=a'), taggedBy('/var/log/a.log')],
    ],
    ['backend = auto\nlogpath = /var/log/auth.log', {}, [ofFacilities(4, 10)]],
    ['backend =\nlogpath = /var/log/auth.log', {}, [ofFacilities(4, 10)]],
    ['logpath = /elsewhere/secure', {}, [ofFacilities(4, 10)]],
    ['logpath = mail.log', {}, [ofFacilities(2)]],
    ['logpath = /var/log/maillog*', {}, [ofFacilities(2)]],
    ['logpath = /var/log/auth.log tail', {}, [ofFacilities(4, 10)]],
    ['logpath = /var/log/auth.log   head', {}, [ofFacilities(4, 10)]],
    ['logpath = /var/log/daemon.log\n  /var/log/user.log tail', {}, [ofFacilities(3), ofFacilities(1)]],
    ['logpath = /var/log/auth.log\n  /srv/log/auth.log', {}, [ofFacilities(4, 10)]],
    ['logpath = /var/log/syslog', {}, [ofFacilities()]],
    ['logpath = /var/log/messages', {}, [ofFacilities()]],
    ['logpath = /var/log/kern.log', {}, [kernel]],
    ['logpath = /var/log/ufw.log', {}, [kernel]],
    ['logpath = /var/log/ufw.log\n  /var/log/kern.log', {}, [kernel]],
    ['logpath = /var/log/fail2ban.log', {}, [bans]],
    ['logpath = /var/log/fail2ban.log', { journalmatch: ['_SYSTEMD_UNIT=fail2ban.service PRIORITY=5'] }, [bans]],
    ['backend = systemd', { journalmatch: ['_SYSTEMD_UNIT=fail2ban.service PRIORITY=5'] }, [bans]],
    [
      'backend = systemd',
      { journalmatch: ['_SYSTEMD_UNIT=fail2ban.service + _COMM=a'] },
      [...[bans].flat(), { ...journal(), matches: [['_COMM=a']] }],
    ],
    ['logpath = /var/log/auth.log', { isOfKernel: true }, [kernel]],
    ['', { journalmatch: ['_COMM=a'], isSystemOnly: true }, [{ ...journal(), matches: [['_COMM=a']], isSystemOnly: true }]],
    ['backend = kernel', sshd, [kernel]],
    ['backend = kernel\nlogpath = /var/log/app.log', {}, [kernel]],
    ['backend = ringjail', {}, [bans]],
    // fail2ban's own recidive jail: nobody but us bans.
    ['logpath = /var/log/fail2ban.log', recidive, [bans]],
    ['backend = systemd', recidive, [bans]],
    ['backend = systemd[journalflags=1]', recidive, [bans]],
    ['backend = systemd[journalpath=/x]', recidive, [{ ...journal(...recidiveFields), place: { path: '/x' } }]],
    ['backend = systemd', { journalmatch: [...recidive.journalmatch, '_COMM=a'] }, [bans, journal('_COMM=a')]],
    [
      'backend = systemd',
      { journalmatch: ['_COMM=a', '_COMM=b + _COMM=c'] },
      [{ ...journal(), matches: [['_COMM=a'], ['_COMM=b'], ['_COMM=c']] }],
    ],
    ['backend = systemd', {}, [{ ...journal(), matches: [] }]],
    ['backend = systemd\nlogpath = /var/log/app.log', { journalmatch: ['_COMM=a'] }, [journal('_COMM=a')]],
    [
      'backend = systemd[journalpath="/var/log/remote", namespace=web]',
      { journalmatch: ['_COMM=a'] },
      [{ ...journal('_COMM=a'), place: { path: '/var/log/remote', namespace: 'web' } }],
    ],
    [
      'backend = systemd[journalfiles="/a/*.journal, /b/c.journal", journalflags=1, rotated=on]',
      { journalmatch: ['_COMM=a'] },
      [{ ...journal('_COMM=a'), place: { files: ['/a/*.journal', '/b/c.journal'], flags: 1 } }],
    ],
    ['backend = syslog', listening, [syslog()]],
    ['backend = syslog\nlogpath = /var/log/auth.log', listening, [syslog([4, 10])]],
    ['backend = syslog\nlogpath = /var/log/kern.log', listening, [syslog([0])]],
    ['backend = syslog\nlogpath = /var/log/syslog', listening, [syslog()]],
    ['backend = syslog\nlogpath = /var/log/nginx/error.log', listening, [taggedBy('/var/log/nginx/error.log')]],
    ['logpath = /var/log/nginx/error.log', listening, [taggedBy('/var/log/nginx/error.log')]],
    ['logpath = /var/log/nginx/*error.log', listening, [taggedBy('/var/log/nginx/*error.log')]],
    ['backend = kernel, syslog', listening, [kernel, syslog()]],
    ['backend = kernel syslog', listening, [kernel, syslog()]],
    ['backend = kernel,kernel', {}, [kernel]],
    [
      'backend = systemd[journalpath=/x, namespace=y], kernel',
      { journalmatch: ['_COMM=a'] },
      [{ ...journal('_COMM=a'), place: { path: '/x', namespace: 'y' } }, kernel],
    ],
  ];
  for (const [lines, request, selectors] of table) {
    it(`${JSON.stringify(lines)} ${JSON.stringify(request)}`, () => assert.deepEqual(selectorsOf(lines, request), selectors));
  }

  for (const backend of ['polling', 'pyinotify', 'gamin']) {
    it(`backend = ${backend} is auto, and says so`, () => {
      const { source } = read(`backend = ${backend}\nlogpath = /var/log/auth.log`);
      assert.deepEqual(source?.selectors, [ofFacilities(4, 10)]);
      assert.deepEqual(source.notices, [
        { origin: { file: '/conf/jail.conf', line: 2 }, message: `backend = ${backend} is taken as auto: no log file is read` },
      ]);
    });
  }

  it('what only stands in a file is told of, where the journal may have it too', () => {
    const [notice] = read('logpath = /var/log/auth.log\n  /srv/a.log', sshd).source?.notices ?? [];
    assert.match(notice?.message ?? '', /\/srv\/a\.log is not seen/);
    assert.equal(notice?.origin?.line, 3);
    assert.deepEqual(read('logpath = /var/log/auth.log', sshd).source?.notices, []);
  });

  it('files that rsyslog would have to forward are named, with their tags', () => {
    const file = { path: '/var/log/nginx/error.log', tag: 'file-nginx-error-log' };
    const lines = `logpath = ${file.path}`;
    assert.deepEqual(read(lines, sshd).source?.files, [file]);
    assert.deepEqual(read(lines, listening).source?.files, [file]);
    assert.deepEqual(read(lines).logFiles, [file]);
    assert.deepEqual(read('logpath = /var/log/auth.log', listening).source?.files, []);
  });

  it('only lines of forwarded files have dates', () => {
    assert.equal(read('logpath = /var/log/nginx/error.log', listening).source?.hasFiles, true);
    assert.equal(read('logpath = /var/log/auth.log\n  /var/log/nginx/error.log', listening).source?.hasFiles, true);
    for (const lines of [
      'logpath = /var/log/auth.log',
      'backend = syslog',
      'backend = kernel',
      'backend = syslog\nlogpath = /var/log/auth.log',
    ])
      assert.equal(read(lines, listening).source?.hasFiles, false, lines);
  });

  it('all of the journal is told of', () => {
    assert.match(read('backend = systemd').source?.notices[0]?.message ?? '', /without a journalmatch/);
    assert.deepEqual(read('backend = systemd', sshd).source?.notices, []);
  });

  it('says where from, for people', () => {
    const descriptions = (lines: string, request = {}) => read(lines, request).source?.descriptions;
    assert.deepEqual(descriptions('backend = systemd[namespace=web]', { journalmatch: ['_COMM=a'] }), ['the journal web (_COMM=a)']);
    assert.deepEqual(descriptions('logpath = /var/log/auth.log'), ['the journal (facility auth, authpriv, for /var/log/auth.log)']);
    assert.deepEqual(descriptions('logpath = /var/log/local0.log'), ['the journal (facility local0, for /var/log/local0.log)']);
    assert.deepEqual(descriptions('logpath = /var/log/a.log', listening), ['syslog (tag file-a-log, for /var/log/a.log)']);
  });

  const refused: [lines: string, request: Partial<SourceRequest>, ...errors: RegExp[]][] = [
    ['enabled = true', {}, /^jail\.conf:2: nothing says where its records come from: .*journalmatch.*logpath.*backend/],
    ['backend = auto\nlogpath =', {}, /: nothing says where/],
    ['backend = sistemd', {}, /^jail\.conf:2: backend = "sistemd": expected .*; did you mean "systemd"\?$/],
    ['backend = kernel, juornal', {}, /^jail\.conf:2: backend = "juornal": expected/],
    ['\nbackend = systemd[', {}, /^jail\.conf:3: backend: /],
    ['backend = systemd[path=/x]', sshd, /^jail\.conf:2: backend option "path=\/x": expected journalpath, /],
    ['backend = systemd[journalflags=all]', sshd, /^jail\.conf:2: backend option "journalflags=all"/],
    ['backend = systemd[journalpath=log]', sshd, /^jail\.conf:2: .*"journalpath=log".*begins with "\/"/],
    ['backend = systemd[journalfiles="/a, b"]', sshd, /^jail\.conf:2: .*"journalfiles=\/a, b".*begins with "\/"/],
    ['backend = syslog', {}, /^jail\.conf:2: backend = syslog needs a port .* syslog_listen = udp:/],
    [
      '\nlogpath = /var/log/nginx/error.log',
      {},
      /^jail\.conf:3: (?:jail j: )?logpath "\/var\/log\/nginx\/error\.log": .*rsyslog.*syslog_listen/,
    ],
    [
      'logpath = /var/log/auth.log\n\n  /srv/a.log\n  /srv/b.log tail',
      {},
      /^jail\.conf:4: (?:jail j: )?logpath "\/srv\/a\.log": /,
      /^jail\.conf:5: (?:jail j: )?logpath "\/srv\/b\.log": /,
    ],
    ['logpath = /var/log/*.log', {}, /^jail\.conf:2: (?:jail j: )?logpath "\/var\/log\/\*\.log"/],
  ];
  for (const [lines, request, ...errors] of refused) {
    it(`${JSON.stringify(lines)} is refused`, () => {
      const answer = read(lines, request);
      assert.equal(answer.errors.length, errors.length, answer.errors.join('\n'));
      for (const [index, error] of errors.entries()) assert.match(answer.errors[index] ?? '', error);
    });
  }
});
