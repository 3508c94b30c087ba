// What callers see of a configuration: its sections and options as if all its files were one, each value with its origin.

import { err, ok, type Result } from '../core/result.ts';
import type { ConfigError } from './config-error.ts';
import { defaultSection, type IniFile, type OptionDefinition } from './ini.ts';
import { type ConfigValue, type GivenValues, interpolateOption } from './interpolation.ts';
import { OptionTable } from './option-table.ts';

export class MergedConfig {
  /** The files read, in reading order: a later one replaces options of an earlier one. */
  readonly files: readonly string[];
  /** Of reading; an error with a `section` spoils that section only. Errors of interpolation come from `get`. */
  readonly errors: readonly ConfigError[];
  readonly #table: OptionTable;

  readonly #given: GivenValues;
  /** Of all sections: `section/name`. */
  #across: readonly string[] | undefined;

  /** `given`: what references find everywhere. */
  constructor(files: readonly IniFile[], errors: readonly ConfigError[], given: GivenValues = new Map()) {
    this.#given = given;
    this.files = files.map(({ file }) => file);
    this.errors = errors;
    this.#table = OptionTable.merge(files);
  }

  /** In the order of their first appearance, without [DEFAULT] and [INCLUDES]; [Init?family=inet6] is part of [Init]. */
  get sections(): readonly string[] {
    return this.#table.sectionNames();
  }

  hasSection(section: string): boolean {
    return this.#table.hasSection(section);
  }

  /** The section's own options, without those of [DEFAULT], as they stand in the files. */
  options(section: string): readonly OptionDefinition[] {
    return this.#table.options(section);
  }

  /**
   * The interpolated value of an option of `section` or else of [DEFAULT]; undefined where neither has it. `given` holds what
   * references find before both: fail2ban_version, a filter's options as known/NAME, the arguments of a filter.
   */
  get(section: string, option: string, given?: GivenValues): Result<ConfigValue | undefined, ConfigError[]> {
    const name = option.toLowerCase();
    const definition = this.#table.definitions(section, name).at(-1) ?? this.#table.definitions(defaultSection, name).at(-1);
    return this.#interpolate(section, definition, given);
  }

  /**
   * What `<place/option>` means in `section`: `known` is what the option was before its last definition (or else its only one), `default`
   * is [DEFAULT], any other place a section, with its own names in its text. Undefined where that place has no such option.
   */
  getFrom(section: string, place: string, option: string): Result<ConfigValue | undefined, ConfigError[]> {
    const name = option.toLowerCase();
    const kind = place.toLowerCase();
    if (kind === 'known') {
      const definitions = this.#table.definitions(section, name);
      return this.#interpolate(section, definitions.at(-2) ?? definitions.at(-1) ?? this.#table.definitions(defaultSection, name).at(-1));
    }
    const target = kind === 'default' ? defaultSection : place;
    return this.hasSection(target) ? this.get(target, name) : ok(undefined);
  }

  #interpolate(
    section: string,
    definition: OptionDefinition | undefined,
    given?: GivenValues,
  ): Result<ConfigValue | undefined, ConfigError[]> {
    if (definition === undefined) return ok(undefined);
    const all = given === undefined ? this.#given : new Map([...this.#given, ...given]);
    const { value, errors } = interpolateOption(this.#table, section, definition, all);
    return errors.length === 0 ? ok(value) : err([...errors]);
  }

  /**
   * The names that some value of the section or of [DEFAULT] refers to, or any other as %(section/name)s: options that serve only for
   * that are no spelling errors. Values that a later file replaced count too: the option was not mistyped for that.
   */
  referencedNames(section: string): ReadonlySet<string> {
    return new Set([
      ...[...this.#references(section), ...this.#references(defaultSection)].map((name) => name.slice(name.indexOf('/') + 1)),
      ...this.#referencesAcross(section.toLowerCase()),
    ]);
  }

  #referencesAcross(section: string): string[] {
    this.#across ??= this.sections.flatMap((other) => this.#references(other)).filter((name) => name.includes('/'));
    return this.#across.filter((name) => name.startsWith(`${section}/`)).map((name) => name.slice(section.length + 1));
  }

  #references(section: string): string[] {
    return this.#table
      .allDefinitions(section)
      .flatMap(({ text }) => [...text.matchAll(/%\(([^)]{1,200})\)s/g)].map(([, name = '']) => name.toLowerCase()));
  }
}
