// Whom a jail passes over: ignoreip with addresses, networks, host names and, where a jail bans such, users and the like; ignoreself;
// ignorecommand with its ignorecache.

import { parseRawIdentity } from '../core/ban-target.ts';
import { parseDuration } from '../core/duration.ts';
import { type IpNetwork, parseIpNetwork } from '../core/ip-network.ts';
import { NetworkList } from '../jail/network-list.ts';
import { parseDefinition } from './action-list.ts';
import { splitCommand } from './command-words.ts';
import { quoteText } from './config-error.ts';
import type { ConfigValue } from './interpolation.ts';
import type { OptionReader } from './option-reader.ts';

/** A program that is asked whether an address is passed over: exit code 0 says yes. Tags stand in the words. */
export interface IgnoreCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** Undefined: it is asked each time. */
  readonly cache: IgnoreCache | undefined;
}

interface IgnoreCache {
  /** With tags: what answers belong to. */
  readonly key: string;
  readonly maxCount: number;
  readonly maxTimeUsec: number;
}

export interface IgnoredAddresses {
  readonly networks: NetworkList;
  /** In lower case, each once; whose addresses are to be looked up. */
  readonly names: readonly string[];
}

/** What an argument may hold; of these none begins with "-". */
const ignoreCommandTags = ['ip', 'ip-rev', 'fid', 'family', 'failures', 'time'] as const;

// fail2ban's, where ignorecache does not say.
const usualMaxCount = 300;
const usualMaxTime = '5m';
const mostCached = 100_000;

/** `findsTexts`: whether whom the jail bans may be no address, so that any word of ignoreip is somebody. */
export function readIgnoreip(reader: OptionReader, findsTexts: boolean): IgnoredAddresses {
  const value = reader.value('ignoreip');
  let offset = 0;
  const names = new Set<string>();
  const texts = new Set<string>();
  const networks = (value?.text ?? '').split(/([\s,]+)/).flatMap((word, index): { network: IpNetwork; reason: string }[] => {
    const origin = value?.originAt(offset);
    offset += word.length;
    if (index % 2 === 1 || word === '') return [];
    const network = parseIpNetwork(word);
    if (network !== undefined) return [{ network, reason: 'ignoreip' }];
    const isText = findsTexts && parseRawIdentity(word) !== undefined && !mistyped.test(word);
    if (isText) texts.add(word);
    // There, a word without a dot is rather a user than a host.
    if (isHostName(word) && (!isText || word.includes('.'))) names.add(word.toLowerCase().replace(/\.$/, ''));
    // Left out in silence it would lock somebody out: the jail must not start without it.
    else if (!isText && origin !== undefined)
      reader.fail(
        origin,
        `ignoreip: ${quoteText(word)} is no address, network or host name${word.startsWith('#') ? '; a comment has a line of its own' : ''}`,
      );
    return [];
  });
  return { networks: new NetworkList(networks, texts), names: [...names] };
}

/** Must have been meant as an address or network: where it spares nobody, somebody is locked out. */
const mistyped = /^\d+(?:\.\d+){3}(?:\/.*)?$|^[\da-f:]*:[\da-f:]*:[\da-f:.]*(?:\/.*)?$/i;

/** What ends in a number is a mistyped address. */
const isHostName = (text: string): boolean =>
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\.?$/i.test(text);

/** True where somebody asks for what there is not: a jail that bans this machine itself. */
export function isIgnoreselfRefused(reader: OptionReader): boolean {
  return !reader.boolean('ignoreself', true);
}

export function readIgnoreCommand(reader: OptionReader): IgnoreCommand | undefined {
  const value = reader.value('ignorecommand');
  if (value === undefined || value.text.trim() === '') return undefined;
  const words = splitCommand(value.text);
  const refuse = (offset: number, message: string) => {
    reader.fail(value.originAt(offset), `ignorecommand: ${message}`);
    return undefined;
  };
  if (!words.ok) return refuse(words.error.offset, words.error.message);
  const unknown = unknownTag(words.value);
  if (unknown !== undefined)
    return refuse(0, `unknown tag <${unknown}>; there are ${ignoreCommandTags.map((tag) => `<${tag}>`).join(' ')}`);
  const [program = '', ...args] = words.value;
  if (/<|^-|^$/.test(program)) return refuse(0, `${quoteText(program)} is no program`);
  return { program, args, cache: readIgnoreCache(reader) };
}

function readIgnoreCache(reader: OptionReader): IgnoreCache | undefined {
  const value = reader.value('ignorecache');
  if (value === undefined || value.text.trim() === '') return undefined;
  const parsed = parseDefinition(`cache[${value.text.trim()}]`);
  if (!parsed.ok) return refuseCache(reader, value, parsed.error.message);
  const {
    key,
    'max-count': count = String(usualMaxCount),
    'max-time': time = usualMaxTime,
    ...others
  } = Object.fromEntries(parsed.value.options);
  const [other] = Object.keys(others);
  const unknown = key === undefined ? undefined : unknownTag([key]);
  const maxCount = /^\d{1,9}$/.test(count) ? Math.min(Number(count), mostCached) : 0;
  const maxTimeMs = parseDuration(time) ?? 0;
  if (other !== undefined) return refuseCache(reader, value, `unknown option ${quoteText(other)}`);
  if (key === undefined || unknown !== undefined) return refuseCache(reader, value, 'a key of tags is needed');
  if (maxCount < 1 || !(maxTimeMs > 0)) return refuseCache(reader, value, 'max-count and max-time are above 0');
  return { key, maxCount, maxTimeUsec: maxTimeMs * 1000 };
}

function refuseCache(reader: OptionReader, value: ConfigValue, message: string): undefined {
  reader.fail(value.origin, `ignorecache = ${quoteText(value.text)}: ${message}; write key="<ip>", max-count=100, max-time=5m`);
  return undefined;
}

function unknownTag(words: readonly string[]): string | undefined {
  const known: readonly string[] = ignoreCommandTags;
  const tags = words.flatMap((word) => Array.from(word.matchAll(/<([^<>\s]+)>/g), ([, tag = '']) => tag));
  return tags.find((tag) => !known.includes(tag));
}
