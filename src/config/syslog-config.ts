// syslog_listen and syslog_allow of ringjail.conf: where syslog is received, and from whom.
import { containsNetwork, type IpNetwork, parseIpAddress, parseIpNetwork } from '../core/ip-network.ts';
import { type ListenAddress, parseListenAddress } from '../source/listen-address.ts';
import { type ConfigError, quoteText } from './config-error.ts';
import type { ConfigValue } from './interpolation.ts';
import type { OptionReader } from './option-reader.ts';

export interface SyslogConfig {
  /** Empty: nothing is received. */
  readonly listen: readonly ListenAddress[];
  /** The networks whose senders are heard. */
  readonly allow: readonly IpNetwork[];
}

const loopback: readonly IpNetwork[] = ['127.0.0.0/8', '::1'].flatMap((text) => parseIpNetwork(text) ?? []);

/** `notices` gets what is in order, but hardly meant. */
export function readSyslogConfig(reader: OptionReader, notices: ConfigError[]): SyslogConfig {
  const listenValue = reader.value('syslog_listen');
  const allowValue = reader.value('syslog_allow');
  const listen = readListen(reader, listenValue);
  const allow = readAllow(reader, allowValue);
  const note = (value: ConfigValue, offset: number, message: string) =>
    notices.push({ ...value.originAt(offset), section: reader.section, message });
  if (listenValue === undefined || listen.length === 0) {
    if (allowValue !== undefined && allow.length > 0) note(allowValue, 0, 'syslog_allow does nothing without syslog_listen');
    return { listen, allow };
  }
  const wide = listen.find((address) => address.transport !== 'unix' && !isLoopback(address.host));
  if (wide !== undefined && allowValue === undefined) {
    const cure = 'name the senders, such as syslog_allow = 127.0.0.0/8 10.0.0.0/8';
    note(listenValue, offsetOf(listenValue, wide.text), `${wide.text} hears this machine only, as syslog_allow is not set; ${cure}`);
  }
  const everybody = allow.find(({ prefix }) => prefix === 0);
  if (everybody !== undefined && allowValue !== undefined && wide !== undefined) {
    const why = 'whoever reaches the port can have any address banned';
    note(allowValue, offsetOf(allowValue, everybody.text), `syslog_allow = ${everybody.text} hears everybody: ${why}`);
  }
  return { listen, allow };
}

function readListen(reader: OptionReader, value: ConfigValue | undefined): ListenAddress[] {
  const found = new Map<string, ListenAddress>();
  for (const { word, offset } of wordsOf(value)) {
    const address = parseListenAddress(word);
    const problem = !address.ok ? address.error : found.has(address.value.text) ? 'it is named twice; once is enough' : undefined;
    if (problem !== undefined && value !== undefined) {
      reader.fail(value.originAt(offset), `syslog_listen = ${quoteText(word)}: ${problem}`);
    } else if (address.ok) found.set(address.value.text, address.value);
  }
  return [...found.values()];
}

function readAllow(reader: OptionReader, value: ConfigValue | undefined): readonly IpNetwork[] {
  if (value === undefined) return loopback;
  return wordsOf(value).flatMap(({ word, offset }) => {
    const network = parseIpNetwork(word);
    if (network !== undefined) return [network];
    reader.fail(
      value.originAt(offset),
      `syslog_allow = ${quoteText(word)}: expected addresses or networks, such as 10.0.0.0/8 2001:db8::/32`,
    );
    return [];
  });
}

/** Separated by spaces, commas and line ends. */
const wordsOf = (value: ConfigValue | undefined): { word: string; offset: number }[] =>
  Array.from((value?.text ?? '').matchAll(/[^\s,]+/g), (match) => ({ word: match[0], offset: match.index }));

const offsetOf = (value: ConfigValue, word: string): number => Math.max(0, value.text.indexOf(word));

function isLoopback(host: string): boolean {
  const address = parseIpAddress(host);
  return address !== undefined && loopback.some((network) => containsNetwork(network, address));
}
