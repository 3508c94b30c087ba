// Somebody takes away what enforces the bans, in every way, again and again; it is always put back. Real kernel, real nft, in a network
// namespace of its own: this file runs itself there. The times are printed, for who wants to know; nothing depends on them.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NftablesAction } from '../../src/action/nftables/nftables-action.ts';
import type { NftablesScope } from '../../src/action/nftables/nftables-scope.ts';
import { ScopeTable, tableName } from '../../src/action/nftables/nftables-table.ts';
import { BanList } from '../../src/ban/ban-list.ts';
import { openNetfilterMonitor, openNftables, openSetLookup, openTableReader } from '../../src/binding/addon.ts';
import { systemClock } from '../../src/core/clock.ts';
import { Enforcer, type EnforcerOptions } from '../../src/enforce/enforcer.ts';
import { FirewallWatch } from '../../src/enforce/firewall-watch.ts';
import { wantedOf } from '../action/wanted.ts';
import { decisionOf } from '../ban/decision.ts';
import { network } from '../core/network.ts';
import { recordingLog } from '../daemon/recording-log.ts';
import { run } from '../lab/laboratory.ts';
import { needsRoot } from './requires-root.ts';

/** yes: the tests themselves; vandal: who takes away. */
const role = process.env['RINGJAIL_TEST_NAMESPACE'];
const times = 100;
const bans = 1000;
const last = network('10.0.3.231');
const ssh: NftablesScope = { protocol: 'tcp', ports: [22], verdict: 'reject' };

/** No pace: each time is to be seen. */
const unpaced: EnforcerOptions = { pace: { shortestMs: 0, fightRepairs: 1e6 } };

const createAction = (name: string, scope?: NftablesScope) =>
  new NftablesAction({
    open: openNftables,
    openLookup: openSetLookup,
    openReader: openTableReader,
    clock: systemClock,
    name,
    ...(scope === undefined ? {} : { scope }),
  });

/** Two scopes with the same bans, and the monitor. */
async function setUp(options: EnforcerOptions = unpaced) {
  const log = recordingLog();
  const list = new BanList();
  const untilUsec = systemClock() + 3_600_000_000;
  for (let index = 0; index < bans; index++) {
    list.add(decisionOf(`10.0.${index >> 8}.${index & 255}`, untilUsec, { actions: ['nftables', 'ssh'] }));
  }
  list.add(decisionOf('198.51.100.0/24', untilUsec, { actions: ['nftables', 'ssh'] }));
  const enforcers = [createAction('nftables'), createAction('ssh', ssh)].map((action) => new Enforcer(action, list, log, options));
  let changes = 0;
  const watch = new FirewallWatch({
    open: (onChange) => openNetfilterMonitor(tableName, onChange),
    onChange: (parts) => {
      changes++;
      for (const enforcer of enforcers) enforcer.noticeChange(parts);
    },
    check: () => Promise.reject(new Error('the monitor is there')),
    checkIntervalMs: 1,
    log,
  });
  watch.start();
  for (const enforcer of enforcers) await enforcer.start();
  return {
    log,
    enforcers,
    list,
    changes: () => changes,
    repairs: () => enforcers.map(({ repairs }) => repairs),
    stop: async () => {
      watch.stop();
      for (const enforcer of enforcers) await enforcer.stop();
    },
  };
}

interface Damage {
  readonly commands: readonly string[];
  /** Sets from which an element goes that has to come back. */
  readonly sets: readonly string[];
}

/** Another process, as it would be in life: its changes are not ours. Milliseconds from before its transaction until the element is back. */
class Vandal {
  readonly #process = fork(fileURLToPath(import.meta.url), { env: { ...process.env, RINGJAIL_TEST_NAMESPACE: 'vandal' } });

  async harm(damage: Damage): Promise<number> {
    this.#process.send(damage);
    const [tookMs] = (await once(this.#process, 'message')) as [number];
    return tookMs;
  }

  stop(): void {
    this.#process.kill();
  }
}

function beVandal(): void {
  const nftables = openNftables();
  const lookup = openSetLookup(tableName);
  const key = Buffer.from(last.bytes);
  process.on('message', ({ commands, sets }: Damage) => {
    const startMs = performance.now();
    nftables.run(commands.join('\n'));
    const endMs = startMs + 10_000;
    while (!sets.every((set) => lookup.has(set, key)) && performance.now() < endMs);
    process.send?.(performance.now() - startMs);
  });
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (!isSo()) {
    assert.ok(performance.now() < endMs, `not within ten seconds: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function print(what: string, valuesMs: number[]): void {
  valuesMs.sort((a, b) => a - b);
  const at = (share: number) => (valuesMs[Math.min(valuesMs.length - 1, Math.floor(share * valuesMs.length))] ?? Number.NaN).toFixed(1);
  console.log(`# ${what}: least ${at(0)} ms, median ${at(0.5)} ms, nine in ten below ${at(0.9)} ms, most ${at(1)} ms`);
}

if (role === 'vandal') beVandal();
else if (role !== 'yes') {
  test('what is taken away is put back, in a network namespace', { skip: needsRoot }, async (t) => {
    const environment: NodeJS.ProcessEnv = { ...process.env, RINGJAIL_TEST_NAMESPACE: 'yes' };
    // Set by the runner for its own children, whose output it reads in a form of its own.
    delete environment['NODE_TEST_CONTEXT'];
    const { code, stdout } = await run(['unshare', '--net', process.execPath, fileURLToPath(import.meta.url)], environment);
    for (const line of stdout.split('\n').filter((text) => / median /.test(text))) t.diagnostic(line.replace(/^[# ]+/, ''));
    assert.equal(code, 0, stdout);
  });
} else {
  const own = new ScopeTable({ protocol: 'all', ports: [], verdict: 'drop' });
  const other = new ScopeTable(ssh);
  const flushed = [...own.chains, ...other.chains].map((chain) => `flush chain inet ringjail ${chain}`);
  /** What somebody does, and which of the two scopes has to mend something. */
  const cases: [name: string, commands: string[], concerned: readonly [boolean, boolean]][] = [
    ['flush ruleset', ['flush ruleset'], [true, true]],
    ['the table deleted', ['delete table inet ringjail'], [true, true]],
    ['a chain deleted', ['flush chain inet ringjail input', 'delete chain inet ringjail input'], [true, false]],
    [
      "a chain of the other scope's deleted",
      [0, 1].map((step) => `${['flush', 'delete'][step]} chain inet ringjail ${other.chains[1]}`),
      [false, true],
    ],
    ['a set deleted, its rules first', [...flushed, 'delete set inet ringjail banned4'], [true, true]],
    ['the elements of a set flushed', ['flush set inet ringjail banned4'], [true, false]],
    ['one element deleted', [`delete element inet ringjail banned4 { ${last.text} }`], [true, false]],
    ['one network deleted', ['delete element inet ringjail banned4_net { 198.51.100.0/24 }'], [true, false]],
    ['a rule put before ours', ['insert rule inet ringjail input accept'], [true, false]],
    ['the table put to sleep', ['add table inet ringjail { flags dormant; }'], [true, false]],
    ['an element put in', ['add element inet ringjail banned4 { 203.0.113.9 }'], [true, false]],
  ];

  describe('what is taken away', () => {
    for (const [name, commands, concerned] of cases) {
      test(`${name}, ${times} times`, async () => {
        const all = await setUp();
        const vandal = new Vandal();
        const tookMs: number[] = [];
        for (let time = 1; time <= times; time++) {
          const before = all.repairs();
          tookMs.push(await vandal.harm({ commands, sets: [own.sets[0] ?? '', other.sets[0] ?? ''] }));
          await until('both scopes agree', () =>
            all.repairs().every((count, index) => count >= (before[index] ?? 0) + Number(concerned[index])),
          );
          const lookup = openSetLookup(tableName);
          for (const table of [own, other]) assert.ok(lookup.has(table.sets[0] ?? '', Buffer.from(last.bytes)), table.sets[0]);
        }
        assert.deepEqual(
          all.enforcers.map(({ action }) => action.isInForce?.(wantedOf({}))),
          [true, true],
        );
        assert.deepEqual(
          all.enforcers.map(({ action }) => action.found?.().length),
          [bans + 1, bans + 1],
        );
        assert.deepEqual(
          all.enforcers.map(({ failure }) => failure),
          [undefined, undefined],
        );
        vandal.stop();
        await all.stop();
        print(`${name}, ${bans} bans in each of two scopes, until the elements are back`, tookMs);
      });
    }
  });
}
