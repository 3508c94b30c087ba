// Whether a scope's part of the table is as it was made: what is missing in it, and a fingerprint to see whether anybody replaced something.
import type { TableObject } from '../../binding/addon.ts';
import { type ScopeTable, tableName } from './nftables-table.ts';

const dormant = 1;
const accept = 1;

/** What is wrong, in words: `table gone`, `set banned4 gone`, `3 rules missing in chain input`. */
export function faultsOf(objects: readonly TableObject[], table: ScopeTable): string[] {
  const head = objects.find(({ kind }) => kind === 'table');
  if (head === undefined) return ['table gone'];
  const find = (kind: string, name: string) => objects.find((object) => object.kind === kind && object.name === name);
  const gone = (kind: string, names: readonly string[]) =>
    names.filter((name) => find(kind, name) === undefined).map((name) => `${kind} ${name} gone`);
  const rules = table.chains.flatMap((chain) => {
    if (find('chain', chain) === undefined) return [];
    const count = objects.filter(({ kind, name }) => kind === 'rule' && name === chain).length;
    const expected = table.rules.length;
    if (count === expected) return [];
    return [count < expected ? `${expected - count} of ${expected} rules missing in chain ${chain}` : `a rule put into chain ${chain}`];
  });
  return [
    ...(((head.flags ?? 0) & dormant) === 0 ? [] : [`table ${tableName} dormant`]),
    ...gone('chain', table.chains),
    ...table.chains
      .filter((chain) => (find('chain', chain)?.flags ?? accept) !== accept)
      .map((chain) => `another policy of chain ${chain}`),
    ...rules,
    ...gone('set', table.sets),
    ...gone('counter', [table.counter]),
  ];
}

/** Equal as long as nobody made any of it anew: the kernel gives each chain, rule and set a handle, and none twice. */
export function fingerprintOf(objects: readonly TableObject[], table: ScopeTable): string {
  return objects
    .filter(({ kind, name }) => kind === 'table' || table.owns(kind, name))
    .map(({ kind, name, handle }) => `${kind} ${name} ${handle}`)
    .join('\n');
}
