import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { check } from '../../src/cli/check.ts';
import { type CheckedJail, type CheckReport, formatCheck } from '../../src/cli/check-report.ts';
import type { ConfigError } from '../../src/config/config-error.ts';
import { parseListenAddress } from '../../src/source/listen-address.ts';
import { configDirectory } from '../config/config-directory.ts';

const jailOf = (other: Partial<CheckedJail> = {}): CheckedJail => ({
  name: 'sshd',
  sources: ['the journal (_COMM=sshd)'],
  files: [],
  filter: 'sshd',
  expressions: 22,
  actions: ['nftables'],
  maxretry: 5,
  counts: 'failures',
  findtime: '10m',
  bantime: '1h',
  ignoreip: [],
  ...other,
});

const reportOf = (other: Partial<CheckReport> = {}): CheckReport => ({
  directory: '/etc/f2b',
  jails: [],
  disabled: [],
  notices: [],
  errors: [],
  listen: [],
  ...other,
});

const errorOf = (section: string | undefined, message: string, path?: string): ConfigError => ({
  file: '/etc/f2b/jail.conf',
  line: 7,
  section,
  message,
  ...(path === undefined ? {} : { logFile: { path, tag: `file-${path.replaceAll('/', '')}` } }),
});

describe('formatCheck', () => {
  it('a jail is three lines, with its notices', () => {
    const report = reportOf({
      jails: [
        jailOf(),
        jailOf({
          name: 'scan',
          filter: 'portscan',
          expressions: 0,
          sources: ['the kernel log', 'syslog'],
          actions: ['nftables', 'mail'],
          maxretry: 1,
          counts: 'different ports',
          bantime: 'permanent',
          ignoreip: ['192.0.2.1', '2001:db8::/64'],
        }),
      ],
      disabled: ['web', 'mail'],
      notices: [errorOf('scan', 'jail scan: not seen'), errorOf(undefined, 'unknown option')],
    });
    assert.deepEqual(formatCheck(report), [
      'jail sshd: 5 failures within 10m, then banned for 1h',
      '  from the journal (_COMM=sshd) by filter sshd, 22 expressions',
      '  by nftables',
      'jail scan: 1 different port within 10m, then banned for good',
      '  from the kernel log and syslog by filter portscan',
      '  by nftables; mail',
      '  never banned: 192.0.2.1 2001:db8::/64',
      '  notice: not seen',
      '',
      'not enabled: 2',
      '  web, mail',
      '',
      'notice: jail.conf:7: unknown option',
      '',
      '/etc/f2b: nothing to mend; 2 jails are in order, 2 not enabled',
    ]);
  });

  it('a file that several jails lack is told once, and its recipe stands once at the end', () => {
    const lines = formatCheck(
      reportOf({
        jails: [jailOf({ files: [{ path: '/c', tag: 'file-c' }] })],
        errors: [errorOf('a', 'x', '/a*"'), errorOf('b', 'x', '/a*"'), errorOf('b', 'bad'), errorOf('c', 'x', '/b')],
      }),
    );
    assert.deepEqual(lines.slice(4), [
      'error: jail.conf:7: bad',
      'error: jail.conf:7: logpath /a*": ringjail reads no files; until rsyslog forwards it, these jails do not run:',
      '  a, b',
      'error: jail.conf:7: logpath /b: ringjail reads no files; until rsyslog forwards it, jail c does not run',
      '',
      'Files come by rsyslog. Copy what you want of this, then: sudo systemctl restart rsyslog ringjail',
      '(as a service it also needs, once: sudo npm run install-service -- --syslog)',
      '',
      '# /etc/f2b/ringjail.local',
      '[Definition]',
      'syslog_listen = udp://127.0.0.1:5514',
      '',
      '# /etc/rsyslog.d/ringjail.conf',
      'module(load="imfile")',
      'ruleset(name="ringjail") { action(type="omfwd" Target="127.0.0.1" Port="5514" Protocol="udp") }',
      'input(type="imfile" File="/a*\\"" Tag="file-a*":" Ruleset="ringjail")',
      'input(type="imfile" File="/b" Tag="file-b:" Ruleset="ringjail")',
      'input(type="imfile" File="/c" Tag="file-c:" Ruleset="ringjail")',
      '',
      '/etc/f2b: 4 to mend, in 3 jails; 1 jail is in order, 0 not enabled',
    ]);
  });

  it('where syslog is received already, rsyslog is told to send it there', () => {
    const listen = ['unix:///run/x.sock', 'tcp://127.0.0.1:6000'].flatMap((text) => {
      const parsed = parseListenAddress(text);
      return parsed.ok ? [parsed.value] : [];
    });
    const lines = formatCheck(reportOf({ jails: [jailOf({ files: [{ path: '/c', tag: 'file-c' }] })], listen }));
    assert.ok(lines.some((line) => line.includes('Target="127.0.0.1" Port="6000" Protocol="tcp"')));
    assert.equal(
      lines.some((line) => line.startsWith('syslog_listen')),
      false,
    );
  });
});

describe('ringjail check', () => {
  async function run(files: Readonly<Record<string, string>>, isJson = false) {
    const config = configDirectory({ 'filter.d/scan.conf': '[Definition]\nnetfilter = blocked\n', ...files });
    let text = '';
    const code = await check({
      version: '1',
      paths: { config, store: '', socket: '', helper: '' },
      isJson,
      print: (line) => (text += line),
      write: () => assert.fail('not for lines'),
      printError: () => assert.fail('all of it is the result'),
    });
    return { code, text };
  }

  const jail = '[scan]\nenabled = yes\nfilter = scan\n';

  it('0 where nothing is to be mended', async () => {
    const { code, text } = await run({ 'jail.conf': jail });
    assert.equal(code, 0);
    assert.match(text, /^jail scan: 5 failures within 10m, then banned for 10m\n {2}from the kernel log by filter scan\n {2}by nftables/);
  });

  it('78 and the place where something is', async () => {
    const { code, text } = await run({ 'jail.conf': `${jail}maxretry = many\n` });
    assert.equal(code, 78);
    assert.match(text, /^error: jail\.conf:4: maxretry = "many"/);
  });

  it('hostile text of a configuration does not act on the terminal', async () => {
    const { text } = await run({ 'jail.conf': `${jail}logpath = /var/log/\x1b[2J.log\nbackend = auto\nx\x1b[2J = 1\n` });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
    assert.equal(/[\x00-\x09\x0b-\x1f\x7f]/.test(text), false);
  });

  it('as JSON has the files that rsyslog would have to forward', async () => {
    const expressions = { 'filter.d/web.conf': '[Definition]\nfailregex = ^x <HOST>$\n' };
    const { code, text } = await run({ ...expressions, 'jail.conf': '[web]\nenabled = yes\nfilter = web\nlogpath = /srv/a.log\n' }, true);
    assert.equal(code, 78);
    const { errors } = JSON.parse(text) as { errors: ConfigError[] };
    assert.deepEqual(errors[0]?.logFile, { path: '/srv/a.log', tag: 'file-srv-a-log' });
  });
});
