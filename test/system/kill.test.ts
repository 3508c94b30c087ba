// The whole program, killed with SIGKILL at random moments under load and started again each time: a real journald, the real kernel's sets,
// the real store. A model counts along from what journalctl shows: no ban lost, none doubled, windows exact to the microsecond.
// RINGJAIL_SEED=n repeats a run's attacks; the moments are the machine's.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBanStore } from '../../src/ban/store-file.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type Attack, AttackReader, AttackWriter, attackFilter, attackSource, entryOf } from '../lab/attack-journal.ts';
import { BareServer } from '../lab/bare-server.ts';
import { CountedJail } from '../lab/counted-jail.ts';
import { DaemonProcess } from '../lab/daemon-process.ts';
import { until } from '../lab/laboratory.ts';
import { PrivateJournald } from '../lab/private-journald.ts';
import { Random } from '../record/random.ts';
import { needsRoot } from './requires-root.ts';

const seed = Number(process.env['RINGJAIL_SEED'] ?? Date.now() & 0x3fffffff);
const kills = 200;
const bantimeUsec = 86_400_000_000;

const limits = {
  often: { maxretry: 4, findtimeUsec: 2_000_000, bantimeUsec },
  seldom: { maxretry: 7, findtimeUsec: 60_000_000, bantimeUsec },
};

/** Kinds of moments: while it starts, soon after it watches, and later. */
const lives = ['starting', 'watching', 'watching', 'watching', 'settled'] as const;

/** As lines: assert's own comparison of large maps takes longer than the daemon lives. */
function assertSame(found: Iterable<readonly [string, unknown]>, expected: Iterable<readonly [string, unknown]>, what: string): void {
  const [left = [], right = []] = [found, expected].map((entries) => Array.from(entries, (entry) => JSON.stringify(entry)).sort());
  if (left.join() === right.join()) return;
  const [rights, lefts] = [new Set(right), new Set(left)];
  const surplus = left.filter((line) => !rights.has(line));
  const missing = right.filter((line) => !lefts.has(line));
  assert.fail(`${what}: not expected: ${surplus.slice(0, 10).join(' ')}; missing: ${missing.slice(0, 10).join(' ')}`);
}

describe(`the daemon, killed ${kills} times under load`, { skip: needsRoot, timeout: 400_000 }, () => {
  const lab = new BareServer('rjkill');
  const journald = new PrivateJournald();
  const copies = mkdtempSync(join(tmpdir(), 'ringjail-kill-'));
  const random = new Random(seed);
  const models = Object.entries(limits).map(([name, limit]) => new CountedJail(name, limit));
  let daemon: DaemonProcess;
  let attacks: AttackWriter;
  const reader = new AttackReader(journald);
  /** In the journal, and not counted by the model yet. */
  let waiting: Attack[] = [];
  /** By the model, the latest that was counted. */
  let nowUsec = 0;
  let counted = 0;
  let inKernel = new Set<string>();

  before(async () => {
    lab.up();
    await journald.start();
    const jails = Object.entries(limits).map(([name, { maxretry, findtimeUsec }]) => {
      return `[${name}]\nenabled = true\n${attackSource(journald)}maxretry = ${maxretry}\nfindtime = ${findtimeUsec / 1e6}\nbantime = 1d\n`;
    });
    daemon = new DaemonProcess(lab, { isRoot: true, jailLocal: ['[portscan]\nenabled = false\n', ...jails].join('\n') });
    writeFileSync(join(daemon.directory, 'config', 'filter.d', 'attacked.conf'), attackFilter);
  });

  after(async () => {
    await attacks?.stop();
    await daemon?.dispose();
    await journald.remove();
    lab.down();
    rmSync(copies, { recursive: true, force: true });
  });

  async function liveAndDie(kill: number): Promise<void> {
    const life = kill === 0 ? 'settled' : random.pick(lives);
    await daemon.spawn();
    if (life === 'starting') await sleep(random.below(400));
    else {
      await until('the daemon watches', () => /watching: jails/.test(daemon.stderr));
      await sleep(random.below(life === 'watching' ? 60 : 300));
    }
    assert.equal(await daemon.stop('SIGKILL'), null, daemon.stderr);
    assert.doesNotMatch(daemon.stderr, /cannot be written|could not be read|lost|not enforced|may be missing|make no sense/);
  }

  /** A copy, as the daemon's next start finds it. */
  function openCopy() {
    const copy = join(copies, 'state.db');
    for (const suffix of ['', '-wal', '-shm']) {
      rmSync(copy + suffix, { force: true });
      const path = join(daemon.directory, 'state', `state.db${suffix}`);
      if (existsSync(path)) copyFileSync(path, copy + suffix);
    }
    return openBanStore(copy, { clock: systemClock });
  }

  /** The model goes on to where the store is, and both must be the same then. */
  async function compare(isLast = false): Promise<number> {
    const { store, contents, setAside } = openCopy();
    try {
      assert.equal(setAside, undefined);
      assert.equal(store.unreadCount, 0);
      // The machine's own journal is read, too: for logins.
      const { cursor } = contents.positions[`journal:${journald.journal}`] ?? {};
      const position = typeof cursor === 'string' && cursor !== '' ? entryOf(cursor) : -1;
      waiting.push(...(await reader.read()));
      const upTo = waiting.filter(({ entry }) => entry <= position);
      waiting = waiting.filter(({ entry }) => entry > position);
      for (const attack of upTo) {
        for (const model of models) model.take(attack);
        nowUsec = Math.max(nowUsec, attack.timeUsec);
      }
      counted += upTo.length;
      for (const model of models) {
        const { name } = model;
        const { findtimeUsec } = limits[name as keyof typeof limits];
        const windows = (contents.windows.get(name) ?? []).map(
          ([identity, entries]) => [identity, entries.map(({ timeUsec }) => timeUsec)] as const,
        );
        const live = windows.filter(([, times]) => (times.at(-1) ?? 0) >= nowUsec - findtimeUsec);
        assertSame(live, model.windows(nowUsec), `windows of ${name}`);
        const bans = contents.bans.filter(({ jail }) => jail === name);
        const found = bans.map(
          ({ network, sinceUsec, untilUsec, failures }) => [network.text, { sinceUsec, untilUsec, failures }] as const,
        );
        assertSame(found, model.bans, `bans of ${name}`);
        const unseen = isLast ? bans : bans.slice(-20);
        for (const { network } of unseen) {
          assert.equal(store.history(network.text).filter(({ jail }) => jail === name).length, 1, `history of ${network.text}`);
        }
      }
      return upTo.length;
    } finally {
      store.close();
    }
  }

  async function elements(): Promise<Set<string>> {
    const [single, networks] = await Promise.all([daemon.elements('banned4'), daemon.elements('banned6_64')]);
    return new Set([...single, ...networks.map((first) => `${first}/64`)]);
  }

  const expected = (): string[] => [...new Set(models.flatMap(({ bans }) => [...bans.keys()]))];

  test(`loses no ban, doubles none, and counts exactly (RINGJAIL_SEED=${seed})`, async (t) => {
    const startMs = performance.now();
    // A first start begins at the journal's end, so that one comes before there is anything to count.
    await daemon.start();
    assert.equal(await daemon.stop(), 0);
    attacks = new AttackWriter(journald, seed);
    let advanced = 0;
    for (let kill = 0; kill < kills; kill++) {
      await liveAndDie(kill);
      if ((await compare()) > 0) advanced++;
      const now = await elements();
      const lifted = [...inKernel].filter((element) => !now.has(element));
      assert.deepEqual(lifted, [], `lifted in the kernel by kill ${kill}`);
      inKernel = now;
    }
    await attacks.stop();
    waiting.push(...(await reader.read()));
    await daemon.start();
    const last = waiting.at(-1);
    await until('all is read', async () => {
      const { sources } = await daemon.status();
      const bans = (await elements()).size;
      return sources.every(({ state }) => state === 'reading') && bans >= expected().length;
    });
    assert.equal(await daemon.stop(), 0);
    await compare(true);
    assert.deepEqual(waiting, [], `all up to entry ${last?.entry} is in the store`);
    assert.equal(counted, attacks.written);
    assert.deepEqual([...(await elements())].sort(), expected().sort());
    const said = `seed ${seed}: ${kills} kills in ${((performance.now() - startMs) / 1000).toFixed(0)} s, ${advanced} of them after something was committed; ${counted} attacks, ${expected().length} bans`;
    t.diagnostic(said);
    assert.ok(advanced > kills / 4, said);
    assert.ok(expected().length > 100, said);
  });
});
