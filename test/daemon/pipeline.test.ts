import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type JailPolicy, usualPolicy } from '../../src/config/jail-policy.ts';
import { mostTexts, Pipeline } from '../../src/daemon/pipeline.ts';
import { BanKeeper } from '../../src/enforce/ban-keeper.ts';
import { Jail } from '../../src/jail/jail.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import type { Failure, NamedFailure } from '../../src/match/failure.ts';
import type { Filter } from '../../src/match/filter.ts';
import type { RecordSelector } from '../../src/record/record-selector.ts';
import { decisionOf } from '../ban/decision.ts';
import { network, target } from '../core/network.ts';
import { FakeAction } from '../enforce/fake-action.ts';
import { failureOf, minute } from '../jail/failure.ts';
import { batchOf } from '../record/batch-of.ts';
import { recordingLog } from './recording-log.ts';
import { settled } from './settled.ts';

const listOf = (reason: string, ...texts: string[]) => new NetworkList(texts.map((text) => ({ network: network(text), reason })));

const selectors = {
  kernel: { source: 'kernel' },
  journal: { source: 'journal', place: {}, matches: [], isSystemOnly: false },
  syslog: { source: 'syslog', facilities: undefined, programs: undefined },
  bans: { source: 'bans' },
} as const satisfies Record<string, RecordSelector>;

/** A pipeline of jails with maxretry = 2, whose filter finds in a batch what the test says. */
class Trial {
  readonly events: string[] = [];
  readonly keeper = new BanKeeper({
    createAction: (name) => new FakeAction(name),
    clock: () => this.nowUsec,
    log: recordingLog(),
    onEnded: () => undefined,
  });
  readonly jails: Jail[];
  readonly pipeline: Pipeline;
  protectedNetworks = listOf('gateway');
  nowUsec = minute;
  /** What the ignorecommand, which jail0 has in such a trial, says: asked for what, and answered when. */
  readonly asked: string[] = [];
  answer: (isIgnored: boolean) => void = () => undefined;
  #failures: readonly Failure[] = [];
  #named: readonly NamedFailure[] = [];
  #successes: readonly string[] = [];
  readonly #filter: Filter = {
    name: 'fake',
    literals: [],
    match: (_, records, sink) => {
      assert.deepEqual([...records], [0]);
      for (const failure of this.#failures) sink.onFailure(failure);
      for (const failure of this.#named) sink.onNamedFailure(failure);
      for (const address of this.#successes) sink.onSuccess?.(network(address));
    },
    takeGivenUp: () => [],
  };

  constructor(...sources: string[]) {
    this.pipeline = new Pipeline({
      keeper: this.keeper,
      protectedNetworks: () => this.protectedNetworks,
      resolve: async (hostname) => (hostname === 'two.example' ? [network('192.0.2.1'), network('192.0.2.2')] : []),
      earlierBans: () => 0,
      clock: () => this.nowUsec,
      isIgnored: ({ program }, { network: { text } }, address) => {
        this.asked.push(`${program} ${text} ${address.text}`);
        return new Promise((resolve) => {
          this.answer = resolve;
        });
      },
      events: {
        onBan: ({ network: { text }, jail }) => void this.events.push(`ban ${text} ${jail}`),
        onRefused: ({ network: { text } }, reason) => void this.events.push(`refused ${text} ${reason}`),
        onSeenWhileBanned: ({ network: { text } }) => void this.events.push(`seen ${text}`),
        onNameResolved: (hostname, addresses) => void this.events.push(`${hostname} is ${addresses.map(({ text }) => text).join(' ')}`),
        onTooMany: ({ network: { text } }) => void this.events.push(`too many ${text}`),
        onLate: () => void this.events.push('late'),
      },
    });
    this.jails = sources.map(
      (_, index) =>
        new Jail({
          name: `jail${index}`,
          actions: ['nftables'],
          maxretry: 2,
          findtimeUsec: minute,
          bantimeUsec: minute,
          increment: undefined,
          aggregate: [{ family: 4, prefix: 24, hosts: 3 }],
          isDistinct: false,
          ipv6prefix: 64,
          ignoreip: listOf('ignoreip', '198.51.100.0/24'),
          maxtracked: 100,
        }),
    );
    this.give(usualPolicy, sources);
  }

  /** `policy`: of the first jail. */
  give(policy: JailPolicy, sources: readonly string[], tellsOfNames = false, countsNames = false): void {
    this.pipeline.jails = this.jails.map((jail, index) => ({
      selectors: (sources[index] ?? '').split('+').map((source) => selectors[source as keyof typeof selectors]),
      filter: this.#filter,
      jail,
      policy: index === 0 ? policy : usualPolicy,
      resolvesNames: index === 0,
      countsNames,
      tellsOfNames,
    }));
  }

  /** Two failures of each address, at this time. */
  scan(source: string, timeUsec: number, ...addresses: string[]): void {
    const seenBy = (failure: Failure) => ({ ...failure, evidence: { ...failure.evidence, source } });
    this.#failures = addresses.flatMap((address) => [seenBy(failureOf(address, timeUsec)), seenBy(failureOf(address, timeUsec))]);
    this.pipeline.process(batchOf(['x'], { source }));
  }

  /** One failure of an address, and then a login of another. */
  login(failed: string, succeeded: string): void {
    this.#failures = [failureOf(failed, this.nowUsec)];
    this.#successes = [succeeded];
    this.pipeline.process(batchOf(['x']));
    this.#successes = [];
  }

  /** Two failures of a host that the record names. */
  async scanNamed(hostname: string): Promise<void> {
    const { address: _, ...facts } = failureOf('192.0.2.9', this.nowUsec);
    this.#failures = [];
    this.#named = [
      { ...facts, hostname },
      { ...facts, hostname },
    ];
    this.pipeline.process(batchOf(['x']));
    await settled();
  }
}

describe('Pipeline', () => {
  it('bans who fails too often: in the list, counted, and told of', () => {
    const trial = new Trial('kernel');
    trial.scan('kernel', minute, '192.0.2.1', '2001:db8::1');
    assert.deepEqual(trial.events, ['ban 192.0.2.1 jail0', 'ban 2001:db8::/64 jail0']);
    assert.equal(trial.keeper.bans.size, 2);
    assert.equal(trial.jails[0]?.counts.banned, 2);
  });

  it('an empty batch, and no jail at all, do nothing', () => {
    const trial = new Trial('kernel');
    trial.scan('kernel', minute);
    trial.pipeline.jails = [];
    trial.scan('kernel', minute, '192.0.2.1');
    assert.deepEqual(trial.events, []);
  });

  it("gives a jail its source's records only", () => {
    const trial = new Trial('kernel', 'journal', 'kernel');
    trial.scan('kernel', minute, '192.0.2.1');
    assert.deepEqual(trial.events, ['ban 192.0.2.1 jail0', 'ban 192.0.2.1 jail2']);
    assert.equal(trial.jails[1]?.counts.failures, 0);
  });

  it('a protected address is refused: counted, told with the reason, in no list', () => {
    const trial = new Trial('kernel');
    trial.protectedNetworks = listOf('gateway', '192.0.2.1', '2001:db8::1');
    trial.scan('kernel', minute, '192.0.2.1', '2001:db8::1', '2001:db8::2');
    assert.deepEqual(trial.events, ['refused 192.0.2.1 gateway', 'refused 2001:db8::1 gateway', 'ban 2001:db8::2 jail0']);
    assert.equal(trial.jails[0]?.counts.refused, 2);
    assert.equal(trial.jails[0].counts.banned, 1);
  });

  it('a mapped address is protected as what it is', () => {
    const trial = new Trial('kernel');
    trial.protectedNetworks = listOf('gateway', '192.0.2.1');
    trial.scan('kernel', minute, '::ffff:192.0.2.1');
    assert.deepEqual(trial.events, ['refused 192.0.2.1 gateway']);
  });

  it('an ignored address is not even refused', () => {
    const trial = new Trial('kernel');
    trial.scan('kernel', minute, '198.51.100.1');
    assert.deepEqual(trial.events, []);
    assert.equal(trial.jails[0]?.counts.ignored, 2);
  });

  it('records from before the start ban for the rest of the time, or not at all where that is over', () => {
    const trial = new Trial('kernel');
    trial.nowUsec = 10 * minute;
    trial.scan('kernel', 9 * minute, '192.0.2.1');
    trial.scan('kernel', 9 * minute + 1, '192.0.2.2');
    assert.deepEqual(trial.events, ['ban 192.0.2.2 jail0']);
    assert.equal(trial.keeper.bans.get(network('192.0.2.2'))?.holders.get('jail0')?.untilUsec, 10 * minute + 1);
    assert.equal(trial.jails[0]?.counts.banned, 1);
  });

  it('who is banned already and still seen is told of, and not banned for longer', () => {
    const trial = new Trial('kernel');
    trial.scan('kernel', minute, '192.0.2.1');
    trial.scan('kernel', minute + 30, '192.0.2.1');
    assert.deepEqual(trial.events, ['ban 192.0.2.1 jail0', 'seen 192.0.2.1']);
    assert.equal(trial.jails[0]?.counts.banned, 1);
    assert.equal(trial.keeper.bans.get(network('192.0.2.1'))?.holders.get('jail0')?.untilUsec, 2 * minute);
  });

  it('a host name counts for each of its addresses, where the jail resolves names', async () => {
    const trial = new Trial('kernel', 'kernel');
    await trial.scanNamed('two.example');
    await trial.scanNamed('none.example');
    assert.deepEqual(trial.events, ['late', 'ban 192.0.2.1 jail0', 'ban 192.0.2.2 jail0', 'late']);
  });

  it('usedns = warn: a host name that has addresses is told of', async () => {
    const trial = new Trial('kernel');
    trial.give(usualPolicy, ['kernel'], true);
    await trial.scanNamed('two.example');
    assert.equal(trial.events[0], 'two.example is 192.0.2.1 192.0.2.2');
    trial.events.length = 0;
    await trial.scanNamed('none.example');
    assert.deepEqual(trial.events, []);
  });

  it('made-up names are banned up to a bound, and addresses all the same', () => {
    const trial = new Trial('kernel');
    const names = Array.from({ length: mostTexts - 1 }, (_, index) => `user${index}`);
    trial.scan('kernel', minute, ...names);
    trial.events.length = 0;
    trial.scan('kernel', minute, 'last', 'more', 'last', '192.0.2.1');
    assert.deepEqual(trial.events, ['ban last jail0', 'too many more', 'seen last', 'ban 192.0.2.1 jail0']);
    assert.deepEqual([trial.keeper.bans.textCount, trial.jails[0]?.counts.evicted], [mostTexts, 1]);
    trial.keeper.remove(target('user7'));
    trial.scan('kernel', minute, 'more');
    assert.deepEqual(trial.events.at(-1), 'ban more jail0');
  });

  it('usedns = raw: a host name is counted and banned as it stands, an address among them as what it is', async () => {
    const trial = new Trial('kernel');
    trial.protectedNetworks = listOf('gateway', '192.0.2.1');
    trial.give(usualPolicy, ['kernel'], false, true);
    for (const name of ['two.example', 'Two.example', '192.0.2.1', 'x'.repeat(257), 'a\x1bb']) await trial.scanNamed(name);
    assert.deepEqual(trial.events, ['ban two.example jail0', 'ban Two.example jail0', 'refused 192.0.2.1 gateway']);
    assert.equal(trial.jails[0]?.counts.unusable, 4);
  });

  const policy = { ...usualPolicy, ignorecommand: { program: 'ask', args: [], cache: undefined } };

  it('an ignorecommand is asked before the ban, once however many failures come meanwhile; no means that it is made', async () => {
    const trial = new Trial('kernel', 'kernel');
    trial.give(policy, ['kernel', 'kernel']);
    trial.scan('kernel', minute, '2001:db8::1');
    trial.scan('kernel', minute, '2001:db8::1');
    assert.deepEqual(trial.asked, ['ask 2001:db8::/64 2001:db8::1']);
    assert.deepEqual(trial.events, ['ban 2001:db8::/64 jail1', 'seen 2001:db8::/64']);
    trial.answer(false);
    await settled();
    assert.deepEqual(trial.events.slice(2), ['ban 2001:db8::/64 jail0', 'late']);
    trial.scan('kernel', minute, '2001:db8::1');
    assert.equal(trial.asked.length, 1);
  });

  it('yes means that it is not made, and is counted; the next time it is asked again', async () => {
    const trial = new Trial('kernel');
    trial.give(policy, ['kernel']);
    trial.scan('kernel', minute, '192.0.2.1');
    trial.answer(true);
    await settled();
    assert.deepEqual(trial.events, ['late']);
    assert.deepEqual([trial.jails[0]?.counts.ignored, trial.jails[0]?.counts.banned], [1, 0]);
    trial.scan('kernel', minute, '192.0.2.1');
    assert.equal(trial.asked.length, 2);
  });

  it('who is protected is not asked about; who is so by the time of the answer is not banned', async () => {
    const trial = new Trial('kernel');
    trial.give(policy, ['kernel']);
    trial.protectedNetworks = listOf('gateway', '192.0.2.1');
    trial.scan('kernel', minute, '192.0.2.1');
    assert.deepEqual(trial.asked, []);
    trial.scan('kernel', minute, '192.0.2.2');
    trial.protectedNetworks = listOf('gateway', '192.0.2.2');
    trial.answer(false);
    await settled();
    assert.deepEqual(trial.events, ['refused 192.0.2.1 gateway', 'refused 192.0.2.2 gateway', 'late']);
  });

  it('whom an ignorecommand spares does not count for the network around', async () => {
    const trial = new Trial('kernel');
    trial.give(policy, ['kernel']);
    const answers: [address: string, isIgnored: boolean][] = [
      ['203.0.113.1', true],
      ['203.0.113.2', true],
      ['203.0.113.3', false],
      ['203.0.113.4', false],
    ];
    for (const [address, isIgnored] of answers) {
      trial.scan('kernel', minute, address);
      trial.answer(isIgnored);
      await settled();
    }
    assert.deepEqual(
      trial.events.filter((event) => event !== 'late'),
      ['ban 203.0.113.3 jail0', 'ban 203.0.113.4 jail0'],
    );
    trial.scan('kernel', minute, '203.0.113.5');
    trial.answer(false);
    await settled();
    assert.deepEqual(trial.events.at(-2), 'ban 203.0.113.0/24 jail0');
    assert.deepEqual(trial.asked.length, 5, 'once for each address');
  });

  it('a network is banned in the place of the address that completes it; bans that are over count', () => {
    const trial = new Trial('kernel');
    trial.scan('kernel', minute, '203.0.113.1');
    trial.nowUsec = 3 * minute;
    trial.scan('kernel', 2 * minute, '203.0.113.2', '203.0.113.1');
    assert.deepEqual(trial.events, ['ban 203.0.113.1 jail0']);
    trial.scan('kernel', 2 * minute + 1, '203.0.113.3', '203.0.113.3');
    assert.deepEqual(trial.events.slice(1), ['ban 203.0.113.0/24 jail0', 'ban 203.0.113.3 jail0']);
  });

  it('an answer that comes after the end bans nobody', async () => {
    const trial = new Trial('kernel');
    trial.give(policy, ['kernel']);
    trial.scan('kernel', minute, '192.0.2.1');
    trial.pipeline.close();
    trial.answer(false);
    await settled();
    assert.deepEqual([trial.events, trial.keeper.bans.size], [[], 0]);
  });

  it('reset_on_success: a login clears what was counted of its address, or of its /64, and of no other', () => {
    const trial = new Trial('kernel', 'kernel');
    trial.give({ ...usualPolicy, resetsOnSuccess: true }, ['kernel', 'kernel']);
    trial.login('192.0.2.1', '192.0.2.2');
    trial.login('192.0.2.1', '192.0.2.2');
    assert.deepEqual(trial.events.splice(0), ['ban 192.0.2.1 jail0', 'ban 192.0.2.1 jail1']);
    trial.login('192.0.2.3', '192.0.2.3');
    trial.login('192.0.2.3', '192.0.2.3');
    trial.login('2001:db8::1', '2001:db8::2');
    trial.login('2001:db8::1', '2001:db8::2');
    assert.deepEqual(trial.events, ['ban 192.0.2.3 jail1', 'ban 2001:db8::/64 jail1']);
  });

  it('what two sources tell of counts once; what one tells twice counts twice', () => {
    const trial = new Trial('kernel+syslog');
    const once = (source: string) => trial.scan(source, minute, '192.0.2.1');
    const jail = trial.jails[0];
    once('kernel');
    assert.equal(jail?.counts.failures, 2);
    once('syslog');
    assert.equal(jail.counts.failures, 2);
    once('syslog');
    assert.equal(jail.counts.failures, 4);
    once('kernel');
    assert.equal(jail.counts.failures, 4);
  });

  it('bans are records for jails that count bans, and none for the jail that made them', () => {
    const trial = new Trial('kernel', 'bans');
    trial.scan('kernel', minute, '192.0.2.1');
    assert.deepEqual(trial.events, ['ban 192.0.2.1 jail0', 'ban 192.0.2.1 jail1']);
  });

  it('a ban by hand is a record as well, though not for the jail that holds it', () => {
    const trial = new Trial('kernel', 'bans');
    // What the filter finds in the next record.
    trial.scan('none', minute, '192.0.2.1');
    trial.pipeline.countBan(decisionOf('192.0.2.1', 2 * minute, { jail: 'jail1' }), 64);
    assert.deepEqual(trial.events, []);
    trial.pipeline.countBan(decisionOf('192.0.2.1', 2 * minute, { jail: 'jail0' }), 64);
    assert.deepEqual(trial.events, ['ban 192.0.2.1 jail1']);
  });
});
