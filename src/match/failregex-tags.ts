// The tags of a failregex (jail.conf(5), "FILTER FILES") to expressions, character by character as fail2ban writes them. Pure.
import { applyEdits, type Edit, type EditedText } from './text-edits.ts';

const ip4 = String.raw`(?:::f{4,6}:)?(?P<ip4>(?:\d{1,3}\.){3}\d{1,3})`;
const ip6 = '(?P<ip6>(?:[0-9a-fA-F]{1,4}::?|::){1,7}(?:[0-9a-fA-F]{1,4}|(?<=:):))';
const dns = String.raw`(?P<dns>[\w\-.^_]*\w)`;
const cidr = String.raw`(?P<cidr>\d+)`;
const address = String.raw`\[?(?:${ip4}|${ip6})\]?`;
const subnet = String.raw`\[?(?:${ip4}|${ip6})(?:/${cidr})?\]?`;

/** <HOST> where names count as hosts; without them it is <ADDR>. */
const hostOrName = `(?:${address}|${dns})`;

const fixedTags: ReadonlyMap<string, string> = new Map([
  ['IP4', ip4],
  ['F-IP4/', ip4],
  ['IP6', ip6],
  ['F-IP6/', ip6],
  ['ADDR', address],
  ['F-ADDR/', address],
  ['CIDR', cidr],
  ['F-CIDR/', cidr],
  ['SUBNET', subnet],
  ['F-SUBNET/', subnet],
  ['DNS', dns],
  ['F-DNS/', dns],
  ['F-ID/', String.raw`(?P<fid>\S+)`],
  ['F-PORT/', String.raw`(?P<fport>\w+)`],
]);

/** Tags whose group is not the tag's own name in lower case. */
const renamedGroups: ReadonlyMap<string, string> = new Map([
  ['id', 'fid'],
  ['port', 'fport'],
]);

/** The group of `<F-NAME>`; the names that alt_NAME and tuple_NAME fill are renamed alike. */
export function groupOfTag(name: string): string {
  const group = name.toLowerCase();
  return renamedGroups.get(group) ?? group;
}

/**
 * Every tag that has a meaning becomes its expression; all else, `(?P<name>` too, stays. `hostHasName`: whether a name counts as <HOST>
 * (`usedns` is not `no`).
 */
export function expandTags(text: string, hostHasName: boolean): EditedText {
  const edits: Edit[] = [];
  const opened = new Set<string>();
  let skips = 0;
  const expand = (name: string): string | undefined => {
    if (name === 'HOST') return hostHasName ? hostOrName : address;
    if (name === 'SKIPLINES') return String.raw`\n(?P<skiplines${skips++}>(?:(?:.*\n)*?))`;
    const fixed = fixedTags.get(name);
    if (fixed !== undefined) return fixed;
    const [, slash, own] = /^(\/?)F-([A-Z0-9_-]+)$/.exec(name) ?? [];
    if (own === undefined) return undefined;
    // A closing tag that nothing opened is text.
    if (slash !== '') return opened.has(own) ? ')' : undefined;
    opened.add(own);
    return `(?P<${groupOfTag(own)}>`;
  };
  for (const match of text.matchAll(/<\/?[\w-]+\/?>/g)) {
    const expansion = expand(match[0].slice(1, -1));
    if (expansion !== undefined) edits.push({ start: match.index, end: match.index + match[0].length, text: expansion });
  }
  return applyEdits(text, edits);
}
