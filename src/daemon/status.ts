// What `ringjail status` shows, as plain data.
import type { CutCounts } from '../action/connection-cutter.ts';
import type { BanDecision } from '../ban/ban.ts';
import type { BannedAddress, DaemonStatus, JailStatus } from '../control/messages.ts';
import { isoTime } from '../core/iso-time.ts';
import type { BanKeeper } from '../enforce/ban-keeper.ts';
import { sourceNameOf } from '../record/record-selector.ts';
import type { Source } from '../source/source.ts';
import type { JailSet } from './jail-set.ts';
import type { RunningJail } from './running-jail.ts';
import type { SourceHealth } from './supervise.ts';

export interface StatusParts {
  readonly version: string;
  readonly startedAt: Date;
  readonly jails: JailSet;
  readonly keeper: BanKeeper;
  readonly sources: readonly { readonly source: Source; readonly health: SourceHealth }[];
  readonly cut?: CutCounts;
  readonly warnings: readonly string[];
}

export function describeDaemon({ version, startedAt, jails, keeper, sources, cut, warnings }: StatusParts): DaemonStatus {
  const decisions = Array.from(keeper.bans.decisions());
  const isOfRunningJail = ({ jail }: BanDecision) => jails.find(jail) !== undefined;
  return {
    version,
    pid: process.pid,
    startedAt: startedAt.toISOString(),
    sources: sources.map(({ source, health }) => ({
      name: source.name,
      ...source.describe(),
      state: health.failure === undefined ? health.state : `${health.state}: ${health.failure}`,
    })),
    jails: jails.running.map((running) => describeJail(running, decisions)),
    otherBans: decisions.filter((decision) => !isOfRunningJail(decision)).map(describeBan),
    actions: keeper
      .actions()
      .map(({ failure, counters, ...action }) => ({ ...action, failure: failure ?? null, counters: counters ?? null })),
    cut: cut ?? { sockets: 0, flows: 0, failures: 0 },
    warnings: [...warnings, ...keeper.warnings, ...jails.warnings, ...jails.errors],
  };
}

function describeJail({ selectors, filter, jail }: RunningJail, decisions: readonly BanDecision[]): JailStatus {
  const { name, actions } = jail.options;
  const { failures, ignored, unusable, evicted, refused, banned } = jail.counts;
  const own = decisions.filter((decision) => decision.jail === name);
  return {
    name,
    filter: filter.name,
    source: selectors.map(sourceNameOf).join(', '),
    actions,
    failures,
    tracked: jail.trackedCount,
    evicted,
    ignored,
    unusable,
    refused,
    bannedTotal: banned,
    banned: own.map(describeBan),
  };
}

function describeBan({ network, jail, origin, sinceUsec, untilUsec, failures, distinct, evidence }: BanDecision): BannedAddress {
  return {
    network: network.text,
    jail,
    since: isoTime(sinceUsec),
    until: Number.isFinite(untilUsec) ? isoTime(untilUsec) : null,
    origin,
    failures,
    distinct,
    evidence: evidence === undefined ? null : `${evidence.source} #${evidence.sequence}: ${evidence.text}`,
  };
}
