import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JailExplanation } from '../../src/control/messages.ts';
import { type BanRecords, explain } from '../../src/daemon/explanation.ts';
import { jailContextOf } from '../../src/daemon/jail-context.ts';
import { JailSet } from '../../src/daemon/jail-set.ts';
import { BanKeeper } from '../../src/enforce/ban-keeper.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { decisionOf } from '../ban/decision.ts';
import { openAt, storePath } from '../ban/store-fixture.ts';
import { configDirectory } from '../config/config-directory.ts';
import { network, target } from '../core/network.ts';
import { FakeAction } from '../enforce/fake-action.ts';
import { failureOf, minute } from '../jail/failure.ts';
import { recordingLog } from './recording-log.ts';

const nowUsec = 1_700_000_000_000_000;
const hourUsec = 60 * minute;

const jailConf = `
[portscan]
enabled = yes
filter = scan
maxretry = 3
findtime = 10m
distinct = port
aggregate = /24:2
ignoreip = 198.51.100.0/24
[second]
enabled = yes
filter = scan
maxretry = 3
bantime = -1
`;

/** Two jails, a gateway, a firewall in memory that can be asked, and a store on disk. */
async function setUp() {
  const jails = new JailSet(() =>
    jailContextOf(configDirectory({ 'filter.d/scan.conf': '[Definition]\nnetfilter = blocked\n', 'jail.conf': jailConf }), false),
  );
  jails.load();
  const action = Object.assign(new FakeAction(), { enforces: ({ text }: { text: string }) => action.inForce.has(text) });
  const keeper = new BanKeeper({ createAction: () => action, clock: () => nowUsec, log: recordingLog(), onEnded: () => undefined });
  await keeper.start([{ jail: 'portscan', action: 'nftables' }]);
  const store = openAt(storePath(), { clock: () => nowUsec, configurationOf: (jail) => jails.configurationOf(jail) });
  const protectedNetworks = new NetworkList([{ network: network('192.0.2.1'), reason: 'gateway' }]);
  const none = new NetworkList([]);
  const write = () => {
    store.commit({
      bans: keeper.bans.changes(),
      jails: jails.running.map(({ jail }) => ({ name: jail.options.name, ...jail.changes() })),
      positions: {},
    });
    keeper.bans.forgetChanges();
    for (const { jail } of jails.running) jail.forgetChanges();
  };
  // Else the first commit has windows only, and no records.
  write();
  const trial = {
    action,
    jails,
    keeper,
    write,
    /** One failure, and the ban that it completes. */
    async knock(jail: string, address: string, agoUsec: number, port?: number) {
      const counting = jails.find(jail)?.jail;
      const decision = counting?.observe(failureOf(address, nowUsec - agoUsec, port), none);
      if (decision !== undefined) keeper.add(counting?.widen(decision, none) ?? decision);
      write();
      await keeper.settle();
    },
    answer: (address: string, records: BanRecords | undefined = store) =>
      explain(target(address), { jails, keeper, protectedNetworks, nowUsec, records }),
    async of(jail: string, address: string): Promise<JailExplanation> {
      const found = (await trial.answer(address)).jails.find((explained) => explained.jail === jail);
      assert.ok(found, `nothing of jail ${jail}`);
      return found;
    },
    async [Symbol.asyncDispose]() {
      await keeper.stop();
      store.close();
    },
  };
  return trial;
}

describe('a ban of what is no address explained', () => {
  it('has its records and its numbers, and is not enforced by a firewall', async () => {
    await using trial = await setUp();
    const text = '$(reboot) "192.0.2.7"';
    for (const minutes of [3, 2, 1]) await trial.knock('second', text, minutes * minute);
    await trial.knock('second', 'bob', minute);
    const { bans, window, history, identity } = await trial.of('second', text);
    const [ban] = bans;
    assert.deepEqual([identity, ban?.network, ban?.failures, ban?.records.length, window, history], [text, text, 3, 3, null, []]);
    assert.deepEqual(ban?.actions, [
      { name: 'nftables', isEnforced: false, reason: 'it is no address, and a firewall holds nothing else' },
    ]);
    assert.deepEqual((await trial.of('second', 'bob')).window?.count, 1);
    const answer = await trial.answer(text);
    assert.deepEqual([answer.protection, answer.narrower, answer.address], [null, [], text]);
    trial.keeper.remove(target(text));
    trial.write();
    assert.equal((await trial.of('second', text)).history.length, 1);
    assert.equal((await trial.of('second', '192.0.2.7')).history.length, 0);
  });
});

describe('a ban explained', () => {
  it('has its records in order, its numbers, its configuration, and what the firewall says', async () => {
    await using trial = await setUp();
    for (const port of [22, 23, 25]) await trial.knock('portscan', '192.0.2.7', (30 - port) * minute, port);
    const { bans, records, window, thresholds, history } = await trial.of('portscan', '192.0.2.7');
    assert.equal(bans.length, 1);
    const [ban] = bans;
    assert.deepEqual(ban?.actions, [{ name: 'nftables', isEnforced: true, reason: 'asked of the firewall' }]);
    assert.deepEqual(
      [ban?.network, ban?.origin, ban?.failures, ban?.distinct, ban?.since, ban?.until],
      ['192.0.2.7', 'failures', 3, ['22', '23', '25'], '2023-11-14T22:08:20.000Z', '2023-11-14T22:18:20.000Z'],
    );
    assert.deepEqual(
      ban?.records.map(({ source, sequence, text }) => `${source} ${nowUsec - sequence} ${text}`),
      [8, 7, 5].map((minutes) => `kernel ${minutes * minute} packet of 192.0.2.7`),
    );
    assert.deepEqual([records, window, history], [[], null, []]);
    assert.equal(ban?.configuration, trial.jails.configurationOf('portscan'));
    assert.deepEqual(thresholds, {
      filter: 'scan',
      maxretry: 3,
      counts: 'different ports',
      findtime: 600,
      bantime: 600,
      configuration: trial.jails.configurationOf('portscan') ?? null,
    });
  });

  it('that the firewall lost is not enforced', async () => {
    await using trial = await setUp();
    for (const port of [22, 23, 25]) await trial.knock('portscan', '192.0.2.7', minute, port);
    trial.action.inForce.clear();
    const { bans } = await trial.of('portscan', '192.0.2.7');
    assert.deepEqual(bans[0]?.actions, [{ name: 'nftables', isEnforced: false, reason: 'the firewall does not have it' }]);
  });

  it('where the firewall cannot be asked, is not known to be enforced', async () => {
    await using trial = await setUp();
    for (const port of [22, 23, 25]) await trial.knock('portscan', '192.0.2.7', minute, port);
    Object.assign(trial.action, {
      enforces: () => {
        throw new Error('no netlink');
      },
    });
    assert.deepEqual((await trial.of('portscan', '192.0.2.7')).bans[0]?.actions, [
      { name: 'nftables', isEnforced: null, reason: 'no netlink' },
    ]);
  });

  it('of a wider network is one of every address in it, with the records of the network', async () => {
    await using trial = await setUp();
    for (const host of [7, 8]) for (const port of [22, 23, 25]) await trial.knock('portscan', `192.0.2.${host}`, minute, port);
    const { bans } = await trial.of('portscan', '192.0.2.200');
    assert.deepEqual(
      bans.map(({ network, distinct, records }) => [network, distinct, records.length]),
      [['192.0.2.0/24', ['192.0.2.7', '192.0.2.8'], 2]],
    );
  });

  it('of IPv6 is told of each address of the /64, by both jails', async () => {
    await using trial = await setUp();
    for (const port of [22, 23, 25]) {
      await trial.knock('portscan', '2001:db8::7', minute, port);
      await trial.knock('second', '2001:db8::8', minute);
    }
    const { jails } = await trial.answer('2001:db8::99');
    assert.deepEqual(
      jails.map(({ jail, identity, bans }) => [jail, identity, bans.map(({ network, until }) => [network, until])]),
      [
        ['portscan', '2001:db8::/64', [['2001:db8::/64', '2023-11-14T22:22:20.000Z']]],
        ['second', '2001:db8::/64', [['2001:db8::/64', null]]],
      ],
    );
  });

  it('by a jail that does not run any more is told, with what the store has of it', async () => {
    await using trial = await setUp();
    trial.keeper.add(decisionOf('192.0.2.7', nowUsec + hourUsec, { jail: 'gone' }));
    trial.write();
    const { isRunning, thresholds, bans } = await trial.of('gone', '192.0.2.7');
    assert.deepEqual([isRunning, thresholds, bans.length], [false, null, 1]);
    assert.equal(bans[0]?.configuration, null);
  });

  it('without a store has what is in memory', async () => {
    await using trial = await setUp();
    trial.keeper.add(decisionOf('192.0.2.7', nowUsec + hourUsec));
    const broken: BanRecords = {
      evidence: () => assert.fail('database disk image is malformed'),
      history: () => assert.fail('database disk image is malformed'),
    };
    const { jails, warnings } = await trial.answer('192.0.2.7', broken);
    assert.deepEqual(jails[0]?.bans[0]?.records, [{ source: 'kernel', sequence: 7, text: 'packet' }]);
    assert.deepEqual(warnings, ['the store cannot be read: earlier bans and records are not known: database disk image is malformed']);
  });
});

describe('an address that is not banned', () => {
  it('has what its windows hold within findtime, and the records of it', async () => {
    await using trial = await setUp();
    await trial.knock('portscan', '192.0.2.7', 10 * minute + 1, 21);
    await trial.knock('portscan', '192.0.2.7', 10 * minute, 22);
    await trial.knock('portscan', '192.0.2.7', minute, 22);
    const { window, bans, records } = await trial.of('portscan', '192.0.2.7');
    assert.deepEqual(window, { count: 1, latest: '2023-11-14T22:12:20.000Z', distinct: ['22'] });
    assert.deepEqual([bans.length, records.length], [0, 3]);
    assert.equal((await trial.of('second', '192.0.2.7')).window, null);
  });

  for (const [agoUsec, count] of [
    [10 * minute, 1],
    [10 * minute + 1, undefined],
  ] as const) {
    it(`whose failure is ${agoUsec} microseconds ago has ${count ?? 'nothing'} counted`, async () => {
      await using trial = await setUp();
      await trial.knock('portscan', '192.0.2.7', agoUsec, 22);
      assert.equal((await trial.of('portscan', '192.0.2.7')).window?.count, count);
    });
  }

  it('has its earlier bans, with when they ended, and the records of the last', async () => {
    await using trial = await setUp();
    for (const port of [22, 23, 25]) await trial.knock('portscan', '192.0.2.7', minute, port);
    trial.keeper.remove(network('192.0.2.7'));
    trial.write();
    const { bans, history, records } = await trial.of('portscan', '192.0.2.7');
    assert.equal(bans.length, 0);
    assert.deepEqual(
      history.map(({ network, since, until, ended, bancount }) => [network, since, until, ended, bancount]),
      [['192.0.2.7', '2023-11-14T22:12:20.000Z', '2023-11-14T22:22:20.000Z', '2023-11-14T22:13:20.000Z', 1]],
    );
    assert.equal(records.length, 3);
  });

  it('that is protected, or ignored by a jail, has the reason', async () => {
    await using trial = await setUp();
    assert.deepEqual((await trial.answer('192.0.2.1')).protection, { network: '192.0.2.1', reason: 'gateway' });
    assert.deepEqual((await trial.of('portscan', '198.51.100.7')).ignored, { network: '198.51.100.0/24', reason: 'ignoreip' });
    assert.equal((await trial.of('second', '198.51.100.7')).ignored, null);
  });

  it('and is a network: the bans inside of it', async () => {
    await using trial = await setUp();
    for (const text of ['192.0.2.7', '192.0.3.7']) trial.keeper.add(decisionOf(text, nowUsec + hourUsec));
    assert.deepEqual((await trial.answer('192.0.2.0/24')).narrower, [{ network: '192.0.2.7', jail: 'portscan' }]);
  });
});
