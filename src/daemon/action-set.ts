// The actions of this machine and the ban list that they make true: firewalls, what the privileged helper runs, who tells when others change
// the firewall, and the end of open connections.
import { dirname, join } from 'node:path';
import { ConnectionCutter, type CutCounts } from '../action/connection-cutter.ts';
import { HelperClient } from '../action/helper-client.ts';
import { tableName } from '../action/nftables/nftables-table.ts';
import type { BanDecision } from '../ban/ban.ts';
import { cutConnections, openNetfilterMonitor } from '../binding/addon.ts';
import { isTicketAction } from '../config/action-choice.ts';
import { systemClock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { createAction, createTicketAction, emptyingOf, fingerprintOf, releaseUnusedScopes } from '../enforce/action-registry.ts';
import { actionTools } from '../enforce/action-tools.ts';
import type { ActionUse } from '../enforce/action-use.ts';
import { BanKeeper, type BanKeeperOptions } from '../enforce/ban-keeper.ts';
import { type TicketFacts, ticketOf } from '../enforce/ban-tickets.ts';
import { FirewallWatch } from '../enforce/firewall-watch.ts';
import { cutTargetsOf } from './cut-targets.ts';
import type { JailSet } from './jail-set.ts';
import type { Paths } from './paths.ts';

/** Who holds what was found in force. */
const foundJail = 'found-in-force';

export interface ActionSetOptions extends Pick<BanKeeperOptions, 'onEnded' | 'onLifted' | 'bounded'> {
  readonly paths: Paths;
  readonly jails: JailSet;
  /** What tickets tell of a ban. */
  readonly facts: TicketFacts;
  /** How often a firewall is looked at that tells nobody when it is changed; 0: never. */
  readonly checkIntervalMs: number;
  readonly log: Log;
}

export class ActionSet {
  readonly keeper: BanKeeper;
  readonly #options: ActionSetOptions;
  readonly #helper: HelperClient;
  readonly #cutter: ConnectionCutter;
  readonly #watch: FirewallWatch;

  constructor(options: ActionSetOptions) {
    const { paths, facts, checkIntervalMs, onEnded, onLifted, bounded, log } = options;
    this.#options = options;
    this.#helper = new HelperClient(paths.helper);
    this.#cutter = new ConnectionCutter({ cutConnections, log });
    const isRoot = process.getuid?.() === 0;
    const tools = actionTools(join(dirname(paths.socket), 'started.json'), log);
    const settings = { directory: paths.config, isRoot, tools, helper: this.#helper };
    this.keeper = new BanKeeper({
      createAction,
      clock: systemClock,
      checkIntervalMs,
      log,
      onEnded,
      ...(bounded === undefined ? {} : { bounded }),
      ...(onLifted === undefined ? {} : { onLifted }),
      tickets: {
        isTicketAction: (name) => isTicketAction(name, isRoot),
        create: (jail, name) => createTicketAction(jail, name, settings),
        fingerprintOf: (jail, name) => fingerprintOf(jail, name, settings),
        emptyingOf: (jail, name) => emptyingOf(jail, name, settings),
        ticketOf: (decision) => ticketOf(decision, facts),
      },
      onAsked: (decisions) => this.#cut(decisions),
      onLeft: () => this.#releaseLeftovers(),
    });
    this.#watch = new FirewallWatch({
      open: (onChange) => openNetfilterMonitor(tableName, onChange),
      onChange: (parts) => this.keeper.noticeChange(parts),
      check: () => this.keeper.check(),
      checkIntervalMs,
      log,
    });
  }

  get cutCounts(): CutCounts {
    return this.#cutter.counts;
  }

  /**
   * Takes over what the jails' actions have in force although nothing is known of it: it holds until it ends or somebody lifts it. Before
   * `start`; gives how many.
   */
  adoptFound(): number {
    const found = this.keeper.found(this.#uses().map(({ action }) => action));
    for (const { network, untilUsec, action } of found) {
      const sinceUsec = systemClock();
      this.keeper.adopt([
        {
          network,
          jail: foundJail,
          origin: 'found',
          actions: [action],
          sinceUsec,
          untilUsec,
          failures: 0,
          distinct: [],
          evidence: undefined,
        },
      ]);
    }
    return found.length;
  }

  /** What was taken over turns out to be known: these bans say whose it is, and for how long. */
  forgetFound(decisions: readonly BanDecision[]): void {
    for (const { network, jail } of decisions) if (this.keeper.bans.isHeldBy(network, jail)) this.keeper.remove(network, foundJail);
  }

  /** Rejects where an action is not permitted to work; every other failure is repeated. */
  async start(): Promise<void> {
    this.#watch.start();
    await this.keeper.start(this.#uses());
    this.#releaseLeftovers();
  }

  /** The configuration was read again. */
  async reload(): Promise<void> {
    await this.keeper.reload(this.#uses());
    this.#releaseLeftovers();
  }

  /** Lifts nothing. */
  async stop(): Promise<void> {
    this.#watch.stop();
    await this.keeper.stop();
    this.#helper.close();
  }

  /** The actions that the jails name. */
  #uses(): ActionUse[] {
    return this.#options.jails.running.flatMap(({ jail: { options } }) =>
      options.actions.map((action) => ({ jail: options.name, action })),
    );
  }

  /** What an earlier configuration left in the firewall. */
  #releaseLeftovers(): void {
    const ofJails = this.#uses().map(({ action }) => action);
    const ofBans = Array.from(this.keeper.bans.decisions(), ({ actions }) => actions).flat();
    try {
      releaseUnusedScopes(new Set([...ofJails, ...ofBans]));
    } catch (error) {
      this.#options.log.warning(`what no jail uses any more stays in nftables: ${messageOf(error)}`);
    }
  }

  #cut(decisions: readonly BanDecision[]): void {
    const targets = cutTargetsOf(decisions, (jail) => this.#options.jails.find(jail)?.policy.cutsConnections ?? true);
    // A ban does not wait for it.
    if (targets.length > 0) void this.#cutter.cut(targets);
  }
}
