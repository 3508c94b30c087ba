// jail.conf and what is laid over it, to jails: options checked and typed, every error with its line, one bad jail not stopping another.
import { usualMaxEvidence } from '../core/evidence.ts';
import type { AggregateRule } from '../jail/aggregate.ts';
import type { JailOptions } from '../jail/jail.ts';
import { type ActionContext, readActions } from './action-choice.ts';
import { readBanTime } from './ban-time-config.ts';
import { type ConfigError, formatConfigError, type Origin, quoteText } from './config-error.ts';
import { loadJailFiles } from './config-files.ts';
import { type FilterContext, type JailFilter, loadJailFilter, loadOwnFilter } from './filter-config.ts';
import { noticeIdentities } from './identity-notice.ts';
import { isIgnoreselfRefused, readIgnoreip } from './ignore-config.ts';
import { defaultSection } from './ini.ts';
import { readEnabled } from './jail-enabled.ts';
import { interpolatedOptions, servedOptions } from './jail-options.ts';
import { type JailPolicy, readJailPolicy } from './jail-policy.ts';
import type { MergedConfig } from './merged-config.ts';
import { nearestName, suggestName } from './nearest-name.ts';
import { OptionReader } from './option-reader.ts';

export interface JailConfig extends JailFilter {
  readonly options: JailOptions;
  readonly policy: JailPolicy;
  /** What its actions cannot do with whom it bans; among the notices, too. */
  readonly warnings: readonly string[];
}

export interface JailConfigs {
  /** Enabled and without an error. */
  readonly jails: readonly JailConfig[];
  readonly disabled: readonly string[];
  readonly errors: readonly ConfigError[];
  /** What is understood but without effect in this version; `formatConfigError` shows it. */
  readonly notices: readonly ConfigError[];
}

// fail2ban's own defaults, for what nobody sets.
const defaultMaxretry = 5;
const defaultFindtimeMs = 10 * 60 * 1000;
// About 200 bytes each: 13 MB at the most.
const defaultMaxtracked = 65_536;

const mostMaxmatches = 100;

export interface JailContext extends FilterContext, ActionContext {
  /** Whether this machine has a unit file of that name: `enabled = auto`. */
  readonly hasUnit: (name: string) => boolean;
}

export function loadJails(context: JailContext): JailConfigs {
  const config = loadJailFiles(context.directory);
  const errors = [...config.errors];
  const notices: ConfigError[] = [];
  const jails: JailConfig[] = [];
  const disabled: string[] = [];
  checkDefaults(config, errors, notices);
  const spoiled = new Set(errors.map(({ section }) => section));
  for (const name of config.sections) {
    const reader = new OptionReader(config, name);
    const isEnabled = readEnabled(reader, context.hasUnit);
    // Without a file that could not be read, or its [DEFAULT], a jail may lack the ignoreip that spares its owner.
    if (isEnabled && !spoiled.has(name) && !spoiled.has(undefined)) {
      checkNames(config, reader);
      const jail = readJail(context, reader);
      if (jail !== undefined && isIgnoreselfRefused(reader)) {
        const origin = reader.value('ignoreself')?.origin ?? originOf(reader);
        const message = 'ignoreself = no has no effect: the addresses of this machine are never banned';
        notices.push({ ...origin, section: name, message });
      }
      if (jail !== undefined && reader.errors.length === 0) {
        jails.push(jail);
        notices.push(...jail.notices);
      }
    } else if (!isEnabled && reader.errors.length === 0) disabled.push(name);
    errors.push(...reader.errors);
  }
  return { jails, disabled, errors: withoutRepeats(errors), notices: withoutRepeats(notices) };
}

/** What is wrong in [DEFAULT] is met by every jail. */
function withoutRepeats(errors: readonly ConfigError[]): ConfigError[] {
  const told = new Set<string>();
  return errors.filter((error) => {
    const text = formatConfigError(error);
    const isNew = !told.has(text);
    told.add(text);
    return isNew;
  });
}

function readJail(context: JailContext, reader: OptionReader): JailConfig | undefined {
  const filter = readFilter(context, reader);
  const ignored = readIgnoreip(reader, filter?.findsTexts === true);
  const options: JailOptions = {
    name: reader.section,
    actions: readActions(reader, context),
    maxretry: reader.integer('maxretry', defaultMaxretry, 1, 10_000),
    findtimeUsec: reader.durationUsec('findtime', defaultFindtimeMs),
    ...readBanTime(reader),
    isDistinct: readDistinct(reader),
    ipv6prefix: reader.integer('ipv6prefix', 64, 1, 128),
    aggregate: readAggregate(reader),
    ignoreip: ignored.networks,
    maxmatches: readMaxmatches(reader),
    maxtracked: reader.integer('maxtracked', defaultMaxtracked, 1, 10_000_000),
  };
  const policy = readJailPolicy(reader, ignored.names);
  if (filter === undefined) return undefined;
  const origin = reader.value('action')?.origin ?? originOf(reader);
  const unheld = filter.findsTexts ? noticeIdentities({ jail: options.name, actions: options.actions, origin }, context) : [];
  const warnings = unheld.map(({ message }) => message);
  return { options, policy, warnings, ...filter, notices: [...filter.notices, ...unheld] };
}

function readFilter(context: FilterContext, reader: OptionReader): JailFilter | undefined {
  const value = reader.value('filter');
  if (value !== undefined && value.text.trim() !== '') return loadJailFilter(context, reader, value);
  const own = reader.value('failregex');
  if (own !== undefined && own.text.trim() !== '') return loadOwnFilter(context, reader, own);
  reader.fail(originOf(reader), `jail ${quoteText(reader.section)} has no filter; write filter = portscan`);
  return undefined;
}

function readDistinct(reader: OptionReader): boolean {
  const value = reader.value('distinct');
  const text = value?.text.trim() ?? '';
  if (value !== undefined && text !== '' && text !== 'port')
    reader.fail(value.origin, `distinct = ${quoteText(text)}: what can be counted is "port"`);
  return text === 'port';
}

/** `/24:5, /48:5`: up to /32 is meant for IPv4, longer for IPv6. */
function readAggregate(reader: OptionReader): AggregateRule[] {
  const value = reader.value('aggregate');
  return (value?.text ?? '').split(/[\s,]+/).flatMap((word) => {
    if (word === '' || value === undefined) return [];
    const [, prefixText = '', hostsText = ''] = /^\/(\d{1,3}):(\d{1,4})$/.exec(word) ?? [];
    const [prefix, hosts] = [Number(prefixText), Number(hostsText)];
    // Wider ones hold half of a country.
    if (prefix >= 8 && prefix <= 127 && prefix !== 32 && hosts >= 2) return [{ family: prefix < 32 ? 4 : 6, prefix, hosts } as const];
    reader.fail(
      value.origin,
      `aggregate: ${quoteText(word)}: expected /8:2 to /31:N for IPv4, /33:N to /127:N for IPv6, such as /24:5, /48:5`,
    );
    return [];
  });
}

/** fail2ban's jail.conf has as many as maxretry, which may be anything: what is outside our bounds is brought into them. */
const readMaxmatches = (reader: OptionReader): number =>
  Math.min(Math.max(reader.integer('maxmatches', usualMaxEvidence, 0, 1_000_000_000), 1), mostMaxmatches);

/**
 * Options in [DEFAULT] that no jail knows and nothing refers to. fail2ban's own files have some, so that they are told of only; but what
 * must be a mistyped ignoreip stops every jail.
 */
function checkDefaults(config: MergedConfig, errors: ConfigError[], notices: ConfigError[]): void {
  const known = new Set<string>([...servedOptions, ...interpolatedOptions]);
  const referenced = new Set(config.sections.flatMap((section) => [...config.referencedNames(section)]));
  for (const { name, origin } of config.options(defaultSection)) {
    // fail2ban's jail.conf offers action_mw and its like for jails to refer to.
    if (known.has(name) || referenced.has(name) || /^(?:ban)?action_/.test(name)) continue;
    const message = `unknown option ${quoteText(name)}${suggestName(name, known)}`;
    (nearestName(name, known) === 'ignoreip' ? errors : notices).push({ ...origin, section: undefined, message });
  }
}

/** Unknown options are errors: a mistyped ignoreip locks somebody out. Those that only serve interpolation are none. */
function checkNames(config: MergedConfig, reader: OptionReader): void {
  const known = new Set<string>([...servedOptions, ...interpolatedOptions]);
  const referenced = config.referencedNames(reader.section);
  for (const { name, origin } of config.options(reader.section)) {
    if (!known.has(name) && !referenced.has(name)) {
      reader.fail(origin, `unknown option ${quoteText(name)}${suggestName(name, known)}`);
    }
  }
}

const originOf = (reader: OptionReader): Origin => reader.value('enabled')?.origin ?? { file: 'jail.conf', line: 1 };
