// Scopes that an earlier configuration had, and no jail uses any more: their sets and rules would shut people out until they end.
import { type NftablesBinding, NftablesPort } from './nftables-port.ts';
import { type NftablesScope, scopeKey } from './nftables-scope.ts';
import { tableName } from './nftables-table.ts';

const ownName = /^(?:input_|forward_|s_|banned_)([0-9a-f]{10})(?:_|$)/;

/** Removes every scope but the used ones and the default one; the keys of those that went. Throws where nftables refuses. */
export function releaseLeftoverScopes(binding: NftablesBinding, used: Iterable<NftablesScope>): readonly string[] {
  const usedKeys = new Set(Array.from(used, scopeKey));
  const port = new NftablesPort(binding);
  const leftover = port.objects().flatMap((object) => {
    const [, key] = (object.kind === 'rule' || object.kind === 'table' ? undefined : ownName.exec(object.name)) ?? [];
    return key === undefined || usedKeys.has(key) ? [] : [{ ...object, key }];
  });
  const named = (kind: string) => leftover.filter((object) => object.kind === kind).map(({ name }) => name);
  // Rules first, as what a rule names cannot go.
  port.run([
    ...named('chain').map((name) => `flush chain inet ${tableName} ${name}`),
    ...['chain', 'set', 'counter'].flatMap((kind) => named(kind).map((name) => `delete ${kind} inet ${tableName} ${name}`)),
  ]);
  return Array.from(new Set(leftover.map(({ key }) => key)));
}
