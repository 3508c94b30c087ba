import { usualPolicy } from '../../src/config/jail-policy.ts';
import type { RunningJail } from '../../src/daemon/running-jail.ts';
import { Jail, type JailOptions } from '../../src/jail/jail.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import type { RecordSelector } from '../../src/record/record-selector.ts';
import { target } from '../core/network.ts';
import { minute } from '../jail/failure.ts';

interface FakeJailOptions {
  readonly selectors: readonly RecordSelector[];
  /** Records that hold it are failures. */
  readonly literal: string;
  /** Whose. */
  readonly address?: string;
  readonly options?: Partial<JailOptions>;
}

/** A jail that bans at the first failure. */
export function runningJail({ selectors, literal, address = '192.0.2.1', options = {} }: FakeJailOptions): RunningJail {
  const jail = new Jail({
    name: 'fake',
    actions: ['nftables'],
    maxretry: 1,
    findtimeUsec: minute,
    bantimeUsec: minute,
    increment: undefined,
    aggregate: [],
    isDistinct: false,
    ipv6prefix: 64,
    ignoreip: new NetworkList([]),
    maxtracked: 100,
    ...options,
  });
  const filter: RunningJail['filter'] = {
    name: 'fake',
    literals: [],
    match: (batch, records, sink) => {
      for (const record of records) {
        const text = batch.bytes.toString('latin1', batch.lineStart[record], batch.messageEnd[record]);
        const timeUsec = batch.realtimeUsec[record] ?? 0;
        const evidence = { source: batch.source, sequence: batch.sequence[record] ?? 0, text };
        if (text.includes(literal)) sink.onFailure({ address: target(address), timeUsec, distinct: undefined, evidence });
      }
    },
    takeGivenUp: () => [],
  };
  return { selectors, filter, jail, policy: usualPolicy, resolvesNames: false };
}
