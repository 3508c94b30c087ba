// The store under load, to be killed: goes through an endless sequence of failures and unbans from where the store says, and prints each
// position that was committed. test/ban/store-kill.test.ts kills it, and counts along with the same sequence.
import { writeSync } from 'node:fs';
import { BanList } from '../../src/ban/ban-list.ts';
import type { StoredSessionRow } from '../../src/ban/stored-session.ts';
import { createLog } from '../../src/core/log.ts';
import { StoreKeeper } from '../../src/daemon/store-keeper.ts';
import { Jail, type JailOptions } from '../../src/jail/jail.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { SessionCache } from '../../src/match/session-cache.ts';
import { network } from '../core/network.ts';
import { failureOf } from '../jail/failure.ts';
import { addLine } from '../match/session-knock.ts';
import { Random } from '../record/random.ts';

const nobody = new NetworkList([]);
const limits = { actions: [], ipv6prefix: 64, increment: undefined, aggregate: [], ignoreip: nobody, bantimeUsec: 3000 };

/** One that counts ports, one that counts failures, one that must forget all the time. */
const jailOptions: readonly JailOptions[] = [
  { name: 'ports', isDistinct: true, maxretry: 4, findtimeUsec: 2000, maxtracked: 1000, ...limits },
  { name: 'failures', isDistinct: false, maxretry: 3, findtimeUsec: 500, maxtracked: 1000, ...limits },
  { name: 'crowded', isDistinct: false, maxretry: 3, findtimeUsec: 5000, maxtracked: 30, ...limits },
];

/** Jails, sessions and bans; step n is the same for all who have the seed. Its time is n, in microseconds. */
export class Sequence {
  readonly bans = new BanList();
  readonly jails = jailOptions.map((options) => new Jail(options));
  readonly sessions = new SessionCache();
  readonly #seed: number;
  position = 0;
  /** The latest step made a ban. */
  hasBanned = false;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** As the store has them. */
  sessionRows(): StoredSessionRow[] {
    return this.sessions.save().map(([id, state]) => ({ jail: 'ports', filter: 'f', id, state }));
  }

  step(): void {
    this.position++;
    this.hasBanned = false;
    const random = new Random(this.#seed + this.position);
    // Few attackers that come back, among many that do not.
    const address = random.once(2) ? `192.0.2.${random.below(20)}` : `198.18.${random.below(4)}.${random.below(256)}`;
    if (random.once(200)) {
      this.bans.remove(network(address));
      for (const jail of this.jails) jail.clear(network(address));
      return;
    }
    this.bans.expire(this.position);
    // Far more than are kept, some of them long, and some old.
    const session = `s${random.below(1500)}`;
    if (random.once(10)) this.sessions.delete(session);
    else addLine(this.sessions, session, random.pick(['nobody', 'root', 'x'.repeat(300)]), this.position / 10);
    const failure = failureOf(address, this.position, random.below(6));
    for (const jail of this.jails) {
      const decision = jail.observe(failure, nobody);
      if (decision !== undefined && !this.bans.isHeldBy(decision.network, decision.jail)) this.hasBanned = this.bans.add(decision);
    }
  }
}

/** The daemon's way with a store, without its sources; all but the smallest transactions in several slices, where these have no time. */
export function keep(sequence: Sequence, path: string, sliceMs: number): StoreKeeper {
  const keeper = new StoreKeeper({
    path,
    sliceMs,
    log: createLog({ threshold: 'debug', forJournal: false, write: (line) => void process.stderr.write(line) }),
    clock: () => sequence.position,
    bans: sequence.bans,
    jails: () => sequence.jails,
    sessions: () => [{ jail: 'ports', filter: 'f', cache: sequence.sessions }],
    positions: () => ({ kernel: { sequence: sequence.position } }),
  });
  const restored = keeper.open();
  sequence.position = Number(restored.positions['kernel']?.['sequence'] ?? 0);
  for (const jail of sequence.jails) jail.restore(restored.windows.get(jail.options.name) ?? []);
  sequence.sessions.restore(restored.sessions?.map(({ id, state }) => [id, state]) ?? []);
  for (const ban of restored.bans) sequence.bans.add(ban);
  sequence.bans.forgetChanges();
  keeper.begin();
  return keeper;
}

const [path, seed, sliceMs] = process.argv.slice(2);
if (process.argv[1]?.endsWith('store-writer.js') && path !== undefined) {
  const sequence = new Sequence(Number(seed));
  const keeper = keep(sequence, path, Number(sliceMs));
  let commits = 0;
  /** In slices only a flush is through when it returns. */
  const commit = () => {
    if (commits++ % 10 > 0) return keeper.commit();
    keeper.flush();
    return keeper.failure === undefined;
  };
  const batch = () => {
    let hasBanned = false;
    for (let count = 0; count < 20; count++) {
      sequence.step();
      hasBanned ||= sequence.hasBanned;
    }
    if (!hasBanned) keeper.touch();
    else if (commit()) writeSync(1, `${sequence.position}\n`);
    setImmediate(batch);
  };
  batch();
}
