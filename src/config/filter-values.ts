// The options of one filter or action as a jail uses it: the jail's arguments before [Init] before [Definition] and [DEFAULT] of its files.
import { ok, type Result } from '../core/result.ts';
import type { ConfigError, Origin } from './config-error.ts';
import { defaultSection } from './ini.ts';
import type { ConfigValue, GivenValues } from './interpolation.ts';
import type { MergedConfig } from './merged-config.ts';
import type { TagTarget } from './tag-substitution.ts';

const section = 'Definition';

/** Characters, for options that multiply each other. */
const mostInitLength = 4 * 1024 * 1024;
const mostErrors = 50;

/** A value that is in no file of the filter; `origin`: where it is written as a whole. */
export function plainValue(text: string, origin: Origin): ConfigValue {
  return { text, origin, originAt: () => origin, originOf: () => origin };
}

export class FilterValues {
  /** Of [Init]; those of other options come with them. */
  readonly errors: readonly ConfigError[];
  readonly #config: MergedConfig;
  /** By name as written; the names of all other options are in lower case. */
  readonly #arguments: ReadonlyMap<string, ConfigValue>;
  readonly #lowerCaseArguments: ReadonlyMap<string, ConfigValue>;
  readonly #init = new Map<string, ConfigValue>();
  readonly #context: GivenValues;
  readonly #contextOrigin: Origin;
  /** What `%(name)s` finds before the files. */
  readonly #given: ReadonlyMap<string, string>;
  /** Options with a conditional form (`[Init?family=inet6]`): which one holds is decided per ban, so their tags stay. */
  readonly #conditional: ReadonlySet<string>;
  readonly #condition: string | undefined;

  /**
   * `context`: values of the jail, which stands at `origin`, that a filter may refer to, after its arguments. `condition`: where it is
   * known which conditional form holds (`family=inet6`).
   */
  constructor(
    config: MergedConfig,
    filterArguments: ReadonlyMap<string, ConfigValue>,
    context: GivenValues,
    origin: Origin,
    condition?: string,
  ) {
    this.#config = config;
    this.#condition = condition;
    this.#arguments = filterArguments;
    this.#lowerCaseArguments = new Map([...filterArguments].map(([name, value]) => [name.toLowerCase(), value]));
    this.#context = context;
    this.#contextOrigin = origin;
    this.#given = new Map([...context, ...[...this.#lowerCaseArguments].map(([name, { text }]) => [name, text] as const)]);
    this.errors = this.#readInit();
    if (condition !== undefined) this.#applyCondition(condition);
    const presets = condition === undefined ? [...this.#arguments.keys(), ...this.#init.keys()] : [];
    this.#conditional = new Set(presets.flatMap((name) => /^(\w+)\?./.exec(name)?.slice(1) ?? []));
  }

  #readInit(): ConfigError[] {
    const errors: ConfigError[] = [];
    let length = 0;
    for (const { name, origin } of this.#config.options('Init')) {
      const value = this.#config.get('Init', name);
      if (!value.ok) errors.push(...value.error);
      else if (value.value !== undefined) this.#init.set(name, value.value);
      length += value.ok ? (value.value?.text.length ?? 0) : 0;
      if (length <= mostInitLength && errors.length < mostErrors) continue;
      errors.push({ ...origin, section: undefined, message: '[Init] is too long, or has too many errors; the rest is not read' });
      break;
    }
    return errors;
  }

  /** What the jail gives without a condition is meant for both families. */
  #applyCondition(condition: string): void {
    for (const [name, value] of [...this.#init]) {
      const [option, ...rest] = name.split('?');
      if (option !== undefined && rest.join('?') === condition && !this.#lowerCaseArguments.has(option)) this.#init.set(option, value);
    }
  }

  /** Of all options. */
  names(): ReadonlySet<string> {
    const options = [...this.#config.options(section), ...this.#config.options(defaultSection)].map(({ name }) => name);
    return new Set([...this.#lowerCaseArguments.keys(), ...this.#init.keys(), ...options]);
  }

  /** Whether the arguments or [Init] set the option. */
  isPreset(name: string): boolean {
    return this.#arguments.has(name) || this.#init.has(name);
  }

  get(name: string): Result<ConfigValue | undefined, ConfigError[]> {
    const preset = this.#arguments.get(name) ?? this.#init.get(name) ?? this.#lowerCaseArguments.get(name);
    return preset === undefined ? this.#fromFiles(name) : ok(preset);
  }

  #fromFiles(name: string): Result<ConfigValue | undefined, ConfigError[]> {
    const conditional =
      this.#condition === undefined ? ok(undefined) : this.#config.get(section, `${name}?${this.#condition}`, this.#given);
    return !conditional.ok || conditional.value !== undefined ? conditional : this.#config.get(section, name, this.#given);
  }

  /** What `<tag>` names: an option, `known/x` ([Init]'s own x, or else the one before), or `section/x`. */
  find(tag: string): Result<TagTarget | undefined, ConfigError[]> {
    if (this.#conditional.has(tag)) return ok(undefined);
    const [, place, option] = /^([\w-]+)\/([^\s>]+)$/.exec(tag) ?? [];
    if (place !== undefined && option !== undefined) {
      const known = place === 'known' ? ok(this.#init.get(option)) : ok(undefined);
      const placed = known.value === undefined ? this.#config.getFrom(section, place, option) : known;
      if (!placed.ok) return placed;
      if (placed.value !== undefined) return ok({ key: tag, value: placed.value });
    }
    const found = this.#findOption(tag);
    return found.ok ? ok(found.value && { key: tag, value: found.value }) : found;
  }

  /** A tag with capitals, such as <HOST>, may name any option but those of [Init]. */
  #findOption(tag: string): Result<ConfigValue | undefined, ConfigError[]> {
    const name = tag.toLowerCase();
    const preset = this.#arguments.get(tag) ?? this.#init.get(tag) ?? this.#lowerCaseArguments.get(name);
    if (preset !== undefined) return ok(preset);
    const value = this.#fromFiles(name);
    if (!value.ok || value.value !== undefined) return value;
    const given = this.#context.get(name);
    return ok(given === undefined ? undefined : plainValue(given, this.#contextOrigin));
  }
}
