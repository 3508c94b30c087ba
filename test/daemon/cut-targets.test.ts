import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeScope, type NftablesScope } from '../../src/action/nftables/nftables-scope.ts';
import { cutTargetsOf } from '../../src/daemon/cut-targets.ts';
import { decisionOf } from '../ban/decision.ts';

const action = (scope: Partial<NftablesScope>) => `nftables: ${describeScope({ protocol: 'tcp', ports: [], verdict: 'reject', ...scope })}`;
const ssh = action({ ports: [22, [8000, 8010]] });

describe('cutTargetsOf', () => {
  it('what is no address has nothing open', () => {
    const decisions = [decisionOf('bob', 5), decisionOf('192.0.2.7:80', 5, { actions: ['ufw'] }), decisionOf('192.0.2.7', 5)];
    assert.deepEqual(
      cutTargetsOf(decisions, () => true).map(({ network }) => network.text),
      ['192.0.2.7'],
    );
  });

  const cases: [name: string, actions: string[], targets: unknown[]][] = [
    ['all, where everything is shut', ['nftables'], [{}]],
    [
      'the ports and the protocol of the action',
      [ssh],
      [
        {
          protocol: 6,
          ports: [
            [22, 22],
            [8000, 8010],
          ],
        },
      ],
    ],
    [
      'each protocol',
      [action({ protocol: ['udp', 'tcp'], ports: [53] })],
      [
        { protocol: 6, ports: [[53, 53]] },
        { protocol: 17, ports: [[53, 53]] },
      ],
    ],
    ['all ports of a protocol', [action({})], [{ protocol: 6 }]],
    ['all, where one action shuts all', [ssh, 'nftables'], [{}]],
    ['both of two', [action({ ports: [22] }), action({ protocol: 'udp' })], [{ protocol: 6, ports: [[22, 22]] }, { protocol: 17 }]],
    ['all, where a command shuts nobody knows what', ['ufw'], [{}]],
    ['what our firewall shuts, beside a command', [action({ ports: [22] }), 'shorewall'], [{ protocol: 6, ports: [[22, 22]] }]],
    ['nothing, where somebody is only told', ['mail', 'sendmail-whois[dest="root"]', 'null', 'webhook[url="https://hooks.example"]'], []],
    ['nothing, without an action', [], []],
    ['all, where the name makes no sense', ['nftables: what'], [{}]],
  ];
  for (const [name, actions, targets] of cases) {
    it(name, () => {
      const decision = decisionOf('192.0.2.7', 5, { actions });
      const expected = targets.map((target) => ({ network: decision.network, ...(target as object) }));
      assert.deepEqual(
        cutTargetsOf([decision], () => true),
        expected,
      );
    });
  }

  it('icmp is ICMPv6 for an IPv6 address', () => {
    const targets = ['192.0.2.7', '2001:db8::7'].flatMap((address) =>
      cutTargetsOf([decisionOf(address, 5, { actions: [action({ protocol: 'icmp' })] })], () => true),
    );
    assert.deepEqual(
      targets.map(({ protocol }) => protocol),
      [1, 58],
    );
  });

  it('nothing for a jail with cut = no, and its neighbour as before', () => {
    const decisions = ['one', 'two'].map((jail) => decisionOf('192.0.2.7', 5, { jail, actions: ['nftables'] }));
    assert.equal(cutTargetsOf(decisions, (jail) => jail === 'one').length, 1);
  });

  it('targets of one action share the array of ports, so that they are cut together', () => {
    const [one, two] = ['192.0.2.7', '192.0.2.8'].flatMap((address) =>
      cutTargetsOf([decisionOf(address, 5, { actions: [ssh] })], () => true),
    );
    assert.ok(one?.ports !== undefined && one.ports === two?.ports);
  });
});
