import { Jail } from '../../src/jail/jail.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { minute } from './failure.ts';

/** A jail of that name, for tests of what is around jails. */
export const jailOf = (name: string): Jail =>
  new Jail({
    name,
    actions: [],
    maxretry: 1,
    findtimeUsec: minute,
    bantimeUsec: minute,
    increment: undefined,
    aggregate: [],
    isDistinct: false,
    ipv6prefix: 64,
    ignoreip: new NetworkList([]),
    maxtracked: 10,
  });
