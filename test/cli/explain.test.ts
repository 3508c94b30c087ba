import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explain, formatExplanation } from '../../src/cli/explain.ts';
import type { ExplainAnswer, ExplainedBan, JailExplanation } from '../../src/control/messages.ts';

const jailOf = (other: Partial<JailExplanation> = {}): JailExplanation => ({
  jail: 'sshd',
  isRunning: true,
  identity: '192.0.2.7',
  thresholds: { filter: 'sshd', maxretry: 5, counts: 'failures', findtime: 600, bantime: 600, configuration: '0123456789abcdef' },
  ignored: null,
  window: null,
  bans: [],
  history: [],
  records: [],
  ...other,
});

const banOf = (other: Partial<ExplainedBan> = {}): ExplainedBan => ({
  network: '192.0.2.7',
  since: '2026-11-21T11:00:00.000Z',
  until: '2026-11-21T13:30:00.500Z',
  origin: 'failures',
  failures: 5,
  distinct: [],
  bancount: 1,
  configuration: '0123456789abcdef',
  actions: [{ name: 'nftables', isEnforced: true, reason: 'asked of the firewall' }],
  records: [{ source: 'journal', sequence: 17, text: 'mx1 sshd[3]: Failed password for root from 192.0.2.7' }],
  ...other,
});

const answerOf = (jails: readonly JailExplanation[], other: Partial<ExplainAnswer> = {}): ExplainAnswer => ({
  address: '192.0.2.7',
  at: '2026-11-21T12:00:00.000Z',
  protection: null,
  jails,
  narrower: [],
  warnings: [],
  ...other,
});

describe('formatExplanation', () => {
  it('of a ban', () => {
    assert.deepEqual(formatExplanation(answerOf([jailOf({ bans: [banOf()] }), jailOf({ jail: 'web' })])), [
      '192.0.2.7 is banned by sshd; every action enforces it',
      '',
      'jail sshd: 5 failures within 10m by filter sshd',
      '  BANNED since 2026-11-21T11:00:00Z until 2026-11-21T13:30:00Z (1h 30m 1s left)',
      '  because: 5 failures',
      '  action nftables: in force (asked of the firewall)',
      '  configuration 0123456789abcdef',
      '  records:',
      '    journal #17: mx1 sshd[3]: Failed password for root from 192.0.2.7',
      '',
      'nothing known of it in: web',
    ]);
  });

  it('of a ban of the network, made by another configuration, that one action does not enforce', () => {
    const ban = banOf({
      network: '192.0.2.0/24',
      until: null,
      bancount: 12,
      configuration: 'fedcba9876543210',
      distinct: ['192.0.2.7', '192.0.2.8'],
      actions: [
        { name: 'nftables', isEnforced: true, reason: 'asked of the firewall' },
        { name: 'ufw', isEnforced: false, reason: 'ufw is not active' },
        { name: 'other', isEnforced: null, reason: 'no netlink' },
      ],
      records: [],
    });
    const lines = formatExplanation(answerOf([jailOf({ bans: [ban] })]));
    assert.equal(lines[0], '192.0.2.7 is banned by sshd (192.0.2.0/24); NOT ENFORCED by ufw, other');
    assert.deepEqual(lines.slice(3), [
      '  BANNED (192.0.2.0/24) since 2026-11-21T11:00:00Z for good, for the 12th time',
      '  because: 2 different addresses (192.0.2.7, 192.0.2.8)',
      '  action nftables: in force (asked of the firewall)',
      '  action ufw: NOT ENFORCED (ufw is not active)',
      '  action other: not known (no netlink)',
      '  configuration fedcba9876543210, which has changed since',
    ]);
  });

  it('of nobody who is banned: what is counted, what was before, and the records', () => {
    const former = { network: '192.0.2.7', until: '2026-11-21T10:10:00.000Z', bancount: 1, configuration: null };
    const jail = jailOf({
      window: { count: 3, latest: '2026-11-21T11:59:00.000Z', distinct: ['22', '23', '25'] },
      history: [
        { ...former, since: '2026-11-21T10:00:00.000Z', ended: '2026-11-21T10:05:00.000Z' },
        { ...former, since: '2026-11-21T10:00:00.000Z', ended: null, network: '192.0.2.0/24' },
      ],
      records: [{ source: 'kernel', sequence: 7, text: 'IN=eth0' }],
    });
    assert.deepEqual(formatExplanation(answerOf([jail])), [
      '192.0.2.7 is not banned',
      '',
      'jail sshd: 5 failures within 10m by filter sshd',
      '  counted now: 3 of 5 (22, 23, 25), the latest 2026-11-21T11:59:00Z (1m ago)',
      '  banned before: 2 times',
      '    2026-11-21T10:00:00Z to 2026-11-21T10:05:00Z',
      '    2026-11-21T10:00:00Z to 2026-11-21T10:10:00Z (192.0.2.0/24)',
      '  records:',
      '    kernel #7: IN=eth0',
    ]);
  });

  it('of who is spared, and of a network with bans inside', () => {
    const answer = answerOf([jailOf({ ignored: { network: '192.0.2.0/24', reason: 'ignoreip' } })], {
      protection: { network: '192.0.2.7', reason: 'gateway' },
      narrower: [{ network: '192.0.2.9', jail: 'web' }],
      warnings: ['the store cannot be read'],
    });
    assert.deepEqual(formatExplanation(answer), [
      '192.0.2.7 is not banned',
      'protected: gateway; no jail bans it',
      '',
      'jail sshd: 5 failures within 10m by filter sshd',
      '  never banned by it: ignoreip (192.0.2.0/24)',
      '',
      'banned inside of it: 1',
      '  192.0.2.9  web',
      'warning: the store cannot be read',
    ]);
  });

  for (const [bancount, text] of [
    [2, '2nd'],
    [3, '3rd'],
    [11, '11th'],
    [21, '21st'],
    [112, '112th'],
  ] as const) {
    it(`the ${text} time`, () => {
      assert.match(formatExplanation(answerOf([jailOf({ bans: [banOf({ bancount })] })]))[3] ?? '', new RegExp(`for the ${text} time$`));
    });
  }
});

describe('explain', () => {
  it('of what can be nobody says so before it asks anybody', async () => {
    const context = {
      version: '1',
      paths: { config: '', store: '', helper: '', socket: '/nowhere' },
      isJson: false,
      print: () => assert.fail('nothing to print'),
      write: () => assert.fail('nothing to write'),
      printError: () => assert.fail('the caller says it'),
    };
    await assert.rejects(explain(context, 'a\nb'), { code: 'usage', message: /^"a\nb" is no IP address or network/ });
  });
});
