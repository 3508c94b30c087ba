// Killed and started again between any two lines of sshd, before or after the store was written: each failure counts as often as in a run
// without an interruption. The whole way from the line to the window, with the filter as shipped.
import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { JailContext } from '../../src/config/jail-config.ts';
import { JailSet } from '../../src/daemon/jail-set.ts';
import { Pipeline } from '../../src/daemon/pipeline.ts';
import { StoreKeeper } from '../../src/daemon/store-keeper.ts';
import { BanKeeper } from '../../src/enforce/ban-keeper.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { emptyDirectory } from '../ban/store-fixture.ts';
import { configDirectory } from '../config/config-directory.ts';
import { FakeAction } from '../enforce/fake-action.ts';
import { copyFail2banConfig, removeFail2banConfig, skipWithoutFail2ban } from '../lab/fail2ban-package.ts';
import { lineOf, loadFilterSamples } from '../lab/filter-samples.ts';
import { batchOf } from '../record/batch-of.ts';
import { recordingLog } from './recording-log.ts';

let config = configDirectory({});
cpSync(join(import.meta.dirname, '../../../config'), config, { recursive: true });

const clock = () => 1_000_000;

function configure(jail: string): void {
  writeFileSync(join(config, 'jail.local'), `[sshd]\nenabled = true\nbackend = systemd\naction = nftables\nmaxretry = 1000\n${jail}\n`);
}

function loadedJails(): JailSet {
  const context: JailContext = {
    directory: config,
    isRoot: true,
    hostName: 'host.example',
    hasUnit: () => false,
    clock,
    listensToSyslog: false,
  };
  const jails = new JailSet(() => context);
  jails.load();
  assert.deepEqual(jails.errors, []);
  return jails;
}

/** From the store that an earlier one left, up to where it is killed. */
class Run {
  readonly jails = loadedJails();
  readonly #lines: readonly string[];
  readonly #pipeline: Pipeline;
  readonly keeper: StoreKeeper;
  position: number;

  constructor(lines: readonly string[], path: string) {
    this.#lines = lines;
    const log = recordingLog();
    const bans = new BanKeeper({ createAction: (name) => new FakeAction(name), clock, log, onEnded: () => undefined });
    this.#pipeline = new Pipeline({
      keeper: bans,
      protectedNetworks: () => new NetworkList([]),
      resolve: async () => [],
      earlierBans: () => 0,
      clock,
      events: { onBan: () => assert.fail(), onRefused: () => undefined, onSeenWhileBanned: () => undefined },
    });
    this.#pipeline.jails = this.jails.running;
    this.keeper = new StoreKeeper({
      path,
      log,
      clock,
      bans: bans.bans,
      jails: () => this.jails.running.map(({ jail }) => jail),
      sessions: () => this.jails.sessions(),
      positions: () => ({ journal: { sequence: this.position } }),
    });
    const restored = this.keeper.open();
    this.position = Number(restored.positions['journal']?.['sequence'] ?? 0);
    this.jails.restore(restored.windows, restored.sessions);
    this.keeper.begin();
  }

  readUpTo(position: number): void {
    for (; this.position < position; this.position++) {
      this.#pipeline.process(batchOf([this.#lines[this.position] ?? ''], { source: 'journal' }));
    }
  }

  reload(): void {
    this.jails.load();
    this.#pipeline.jails = this.jails.running;
  }

  /** Nothing is written any more. */
  kill(): void {
    this.keeper.stop();
  }

  /** Who failed, and when. */
  get windows() {
    return this.jails.running.map(({ jail }) => [jail.options.name, jail.save()]);
  }

  get evidence(): readonly string[] {
    this.keeper.flush();
    const identities = this.jails.running.flatMap(({ jail }) => jail.save().map(([identity]) => identity));
    return identities.flatMap((identity) => this.keeper.facts.evidence(identity, 'sshd').map(({ text }) => text)).sort();
  }
}

const pathOf = () => join(emptyDirectory(), 'state.db');

/** Written after `written` lines and killed after `read`, for all of these; `step`: between two kills. */
function examine(t: TestContext, lines: readonly string[], step = 1, expected?: number): void {
  // The store is written where the test says, and nowhere else.
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const whole = new Run(lines, pathOf());
  whole.readUpTo(lines.length);
  const count = whole.jails.running.reduce((sum, { jail }) => sum + jail.counts.failures, 0);
  if (expected === undefined) assert.ok(count > 0);
  else assert.equal(count, expected);
  for (let written = 0; written <= lines.length; written += step) {
    for (const lost of step > 1 ? [written % 3] : [0, 1, 2]) {
      const path = pathOf();
      const first = new Run(lines, path);
      first.readUpTo(written);
      first.keeper.flush();
      first.readUpTo(Math.min(written + lost, lines.length));
      first.kill();
      const second = new Run(lines, path);
      assert.equal(second.position, written);
      second.readUpTo(lines.length);
      const name = `written after ${written} lines, killed after ${written + lost}`;
      assert.deepEqual(second.windows, whole.windows, name);
      assert.deepEqual(second.evidence, whole.evidence, name);
      second.kill();
    }
  }
  whole.kill();
}

const sshd = (pid: number) => (message: string) => `host sshd[${pid}]: ${message}`;

const dialogues: [name: string, failures: number, lines: string[]][] = [
  [
    'a user who does not exist, and the end of the connection',
    1,
    [
      'Invalid user admin from 203.0.113.9 port 53296',
      'pam_unix(sshd:auth): check pass; user unknown',
      'Failed password for invalid user admin from 203.0.113.9 port 53296 ssh2',
      'Failed password for invalid user admin from 203.0.113.9 port 53296 ssh2',
      'Connection closed by invalid user admin 203.0.113.9 port 53296 [preauth]',
    ].map(sshd(1)),
  ],
  [
    'three wrong passwords, and thrown out',
    3,
    [
      'Failed password for root from 203.0.113.9 port 58506 ssh2',
      'Failed password for root from 203.0.113.9 port 58506 ssh2',
      'Failed password for root from 203.0.113.9 port 58506 ssh2',
      'error: maximum authentication attempts exceeded for root from 203.0.113.9 port 58506 ssh2 [preauth]',
      'Disconnecting authenticating user root 203.0.113.9 port 58506: Too many authentication failures [preauth]',
      'PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9  user=root',
    ].map(sshd(2)),
  ],
  [
    'keyboard-interactive',
    1,
    [
      'error: PAM: Authentication failure for root from 203.0.113.9',
      'Postponed keyboard-interactive for root from 203.0.113.9 port 53280 ssh2 [preauth]',
      'Failed keyboard-interactive/pam for root from 203.0.113.9 port 53280 ssh2',
      'Connection closed by authenticating user root 203.0.113.9 port 53280 [preauth]',
    ].map(sshd(3)),
  ],
  [
    'in at last',
    2,
    [
      'Failed password for alice from 203.0.113.9 port 58698 ssh2',
      'Failed password for alice from 203.0.113.9 port 58698 ssh2',
      'Accepted password for alice from 203.0.113.9 port 58698 ssh2',
      'Disconnected from user alice 203.0.113.9 port 58698',
      'Connection closed by authenticating user alice 203.0.113.9 port 58698 [preauth]',
    ].map(sshd(4)),
  ],
  [
    'in at once, and the end of the connection',
    0,
    [
      'Accepted publickey for alice from 203.0.113.9 port 5 ssh2: ED25519 SHA256:abc',
      'Connection closed by authenticating user alice 203.0.113.9 port 5 [preauth]',
    ].map(sshd(5)),
  ],
  [
    'several of them at a time',
    2,
    [
      sshd(6)('Invalid user admin from 203.0.113.9 port 53296'),
      sshd(7)('error: PAM: Authentication failure for root from 203.0.113.10'),
      sshd(6)('Connection closed by invalid user admin 203.0.113.9 port 53296 [preauth]'),
      sshd(7)('Connection closed by authenticating user root 203.0.113.10 port 53280 [preauth]'),
    ],
  ],
];

describe('sshd, with a kill and a start between any two lines', () => {
  for (const [name, failures, lines] of dialogues) {
    it(`${name}: ${failures} failures`, (t) => {
      configure('');
      examine(t, lines, 1, failures);
    });
  }

  for (const { options, samples } of loadFilterSamples('sshd')) {
    const given = Array.from(options, ([key, value]) => `${key}=${value}`).join(', ');
    it(`all samples of the filter${given === '' ? '' : ` with ${given}`}`, (t) => {
      configure(`filter = sshd${given === '' ? '' : `[${given}]`}`);
      examine(
        t,
        samples.map((sample) => lineOf(sample)),
        samples.length > 30 ? 3 : 1,
      );
    });
  }
});

describe('a failure that waits for an address', () => {
  const filter = `[Definition]
failregex = ^\\S+ app\\[<F-MLFID>\\d+</F-MLFID>\\]: wrong password for <F-USER>\\w+</F-USER>$
            ^\\S+ app\\[<F-MLFID>\\d+</F-MLFID>\\]: <F-NOFAIL>connection</F-NOFAIL> from <HOST>$
            ^\\S+ app\\[<F-MLFID>\\d+</F-MLFID>\\]: <F-MLFGAINED>welcome</F-MLFGAINED>$
successregex = ^\\S+ app\\[<F-MLFID>\\d+</F-MLFID>\\]: peer is <HOST>$
               ^\\S+ app\\[<F-MLFID>\\d+</F-MLFID>\\]: hello$
`;
  const lines = (...messages: string[]) => messages.map((message) => `host app[1]: ${message}`);
  const connection = lines(
    'wrong password for bob',
    'connection from 203.0.113.9',
    'connection from 203.0.113.9',
    'wrong password for bob',
  );

  it('gets it after the start, too, with all of its lines', (t) => {
    writeFileSync(join(config, 'filter.d', 'app.conf'), filter);
    configure('filter = app\njournalmatch = _COMM=app');
    examine(t, connection, 1, 2);
  });

  it('a success whose address an earlier line told clears what was counted', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    writeFileSync(join(config, 'filter.d', 'app.conf'), filter);
    configure('filter = app\njournalmatch = _COMM=app\nreset_on_success = yes');
    const all = [...connection, ...lines('peer is 203.0.113.9', 'hello')];
    // Only the last line is to clear anything.
    const path = pathOf();
    const first = new Run(all, path);
    first.readUpTo(5);
    const names = first.jails.sessions().map(({ filter: name }) => name);
    assert.deepEqual(names, ['app', 'app successregex']);
    const counted = first.jails.find('sshd')?.jail;
    counted?.restore([['203.0.113.9', [{ timeUsec: 1_000_000, distinct: undefined }]]]);
    counted?.touchAll();
    first.keeper.flush();
    first.kill();
    const second = new Run(all, path);
    assert.equal(second.jails.find('sshd')?.jail.trackedCount, 1);
    second.readUpTo(6);
    assert.equal(second.jails.find('sshd')?.jail.trackedCount, 0);
    second.kill();
  });
});

describe('a reload in the middle of a connection', () => {
  const lines = ['Invalid user admin from 203.0.113.9 port 5', 'Connection closed by invalid user admin 203.0.113.9 port 5 [preauth]'].map(
    sshd(1),
  );
  const failuresAfter = (run: Run) => run.jails.running.reduce((sum, { jail }) => sum + jail.counts.failures, 0);

  for (const [name, change, failures] of [
    ['nothing changed', '', 1],
    ["the jail's options changed", 'bantime = 5', 1],
    ['the same filter has other options', 'filter = sshd[mode=aggressive]', 1],
    ['it has another filter', 'filter = other', 2],
  ] as const) {
    it(`${name}: ${failures === 1 ? 'the session goes on' : 'sessions begin anew'}, and in the store, too`, (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      cpSync(join(config, 'filter.d', 'sshd.conf'), join(config, 'filter.d', 'other.conf'));
      configure('');
      const path = pathOf();
      const run = new Run(lines, path);
      run.readUpTo(1);
      run.keeper.flush();
      configure(change);
      run.reload();
      run.readUpTo(2);
      assert.equal(failuresAfter(run), failures);
      run.keeper.flush();
      run.kill();
      const next = new Run([...lines, lines[1] ?? ''], path);
      next.readUpTo(3);
      assert.equal(failuresAfter(next), 0);
      assert.deepEqual(
        next.keeper.store?.sessions().map(({ filter }) => filter),
        [failures === 1 ? 'sshd' : 'other'],
      );
      next.kill();
    });
  }
});

describe("fail2ban's sshd filter, which ends its sessions, and has failures that wait", { skip: skipWithoutFail2ban }, () => {
  const shipped = config;
  before(() => {
    config = copyFail2banConfig();
  });
  after(() => {
    removeFail2banConfig(config);
    config = shipped;
  });
  for (const mode of ['normal', 'aggressive']) {
    it(`all samples of ours, mode = ${mode}`, (t) => {
      configure(`filter = sshd[mode=${mode}]`);
      const lines = loadFilterSamples('sshd').flatMap(({ samples }) => samples.map((sample) => lineOf(sample)));
      examine(t, lines, 3);
    });
  }
});
