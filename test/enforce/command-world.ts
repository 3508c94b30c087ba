// A fake outside that definitions of commands change, for jails that share it.
import { CommandAction } from '../../src/action/command-action.ts';
import { type CommandSet, commandNames } from '../../src/action/command-definition.ts';
import type { RunShell } from '../../src/action/run-command.ts';
import { parseShellTemplate } from '../../src/action/shell/shell-template-parser.ts';
import type { BanDecision } from '../../src/ban/ban.ts';
import { BanKeeper } from '../../src/enforce/ban-keeper.ts';
import { ticketOf } from '../../src/enforce/ban-tickets.ts';
import { decisionOf } from '../ban/decision.ts';
import { recordingLog } from '../daemon/recording-log.ts';
import { FakeAction } from '../enforce/fake-action.ts';

type Kind = 'set' | 'file' | 'chain' | 'strict';
const never = Number.POSITIVE_INFINITY;
const families = [4, 6] as const;
export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export interface Setup {
  kind: Kind;
  jails: string[];
  hasList?: boolean;
  hasCheck?: boolean;
  hasStart?: boolean;
  hasFlush?: boolean;
  isOnDemand?: boolean;
  checkIntervalMs?: number;
  /** Delay before / after the effect. */
  delay?: (call: string) => number;
  delayAfter?: (call: string) => number;
  /** 'before' fails without effect, 'after' fails with it. */
  fails?: (call: string) => 'before' | 'after' | undefined;
}

export class World {
  entries: string[] = [];
  exists = false;
  calls: string[] = [];
  overlaps = 0;
  readonly log = recordingLog();
  keeper!: BanKeeper;
  versions = new Map<string, string>();
  readonly setup: Setup;
  #running = new Map<string, number>();
  readonly #startedOf = new Map<string, Set<4 | 6>>();
  /** Requests to lift, by jail and network, for which no command has ended yet. */
  readonly unlifted = new Map<string, BanDecision>();
  forgetsUnlifted = false;
  onList: (() => void) | undefined;

  constructor(setup: Setup) {
    this.setup = setup;
    this.exists = setup.hasStart !== true;
    this.boot();
  }

  boot(): void {
    const { setup } = this;
    const has: Record<string, boolean | undefined> = {
      start: setup.hasStart,
      stop: setup.hasStart,
      check: setup.hasCheck,
      flush: setup.hasFlush,
      list: setup.hasList,
      ban: true,
      unban: true,
      prolong: true,
    };
    const startedOf = this.#startedOf;
    this.keeper = new BanKeeper({
      createAction: (name) => new FakeAction(name),
      checkIntervalMs: setup.checkIntervalMs ?? 50,
      tickets: {
        create: (jail, name) => {
          const version = this.versions.get(jail) ?? 'v1';
          const commands: CommandSet = Object.fromEntries(
            commandNames.flatMap((command) => {
              if (has[command] !== true) return [];
              const parsed = parseShellTemplate(
                `${jail} ${version} ${command}${['ban', 'unban', 'prolong'].includes(command) ? ' <ip>' : ''}`,
              );
              if (!parsed.ok) throw new Error('template');
              return [[command, parsed.value.template]];
            }),
          );
          const key = jail;
          const started = startedOf.get(key) ?? new Set<4 | 6>();
          startedOf.set(key, started);
          return new CommandAction({
            name,
            definition: {
              name,
              commands: { 4: commands, 6: commands },
              isPerFamily: false,
              isStartedOnDemand: setup.isOnDemand ?? false,
              norestored: false,
              repairsOnUnban: false,
              timeoutMs: 60_000,
            },
            runShell: this.#shell,
            started: { has: (f) => started.has(f), set: (f, is) => void (is ? started.add(f) : started.delete(f)) },
            hostNames: { full: 'h', short: 'h' },
            lookUpName: () => Promise.resolve(''),
          });
        },
        fingerprintOf: (jail) => this.versions.get(jail) ?? 'v1',
        emptyingOf: (_jail) => (setup.hasStart === true || setup.hasFlush === true ? 'all' : ''),
        isTicketAction: (name) => name !== 'nftables',
        ticketOf: (decision) => ticketOf(decision, { evidence: () => [], earlierBans: () => 1 }),
      },
      clock: () => Date.now() * 1000,
      log: this.log,
      onEnded: () => undefined,
    });
  }

  get uses() {
    return this.setup.jails.map((jail) => ({ jail, action: 'deny' }));
  }
  start() {
    return this.keeper.start(this.uses);
  }
  ban(jail: string, ...networks: string[]) {
    for (const network of networks) this.keeper.add(decisionOf(network, never, { jail, actions: ['deny'] }));
    void this.keeper.settle();
  }
  unban(jail: string | undefined, ...networks: string[]) {
    for (const network of networks)
      for (const removed of this.keeper.remove(decisionOf(network, 1).network, jail))
        this.unlifted.set(`${removed.jail} ${network}`, removed);
    void this.keeper.settle();
  }
  held(): BanDecision[] {
    return [...this.keeper.bans.decisions()];
  }
  wanted(): string[] {
    return [...new Set(this.held().map(({ network }) => network.text))].sort();
  }
  health() {
    return this.keeper.actions();
  }
  get repairs(): number {
    return this.health().reduce((sum, { repairs }) => sum + repairs, 0);
  }

  /** SIGTERM or SIGKILL, and a start with what the store has. */
  async restart(): Promise<void> {
    const held = this.held();
    await this.keeper.stop();
    this.boot();
    const ended = this.forgetsUnlifted
      ? []
      : [...this.unlifted.values()].filter((d) => !held.some((h) => h.jail === d.jail && h.network.text === d.network.text));
    this.keeper.restore([...held, ...ended.map((d) => ({ ...d, untilUsec: 5 }))]);
    await this.start();
  }

  #shell: RunShell = async ({ script, env }) => {
    const [jail = '', , command = ''] = script.split(' ');
    const ip = Object.values(env)[0] ?? '';
    const call = `${jail} ${command}${ip && ` ${ip}`}`;
    const isLook = command === 'list' || command === 'check';
    this.calls.push(call);
    if (!isLook) {
      const running = (this.#running.get(jail) ?? 0) + 1;
      this.#running.set(jail, running);
      if (running > 1) this.overlaps++;
    }
    try {
      await sleep(this.setup.delay?.(call) ?? 0);
      const how = this.setup.fails?.(call);
      if (how === 'before') return { exitCode: 3, output: 'made to fail' };
      const result = this.#do(command, ip);
      if (command === 'unban') this.unlifted.delete(`${jail} ${ip}`);
      if (command === 'ban' && result.exitCode === 0 && !this.held().some((one) => one.jail === jail && one.network.text === ip))
        this.unlifted.set(call.replace(' ban', ''), decisionOf(ip, 5, { jail, actions: ['deny'] }));
      await sleep(this.setup.delayAfter?.(call) ?? 0);
      return how === 'after' ? { exitCode: 3, output: 'made to fail late' } : result;
    } finally {
      if (!isLook) this.#running.set(jail, (this.#running.get(jail) ?? 0) - 1);
    }
  };

  #do(command: string, ip: string): { exitCode: number; output: string } {
    const good = { exitCode: 0, output: '' };
    const bad = { exitCode: 2, output: 'no such thing' };
    const { kind } = this.setup;
    const has = this.entries.includes(ip);
    switch (command) {
      case 'start':
        this.exists = true;
        return good;
      case 'stop':
        if (!this.exists) return bad;
        this.exists = false;
        this.entries = [];
        return good;
      case 'flush':
        if (!this.exists) return bad;
        this.entries = [];
        return good;
      case 'check':
        return this.exists ? good : bad;
      case 'list':
        if (!this.exists) return bad;
        this.onList?.();
        return { exitCode: 0, output: this.entries.join('\n') };
      case 'prolong':
        return good;
      case 'ban':
        if (!this.exists) return bad;
        if (kind === 'strict' && has) return { exitCode: 1, output: 'already there' };
        if (kind === 'set' && has) return good;
        this.entries.push(ip);
        return good;
      case 'unban':
        if (!this.exists) return bad;
        if (kind === 'chain' || kind === 'strict') {
          if (!has) return { exitCode: 1, output: 'not there' };
          this.entries.splice(this.entries.indexOf(ip), 1);
        } else this.entries = this.entries.filter((one) => one !== ip);
        return good;
    }
    return bad;
  }

  /** How what is there differs from what is wanted; undefined where it does not. */
  wrong(): string | undefined {
    const wanted = this.wanted();
    const there = [...new Set(this.entries)].sort();
    if (wanted.join() !== there.join()) {
      const lost = wanted.filter((w) => !there.includes(w));
      const left = there.filter((w) => !wanted.includes(w));
      return `${lost.length ? `LOST ${lost.join()} ` : ''}${left.length ? `LEFT ${left.join()}` : ''}`;
    }
    const holders = new Map<string, number>();
    for (const { network } of this.held()) holders.set(network.text, (holders.get(network.text) ?? 0) + 1);
    for (const text of there) {
      const times = this.entries.filter((e) => e === text).length;
      // A chain may have one for each jail.
      const most = this.setup.kind === 'chain' || this.setup.kind === 'file' ? (holders.get(text) ?? 0) : 1;
      if (times > most) return `TWICE ${text} ${times}`;
    }
    return undefined;
  }

  async quiet(forMs: number, mostMs = 20_000): Promise<void> {
    const till = Date.now() + mostMs;
    for (;;) {
      const writes = () => this.calls.filter((c) => !/ (list|check)$/.test(c)).length;
      const before = writes();
      await sleep(forMs);
      if (writes() === before || Date.now() > till) return;
    }
  }
}
void families;
