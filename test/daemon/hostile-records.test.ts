// Expressions that take for ever on lines made for it: in one pipeline with other jails, which go on finding failures in the same batch.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/core/clock.ts';
import { GivenUpLog } from '../../src/daemon/given-up-log.ts';
import { JailSet } from '../../src/daemon/jail-set.ts';
import { Pipeline } from '../../src/daemon/pipeline.ts';
import { BanKeeper } from '../../src/enforce/ban-keeper.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { configDirectory } from '../config/config-directory.ts';
import { FakeAction } from '../enforce/fake-action.ts';
import { batchOf } from '../record/batch-of.ts';
import { recordingLog } from './recording-log.ts';

/** The matcher gives up a match after 5 ms; 30 of them may take this long on a machine that is busy otherwise. */
const patienceMs = 10_000;

/** As fail2ban's common.conf has it for logtype = rfc5424: where what follows is missing, its time doubles with each letter. */
const rfc5424 = '\\s*(?:<\\d+>\\d+ \\d+-\\d+-\\S+ \\S+ \\S+ \\d+ \\S+ )?(?:\\[(?:[^\\]"]*|"[^"]*")*\\])+ ';

const filters = {
  nested: '^(a+)+$ <HOST>',
  prefixed: `^${rfc5424}bad <HOST>`,
  squares: '^(?:.*,)*(?:.*,)*(?:.*,)*end <HOST>',
  sound: 'bad <HOST>$',
};

const hostile = [
  // An expression is looked for only where the texts that it needs are there.
  `${'a'.repeat(40)}! bad end `,
  `[${'a'.repeat(22)} bad end `,
  `${'[a"b"]'.repeat(700)} bad end `,
  `${'x,'.repeat(2000)} bad end `,
];

function run(names: readonly (keyof typeof filters)[], lines: readonly string[]) {
  const files = names.map((name) => [`filter.d/${name}.conf`, `[Definition]\nfailregex = ${filters[name]}\n`]);
  const jails = names.map((name) => `[${name}]\nenabled = yes\nfilter = ${name}\nbackend = kernel\nmaxretry = 1\nbantime = -1\n`);
  const directory = configDirectory({ 'jail.conf': jails.join('\n'), ...Object.fromEntries(files) });
  const set = new JailSet(() => ({
    directory,
    isRoot: false,
    hostName: 'host',
    hasUnit: () => false,
    clock: systemClock,
    listensToSyslog: false,
  }));
  set.load();
  assert.deepEqual(set.errors, []);
  const log = recordingLog();
  const bans: string[] = [];
  const none = new NetworkList([]);
  const pipeline = new Pipeline({
    keeper: new BanKeeper({ createAction: (name) => new FakeAction(name), clock: systemClock, log, onEnded: () => undefined }),
    protectedNetworks: () => none,
    resolve: async () => [],
    earlierBans: () => 0,
    clock: systemClock,
    events: {
      onBan: ({ network, jail }) => void bans.push(`${jail} ${network.text}`),
      onRefused: () => assert.fail(),

      onSeenWhileBanned: () => undefined,
    },
  });
  pipeline.jails = set.running;
  const givenUpLog = new GivenUpLog({ log, nowMs: () => 0 });
  const start = performance.now();
  pipeline.process(batchOf(lines));
  const tookMs = performance.now() - start;
  givenUpLog.look(set.running);
  return { bans, warnings: log.lines, tookMs };
}

describe('expressions that take for ever', () => {
  for (const name of ['nested', 'prefixed', 'squares'] as const) {
    it(`${name}: ends soon, finds nothing, is told; the other jails find theirs before, between and behind`, () => {
      const lines = ['bad 192.0.2.1', ...hostile.flatMap((line, index) => [line, `bad 192.0.2.${index + 2}`])];
      const alone = run(['sound'], lines);
      const { bans, warnings, tookMs } = run([name, 'sound'], lines);
      assert.ok(tookMs < patienceMs, `${tookMs} ms`);
      assert.deepEqual(bans, alone.bans);
      assert.equal(bans.length, hostile.length + 1);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? '', new RegExp(`^warning: jail ${name}: .*failregex 1 \\([1-9]\\d* times?\\)`));
    });
  }

  it('a record without the trap is found by the same expressions', () => {
    const { bans, warnings } = run(['prefixed', 'squares'], ['[x y="z"] bad 192.0.2.1', 'x,y,end 192.0.2.2']);
    assert.deepEqual(bans, ['prefixed 192.0.2.1', 'squares 192.0.2.2']);
    assert.deepEqual(warnings, []);
  });
});
