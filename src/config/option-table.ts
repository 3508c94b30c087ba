// All options of the files of one configuration, in reading order: who defined what, and what it replaced. Nothing interpolated.
import { defaultSection, type IniFile, includesSection, type OptionDefinition } from './ini.ts';

export class OptionTable {
  /** Section, then option, then its definitions, the oldest first: the last one holds. */
  readonly #sections = new Map<string, Map<string, OptionDefinition[]>>();
  readonly #lowerCaseNames = new Map<string, string>();

  /** Later files replace, option by option, what earlier ones say. */
  static merge(files: Iterable<IniFile>): OptionTable {
    const table = new OptionTable();
    for (const file of files) {
      for (const section of file.sections) {
        // [Init?family=inet6] with `x` is option `x?family=inet6` of [Init].
        const [, base = section.name, condition = ''] = /^(\w+)(\?.+)$/.exec(section.name) ?? [];
        for (const option of section.options) table.#add(base, `${option.name}${condition}`, option);
        // A jail with no option of its own is a jail all the same.
        table.#sectionOf(base);
      }
    }
    return table;
  }

  /** In the order in which the files name them first; without [DEFAULT] and [INCLUDES]. */
  sectionNames(): string[] {
    return [...this.#sections.keys()].filter((name) => name !== defaultSection && name !== includesSection);
  }

  /** The section with this name, or else one whose name differs only by case. */
  findSection(name: string): string | undefined {
    return this.#sections.has(name) ? name : this.#lowerCaseNames.get(name.toLowerCase());
  }

  hasSection(section: string): boolean {
    return section === defaultSection || this.#sections.has(section);
  }

  /** The definitions of an option in this very section, the oldest first. */
  definitions(section: string, option: string): readonly OptionDefinition[] {
    return this.#sections.get(section)?.get(option) ?? [];
  }

  /** The section's own options, without those of [DEFAULT]: the definitions that hold. */
  options(section: string): OptionDefinition[] {
    return [...(this.#sections.get(section)?.values() ?? [])].flatMap((definitions) => definitions.slice(-1));
  }

  /** Also those that were replaced. */
  allDefinitions(section: string): OptionDefinition[] {
    return [...(this.#sections.get(section)?.values() ?? [])].flat();
  }

  #sectionOf(section: string): Map<string, OptionDefinition[]> {
    let options = this.#sections.get(section);
    if (options === undefined) {
      options = new Map();
      this.#sections.set(section, options);
      this.#lowerCaseNames.set(section.toLowerCase(), section);
    }
    return options;
  }

  #add(section: string, name: string, definition: OptionDefinition): void {
    const options = this.#sectionOf(section);
    const earlier = options.get(name) ?? [];
    // A file that is included twice says the same thing again; its option must not become its own predecessor.
    const others = earlier.filter(({ origin }) => origin.file !== definition.origin.file || origin.line !== definition.origin.line);
    options.set(name, [...others, { ...definition, name }]);
  }
}
