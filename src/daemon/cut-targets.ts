// What is cut on a ban: of each banned network the ports and protocols that its actions shut.
import type { CutTarget } from '../action/connection-cutter.ts';
import { type NftablesScope, type Protocol, portsOf, protocolsOf, scopeOfAction } from '../action/nftables/nftables-scope.ts';
import type { BanDecision } from '../ban/ban.ts';
import { isNetwork } from '../core/ban-target.ts';

/** Of IP, as in /etc/protocols. */
const protocolNumbers: Readonly<Record<Protocol, number>> = {
  tcp: 6,
  udp: 17,
  icmp: 1,
  dccp: 33,
  esp: 50,
  ah: 51,
  sctp: 132,
  udplite: 136,
};
const icmp6 = 58;

type CutScope = Omit<CutTarget, 'network'>;

const everything: readonly CutScope[] = [{}];

/** These tell somebody, and shut nothing. */
const tellers = /^(?:null|(?:send)?mail|webhook)\b/;

/** The scopes are made once for each action, so that the cutter has their targets together. */
const scopes = new Map<string, readonly CutScope[]>();

/** `isCut`: whether that jail wants it (`cut = yes`). */
export const cutTargetsOf = (decisions: readonly BanDecision[], isCut: (jail: string) => boolean): CutTarget[] =>
  decisions
    .filter(({ jail }) => isCut(jail))
    .flatMap(({ network, actions }) => {
      if (!isNetwork(network)) return [];
      return scopesOf(actions).map(({ protocol, ...scope }) => ({
        network,
        ...scope,
        ...(protocol === undefined ? {} : { protocol: protocol === 1 && network.family === 6 ? icmp6 : protocol }),
      }));
    });

/** Where the firewall is ours, its ports hold: what else a ban starts is most often told by mail. What a command shuts, nobody knows. */
function scopesOf(actions: readonly string[]): readonly CutScope[] {
  const shutting = actions.filter((name) => !tellers.test(name));
  const own = shutting.filter((name) => /^nftables(?:: |$)/.test(name));
  if (own.length === 0) return shutting.length > 0 ? everything : [];
  const found = own.map(scopesOfName);
  return found.includes(everything) ? everything : found.flat();
}

function scopesOfName(name: string): readonly CutScope[] {
  const known = scopes.get(name);
  if (known !== undefined) return known;
  const scope = scopeOfAction(name);
  const parts = scope === undefined ? everything : partsOf(scope);
  scopes.set(name, parts);
  return parts;
}

function partsOf(scope: NftablesScope): readonly CutScope[] {
  const ports = portsOf(scope);
  const protocols = protocolsOf(scope);
  if (protocols === undefined) return ports.length === 0 ? everything : [{ ports }];
  return protocols.map((protocol) => ({ protocol: protocolNumbers[protocol], ...(ports.length === 0 ? {} : { ports }) }));
}
