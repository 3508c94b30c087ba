// Why an address is banned, or is not: what every jail has counted of it, holds and held, and what spares it. For `ringjail explain`.
import type { BanDecision } from '../ban/ban.ts';
import type { HistoryRow } from '../ban/store-statements.ts';
import type {
  ExplainAnswer,
  ExplainedBan,
  ExplainedRecord,
  FormerBan,
  JailExplanation,
  JailThresholds,
  ListedReason,
} from '../control/messages.ts';
import { type BanTarget, isNetwork } from '../core/ban-target.ts';
import { messageOf } from '../core/errors.ts';
import type { Evidence } from '../core/evidence.ts';
import { containsNetwork, isSingleAddress } from '../core/ip-network.ts';
import { isoTime } from '../core/iso-time.ts';
import type { BanKeeper } from '../enforce/ban-keeper.ts';
import { aggregatesOf } from '../jail/aggregate.ts';
import { identityOf } from '../jail/identity.ts';
import type { ListedTarget, NetworkList } from '../jail/network-list.ts';
import type { JailSet } from './jail-set.ts';
import type { RunningJail } from './running-jail.ts';

/** What is remembered on disk; each may throw SQLite's error. */
export interface BanRecords {
  evidence(identity: string, jail: string): readonly Evidence[];
  history(network: string): readonly HistoryRow[];
}

export interface ExplanationParts {
  readonly jails: JailSet;
  readonly keeper: BanKeeper;
  readonly protectedNetworks: NetworkList;
  /** Undefined where the store cannot be opened. */
  readonly records: BanRecords | undefined;
  readonly nowUsec: number;
}

// An answer is one line over the socket, and nobody reads more.
const mostFormerBans = 200;
const mostNarrower = 1000;

export function explain(asked: BanTarget, parts: ExplanationParts): Promise<ExplainAnswer> {
  return new Explanation(asked, parts).answer();
}

class Explanation {
  readonly #asked: BanTarget;
  readonly #parts: ExplanationParts;
  readonly #warnings = new Set<string>();
  readonly #held: readonly BanDecision[];
  readonly #former = new Map<string, readonly HistoryRow[]>();

  constructor(asked: BanTarget, parts: ExplanationParts) {
    this.#asked = asked;
    this.#parts = parts;
    const { bans } = parts.keeper;
    this.#held = parts.keeper.find(asked).flatMap((network) => Array.from(bans.get(network)?.holders.values() ?? []));
    if (parts.records === undefined) this.#warnings.add('the store cannot be opened: earlier bans and records are not known');
  }

  async answer(): Promise<ExplainAnswer> {
    const { jails, protectedNetworks, nowUsec } = this.#parts;
    const known = [this.#asked, ...this.#held.map(({ network }) => network), ...jails.running.flatMap((jail) => this.#concerned(jail))];
    for (const { text } of known) this.#historyOf(text);
    const others = [...this.#held, ...Array.from(this.#former.values()).flat()].map(({ jail }) => jail);
    const explained: JailExplanation[] = [];
    for (const name of new Set([...jails.names, ...others])) explained.push(await this.#explainJail(name));
    return {
      address: this.#asked.text,
      at: isoTime(nowUsec),
      protection: formatListed(protectedNetworks.find(this.#asked)),
      jails: explained,
      narrower: this.#narrower(),
      warnings: [...this.#warnings],
    };
  }

  #narrower(): ExplainAnswer['narrower'] {
    const asked = this.#asked;
    if (!isNetwork(asked) || isSingleAddress(asked)) return [];
    const decisions = Array.from(this.#parts.keeper.bans.decisions());
    return decisions
      .filter(({ network }) => network.text !== asked.text && isNetwork(network) && containsNetwork(asked, network))
      .slice(-mostNarrower)
      .map(({ network, jail }) => ({ network: network.text, jail }));
  }

  async #explainJail(name: string): Promise<JailExplanation> {
    const running = this.#parts.jails.find(name);
    const identity = running === undefined ? this.#formerIdentity(name) : this.#identity(running).text;
    const held = this.#held.filter(({ jail }) => jail === name);
    const bans: ExplainedBan[] = [];
    for (const decision of held) bans.push(await this.#explainBan(decision));
    const told = held.some(({ network }) => network.text === identity);
    return {
      jail: name,
      isRunning: running !== undefined,
      identity,
      thresholds: running === undefined ? null : this.#thresholds(running),
      ignored: formatListed(running?.jail.options.ignoreip.find(this.#asked)),
      window: running === undefined ? null : this.#window(running),
      bans,
      history: this.#formerBans(name, held),
      records: told ? [] : this.#recordsOf(identity, name, undefined),
    };
  }

  /** What the jail counts and bans of the address. */
  #identity({ jail }: RunningJail): BanTarget {
    const { ipv6prefix, ignoreip } = jail.options;
    return identityOf(this.#asked, ipv6prefix, [this.#parts.protectedNetworks, ignoreip]);
  }

  /** Of a jail that does not run any more: what it banned last. */
  #formerIdentity(name: string): string {
    const rows = Array.from(this.#former).flatMap(([network, all]) => all.filter(({ jail }) => jail === name).map(() => network));
    return rows.at(-1) ?? this.#asked.text;
  }

  /** Networks by which the jail may have banned the address before. */
  #concerned(running: RunningJail): BanTarget[] {
    const identity = this.#identity(running);
    if (!isNetwork(identity)) return [identity];
    return [identity, ...aggregatesOf(running.jail.options.aggregate, identity).map(({ network }) => network)];
  }

  #thresholds({ jail, filter }: RunningJail): JailThresholds {
    const { name, maxretry, isDistinct, findtimeUsec, bantimeUsec } = jail.options;
    return {
      filter: filter.name,
      maxretry,
      counts: isDistinct ? 'different ports' : 'failures',
      findtime: findtimeUsec / 1e6,
      bantime: Number.isFinite(bantimeUsec) ? bantimeUsec / 1e6 : null,
      configuration: this.#parts.jails.configurationOf(name) ?? null,
    };
  }

  #window(running: RunningJail): JailExplanation['window'] {
    const { jail } = running;
    const oldestUsec = this.#parts.nowUsec - jail.options.findtimeUsec;
    const entries = jail.windowOf(this.#identity(running)).filter(({ timeUsec }) => timeUsec >= oldestUsec);
    const latestUsec = entries.reduce((latest, { timeUsec }) => Math.max(latest, timeUsec), 0);
    if (entries.length === 0) return null;
    return { count: entries.length, latest: isoTime(latestUsec), distinct: entries.flatMap(({ distinct }) => distinct ?? []) };
  }

  async #explainBan(decision: BanDecision): Promise<ExplainedBan> {
    const { network, jail, origin, sinceUsec, untilUsec, failures, distinct, bancount, evidence } = decision;
    const row = this.#historyOf(network.text).findLast((former) => former.jail === jail && former.sinceUsec === sinceUsec);
    const actions: ExplainedBan['actions'][number][] = [];
    for (const name of decision.actions) {
      const { isEnforced, reason } = await this.#parts.keeper.enforcement(decision, name);
      actions.push({ name, isEnforced: isEnforced ?? null, reason });
    }
    return {
      network: network.text,
      since: isoTime(sinceUsec),
      until: endOf(untilUsec),
      origin,
      failures,
      distinct,
      bancount: bancount ?? row?.bancount ?? null,
      configuration: row === undefined || row.configuration === '' ? null : row.configuration,
      actions,
      records: this.#recordsOf(network.text, jail, evidence),
    };
  }

  #formerBans(jail: string, held: readonly BanDecision[]): FormerBan[] {
    const isHeld = (network: string, sinceUsec: number) =>
      held.some((decision) => decision.network.text === network && decision.sinceUsec === sinceUsec);
    return Array.from(this.#former)
      .flatMap(([network, rows]) => rows.map((row) => ({ network, ...row })))
      .filter((row) => row.jail === jail && !isHeld(row.network, row.sinceUsec))
      .sort((a, b) => a.sinceUsec - b.sinceUsec)
      .slice(-mostFormerBans)
      .map(({ network, sinceUsec, untilUsec, endedUsec, bancount, configuration }) => ({
        network,
        since: isoTime(sinceUsec),
        until: endOf(untilUsec),
        ended: endedUsec === null ? null : isoTime(endedUsec),
        bancount,
        configuration: configuration === '' ? null : configuration,
      }));
  }

  #historyOf(network: string): readonly HistoryRow[] {
    const known = this.#former.get(network);
    if (known !== undefined) return known;
    const rows = this.#ask((records) => records.history(network));
    this.#former.set(network, rows);
    return rows;
  }

  /** `latest`: what the ban itself has, for where the store has nothing. */
  #recordsOf(network: string, jail: string, latest: Evidence | undefined): ExplainedRecord[] {
    const stored = this.#ask((records) => records.evidence(network, jail));
    const records = stored.length === 0 && latest !== undefined ? [latest] : stored;
    return records.map(({ source, sequence, text }) => ({ source, sequence, text }));
  }

  #ask<T>(question: (records: BanRecords) => readonly T[]): readonly T[] {
    const { records } = this.#parts;
    if (records === undefined) return [];
    try {
      return question(records);
    } catch (error) {
      this.#warnings.add(`the store cannot be read: earlier bans and records are not known: ${messageOf(error)}`);
      return [];
    }
  }
}

const formatListed = (entry: ListedTarget | undefined): ListedReason | null =>
  entry === undefined ? null : { network: entry.network.text, reason: entry.reason };

const endOf = (untilUsec: number | null): string | null => (untilUsec === null || !Number.isFinite(untilUsec) ? null : isoTime(untilUsec));
