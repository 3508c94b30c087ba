// What the named groups of an expression mean to the engine: those of the tags, and what people write as (?P<name>...) themselves. Pure.
import { groupOfTag } from './failregex-tags.ts';

/** Who failed, the first that took part in the match: an id of any kind, an address, a name. */
export const identityGroups = ['fid', 'ip4', 'ip6', 'dns'] as const;

/**
 * | role        | groups                    | meaning                                                                                   |
 * |-------------|---------------------------|-------------------------------------------------------------------------------------------|
 * | `identity`  | fid, ip4, ip6, dns        | who failed; see `identityGroups`                                                          |
 * | `prefix`    | cidr                      | prefix length of the address beside it                                                    |
 * | `content`   | content                   | of prefregex: what the failregex see instead of the line                                  |
 * | `session`   | mlfid                     | failures with one such value are one; it may stand in for an identity that comes later    |
 * | `nofail`    | nofail                    | not empty: belongs to a session, is no failure by itself                                  |
 * | `forget`    | mlfforget                 | not empty: the session ends here                                                          |
 * | `gained`    | mlfgained                 | not empty: access was gained; what follows in the session is no failure                   |
 * | `pending`   | mlfpending                | not empty: what the session held back counts now                                          |
 * | `once`      | mlfonce                   | not empty: counts only where nothing of the session did, and nobody got in; ours alone    |
 * | `user`      | user                      | joins the session's set `users`; two different ones end `nofail`                          |
 * | `skipped`   | skiplines0, skiplines1... | lines in between, which belong to no match (maxlines > 1)                                 |
 * | `alternate` | alt_X, alt_X_1...         | is X where X is empty or took no part; in the order of the groups' names                  |
 * | `tuple`     | tuple_X, tuple_X_1...     | X is the list of X and these, in the order of the groups' names, empty ones too           |
 * | `data`      | any other (fport, ...)    | goes with the failure under its name                                                      |
 */
export type GroupRole =
  | 'identity'
  | 'prefix'
  | 'content'
  | 'session'
  | 'nofail'
  | 'forget'
  | 'gained'
  | 'pending'
  | 'once'
  | 'user'
  | 'skipped'
  | 'alternate'
  | 'tuple'
  | 'data';

export interface GroupMeaning {
  readonly role: GroupRole;
  /** The key of the failure's data that it fills: X for alt_X_1, otherwise its own name. */
  readonly key: string;
}

const roles: ReadonlyMap<string, GroupRole> = new Map([
  ...identityGroups.map((name) => [name, 'identity'] as const),
  ['cidr', 'prefix'],
  ['content', 'content'],
  ['mlfid', 'session'],
  ['nofail', 'nofail'],
  ['mlfforget', 'forget'],
  ['mlfgained', 'gained'],
  ['mlfpending', 'pending'],
  ['mlfonce', 'once'],
  ['user', 'user'],
]);

export function groupMeaning(name: string): GroupMeaning {
  const [, kind, rest] = /^(alt_|tuple_)(.*?)(?:_\d+)?$/.exec(name) ?? [];
  // fail2ban takes no name as short as "alt_" for one of these.
  if (kind !== undefined && rest !== undefined && name.length > 'alt_'.length) {
    return { role: kind === 'alt_' ? 'alternate' : 'tuple', key: groupOfTag(rest) };
  }
  return { role: /^skiplines\d+$/.test(name) ? 'skipped' : (roles.get(name) ?? 'data'), key: name };
}

/** Whether what tells who failed may be no address: <F-ID> and what fills it, or a host name where it is not resolved. */
export function mayNameText(groupNames: Iterable<string>, countsNames: boolean): boolean {
  for (const name of groupNames) if (groupMeaning(name).key === 'fid' || (countsNames && name === 'dns')) return true;
  return false;
}

/** Whether the failregex or its prefregex tells who failed, or at least which session: without it no failure can come of it. */
export function isIdentifying(groupNames: Iterable<string>): boolean {
  for (const name of groupNames) if (roles.get(name) === 'identity' || roles.get(name) === 'session') return true;
  return false;
}
