import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { formatStatus, status } from '../../src/cli/status.ts';
import { formatMessage } from '../../src/control/codec.ts';
import type { ActionStatus, BannedAddress, DaemonStatus } from '../../src/control/messages.ts';

const now = new Date('2026-11-21T12:00:00Z');

const banned = (network: string, other: Partial<BannedAddress> = {}): BannedAddress => ({
  network,
  jail: 'portscan',
  since: '2026-11-21T11:00:00Z',
  until: '2026-11-21T13:30:00Z',
  origin: 'failures',
  failures: 5,
  distinct: ['22', '23'],
  evidence: 'kernel #7: [UFW BLOCK] ...',
  ...other,
});

const actionOf = (other: Partial<ActionStatus>): ActionStatus => ({
  name: 'nftables',
  bans: 0,
  failed: 0,
  waiting: 0,
  unlifted: 0,
  failure: null,
  isContested: false,
  isUnknown: false,
  repairs: 0,
  counters: null,
  ...other,
});

function statusOf(bans: readonly BannedAddress[], other: Partial<DaemonStatus> = {}): DaemonStatus {
  const jail = {
    name: 'portscan',
    filter: 'portscan',
    source: 'kernel',
    actions: ['nftables'],
    failures: 12,
    tracked: 3,
    evicted: 0,
    ignored: 1,
    unusable: 0,
    refused: 2,
    bannedTotal: 4,
    banned: bans,
  };
  return {
    version: '0.1.0',
    pid: 123,
    startedAt: '2026-11-21T10:00:00.000Z',
    sources: [{ name: 'kernel', state: 'reading', path: '/dev/kmsg', records: 500, lost: 0 }],
    jails: [jail],
    otherBans: [],
    actions: [actionOf({ bans: bans.length })],
    cut: { sockets: 0, flows: 0, failures: 0 },
    warnings: [],
    ...other,
  };
}

describe('formatStatus', () => {
  it('is a screen for people', () => {
    const bans = [
      banned('192.0.2.7'),
      banned('2001:db8::/64', { until: null, origin: 'hand', failures: 0, distinct: [] }),
      banned('192.0.2.8', { distinct: [], until: '2026-11-22T12:00:00.400Z' }),
    ];
    assert.deepEqual(formatStatus(statusOf(bans), now), [
      'ringjail 0.1.0, process 123, running for 2h, since 2026-11-21T10:00:00Z',
      'action nftables: 3 bans enforced',
      'source kernel: reading; path /dev/kmsg, records 500, lost 0',
      'jail portscan: 3 banned; 4 since start, 12 failures, 3 addresses counted, 1 ignored, 2 refused as protected',
      '  filter portscan on kernel, action nftables',
      '  192.0.2.7                                1h 30m left  portscan: ports 22, 23',
      '  2001:db8::/64                            for good     portscan: by hand',
      '  192.0.2.8                                1d left      portscan: 5 failures',
    ]);
  });

  it('shows what is not enforced, who is held by no jail, and the warnings', () => {
    const lines = formatStatus(
      statusOf([], {
        actions: [actionOf({ name: 'ufw', bans: 2, failure: 'ufw is not active' })],
        otherBans: [banned('192.0.2.9', { jail: 'gone' })],
        warnings: ['the state cannot be written: ENOSPC'],
      }),
      now,
    );
    assert.ok(lines.includes('action ufw: NOT ENFORCED: ufw is not active'));
    assert.match(lines[lines.indexOf('held by no running jail:') + 1] ?? '', /^ {2}192\.0\.2\.9 .* gone: ports 22, 23$/);
    // What somebody should look at is not below what fills the screen.
    assert.equal(lines[1], 'warning: the state cannot be written: ENOSPC');
  });

  const actions: [Partial<ActionStatus>, string][] = [
    [{ bans: 1 }, 'action nftables: 1 ban enforced'],
    [
      { bans: 2, counters: { packets: 12, bytes: 999 }, repairs: 1 },
      'action nftables: 2 bans enforced; 12 packets (999 B) turned away; put back 1 time after others changed it',
    ],
    [{ counters: { packets: 5000, bytes: 1_250_000 } }, 'action nftables: 0 bans enforced; 5000 packets (1.3 MB) turned away'],
    [
      { failure: 'somebody keeps taking away', isContested: true, repairs: 30 },
      'action nftables: CONTESTED: somebody keeps taking away; put back 30 times after others changed it',
    ],
    [{ bans: 50, waiting: 40 }, 'action nftables: 10 of 50 bans enforced, 40 not told yet'],
    [{ bans: 2, waiting: 2 }, 'action nftables: none of 2 bans enforced, 2 not told yet'],
    [{ bans: 3, failed: 3, failure: 'not active' }, 'action nftables: NOT ENFORCED: not active'],
    [{ failure: 'cannot start' }, 'action nftables: NOT ENFORCED: cannot start'],
    [{ bans: 50, failed: 1, failure: 'refused' }, 'action nftables: 49 of 50 bans enforced, 1 NOT ENFORCED: refused'],
    [{ bans: 1, unlifted: 2, failure: 'refused' }, 'action nftables: 1 ban enforced, 2 NOT LIFTED: refused'],
    [{ failure: 'nobody can tell', isUnknown: true }, 'action nftables: NOT KNOWN: nobody can tell'],
  ];
  for (const [given, line] of actions) {
    it(line, () => assert.equal(formatStatus(statusOf([], { actions: [actionOf(given)] }), now)[1], line));
  }

  it('of a source what says something', () => {
    const sources = [{ name: 'journal', state: 'reading', place: 'journal', records: 0, passedOver: 7, lost: 0, losses: 0, at: '' }];
    assert.equal(formatStatus(statusOf([], { sources }), now)[2], 'source journal: reading; records 0, passed over 7, lost 0');
  });

  it('what is no address stands in quotes, so that it looks like none of our columns', () => {
    const [jail] = statusOf([banned('192.0.2.7   1h left  x: "\u{1f600}')]).jails;
    assert.ok(jail);
    const lines = formatStatus(statusOf([], { jails: [{ ...jail, unusable: 5 }] }), now);
    assert.match(lines[3] ?? '', /1 ignored, 5 of nobody that can be banned, 2 refused/);
    assert.match(lines[5] ?? '', /^ {2}"192\.0\.2\.7 {3}1h left {2}x: \\"\u{1f600}"\s+1h 30m left {2}portscan: ports 22, 23$/u);
  });

  it('jails that have seen nothing are names only, and one jail by itself is told of in any case', () => {
    const [jail] = statusOf([]).jails;
    assert.ok(jail);
    const idle = { ...jail, failures: 0, tracked: 0, ignored: 0, refused: 0, bannedTotal: 0 };
    const jails = [jail, ...Array.from({ length: 30 }, (_, index) => ({ ...idle, name: `idle${index}` }))];
    const lines = formatStatus(statusOf([], { jails }), now).slice(3);
    assert.equal(lines[2], '30 jails have seen nothing yet:');
    assert.equal(
      lines
        .slice(3)
        .join(' ')
        .match(/idle\d+/g)?.length,
      30,
    );
    assert.ok(lines.every(({ length }) => length <= 120));
    assert.match(formatStatus(statusOf([], { jails: [idle] }), now)[3] ?? '', /^jail portscan: 0 banned; 0 failures$/);
  });

  it('a network was banned for its addresses', () => {
    const lines = formatStatus(statusOf([banned('192.0.2.0/24', { distinct: ['192.0.2.7', '192.0.2.8'] })]), now);
    assert.match(lines.at(-1) ?? '', /portscan: addresses 192\.0\.2\.7, 192\.0\.2\.8$/);
  });

  it('a ban that is just over has nothing left, and not less', () => {
    const lines = formatStatus(statusOf([banned('192.0.2.7', { until: '2026-11-21T11:59:00Z' })]), now);
    assert.match(lines.at(-1) ?? '', / 0s left /);
  });

  for (const [count, shown] of [
    [40, 40],
    [41, 41],
  ] as const) {
    it(`${count} bans are ${shown} lines: the latest 40, and where they are fewer than all, that they are`, () => {
      const bans = Array.from({ length: count }, (_, index) => banned(`192.0.2.${index}`));
      const lines = formatStatus(statusOf(bans), now).filter((line) => /^ {2}(?!filter )/.test(line));
      assert.equal(lines.length, shown);
      assert.equal(lines[0]?.includes('the latest 40 of 41'), count > 40);
      assert.match(lines.at(-1) ?? '', new RegExp(`192\\.0\\.2\\.${count - 1} `));
    });
  }
});

describe('status', () => {
  const root = mkdtempSync(join(tmpdir(), 'ringjail-status-'));
  after(() => rmSync(root, { recursive: true }));

  /** What the command prints where the daemon says this. */
  async function printed(result: DaemonStatus, isJson: boolean): Promise<string> {
    const socket = join(root, `${isJson}.sock`);
    const server = createServer((client) => client.on('data', () => client.end(formatMessage({ ok: true, result })))).listen(socket);
    await once(server, 'listening');
    let text = '';
    const code = await status({
      version: '1',
      paths: { config: '', store: '', helper: '', socket },
      isJson,
      print: (line) => (text += line),
      write: () => assert.fail('not for lines'),
      printError: () => assert.fail('nothing is wrong'),
    });
    server.close();
    assert.equal(code, 0);
    return text;
  }

  const hostile = statusOf([banned('192.0.2.7', { jail: 'x\x1b[2J\nwarning: forged' })], { warnings: ['\x1b]0;title\x07'] });

  it('hostile text does not act on the terminal', async () => {
    const text = await printed(hostile, false);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
    assert.equal(/[\x00-\x09\x0b-\x1f\x7f]/.test(text), false);
    assert.equal(
      text.split('\n').some((line) => line.startsWith('warning: forged')),
      false,
    );
    assert.ok(text.includes('\nwarning: \\x1b]0;title\\x07\n'));
  });

  it('as JSON is all of it', async () => assert.deepEqual(JSON.parse(await printed(hostile, true)), hostile));
});
