// `%(name)s` in a value: configparser's basic interpolation with fail2ban's additions known/, default/, SECTION/ and __name__. Pure.
import { type ConfigError, type Origin, quoteText } from './config-error.ts';
import { defaultSection, type OptionDefinition } from './ini.ts';
import { suggestName } from './nearest-name.ts';
import type { OptionTable } from './option-table.ts';
import { pieceIndex } from './piece-index.ts';

/** An interpolated value and where its text came from. */
export interface ConfigValue {
  readonly text: string;
  /** Of the option that was asked for. */
  readonly origin: Origin;
  /** Of the character at `offset` in `text`, which may stand in another option and file. */
  originAt(offset: number): Origin;
  /** Of the text from `start` to `end` as a whole: where it is written, rather than what its references stand for. */
  originOf(start: number, end: number): Origin;
}

/** Values that no file holds, by lower-case name; they come before the files' and are taken as they are, `%` and all. */
export type GivenValues = ReadonlyMap<string, string>;

/** Characters looked at for one value; doubling definitions (a = %(b)s%(b)s, b = ...) end here. */
const maxWork = 4 * 1024 * 1024;

/** The limit keeps a text full of `%(` from being searched to its end each time. */
const reference = /%\(([^)]{1,200})\)s/y;

/** Nobody nests so deep (fail2ban stops at 10); it bounds the recursion. */
const maxDepth = 100;

/**
 * The value of `definition` as `section` sees it: names are looked up in `given`, the section and [DEFAULT], whatever section the text
 * with the reference stands in. All errors at once, each at the line of its reference.
 */
export function interpolateOption(
  table: OptionTable,
  section: string,
  definition: OptionDefinition,
  given: GivenValues = new Map(),
): { readonly value: ConfigValue; readonly errors: readonly ConfigError[] } {
  const interpolation = new Interpolation(table, section, given);
  interpolation.expand(definition);
  return { value: interpolation.finish(definition), errors: interpolation.errors };
}

/** The result from `start` on comes from `definition` at `from`: copied, or, for a given value, what a reference there stands for. */
interface Piece {
  readonly start: number;
  readonly definition: OptionDefinition;
  readonly from: number;
  readonly isCopy: boolean;
  /** How many references lead to `definition`. */
  readonly depth: number;
}

class Interpolation {
  readonly errors: ConfigError[] = [];
  readonly #table: OptionTable;
  readonly #section: string;
  readonly #given: GivenValues;
  readonly #pieces: Piece[] = [];
  readonly #texts: string[] = [];
  readonly #reported = new Set<string>();
  readonly #missing = new Map<string, string>();
  #length = 0;
  #work = 0;
  /** What is being expanded, the outermost first. */
  readonly #open: OptionDefinition[] = [];

  constructor(table: OptionTable, section: string, given: GivenValues) {
    this.#table = table;
    this.#section = section;
    this.#given = given;
  }

  finish(definition: OptionDefinition): ConfigValue {
    const pieces = this.#pieces;
    return {
      text: this.#texts.join(''),
      origin: definition.origin,
      originAt: (offset) => originIn(pieces, offset) ?? definition.origin,
      originOf: (start, end) => originOfRange(pieces, start, end) ?? definition.origin,
    };
  }

  expand(definition: OptionDefinition): void {
    const { text } = definition;
    this.#open.push(definition);
    let position = 0;
    while (position < text.length && this.#mayGoOn(definition, position)) {
      const percent = text.indexOf('%', position);
      const end = percent === -1 ? text.length : percent;
      this.#copy(definition, position, text.slice(position, end), true);
      position = percent === -1 ? end : this.#expandPercent(definition, percent);
      this.#work += position - end + 1;
    }
    this.#open.pop();
  }

  /** Takes what begins with the `%` at `percent`; returns the position behind it. */
  #expandPercent(definition: OptionDefinition, percent: number): number {
    const { text } = definition;
    if (text[percent + 1] === '%') {
      this.#copy(definition, percent, '%', true);
      return percent + 2;
    }
    reference.lastIndex = percent;
    const [taken, name] = reference.exec(text) ?? [];
    if (taken === undefined || name === undefined) {
      const shown = quoteText(text.slice(percent, percent + 20));
      this.#report(definition, percent, `${shown} is no %(name)s; write %% for a percent sign`);
      // What follows a stray sign is still looked through.
      return percent + 1;
    }
    this.#expandReference(definition, percent, name.toLowerCase());
    return percent + taken.length;
  }

  #expandReference(definition: OptionDefinition, percent: number, name: string): void {
    const given = name === '__name__' ? this.#section : this.#given.get(name);
    if (given !== undefined) {
      this.#copy(definition, percent, given, false);
      return;
    }
    const target = this.#find(definition, name);
    if (target === undefined) {
      const message = this.#missing.get(name) ?? this.#describeMissing(name);
      this.#missing.set(name, message);
      this.#report(definition, percent, message);
    } else if (this.#open.includes(target)) {
      const chain = [...this.#open.slice(this.#open.indexOf(target)), target].map((option) => option.name.slice(0, 40)).join(' -> ');
      this.#report(definition, percent, `${quoteText(`%(${name})s`)} leads back to itself: ${quoteText(chain)}; take one of them out`);
    } else if (this.#open.length >= maxDepth) {
      this.#report(definition, percent, `${quoteText(`%(${name})s`)} is nested more than ${maxDepth} deep; write the values out`);
    } else {
      this.expand(target);
    }
  }

  #find(from: OptionDefinition, name: string): OptionDefinition | undefined {
    const own = this.#last(this.#section, name) ?? this.#last(defaultSection, name);
    const slash = name.indexOf('/');
    if (own !== undefined || slash <= 0) return own;
    const place = name.slice(0, slash);
    const option = name.slice(slash + 1);
    if (place === 'known') return this.#findKnown(from, option);
    if (place === 'default') return this.#last(defaultSection, option);
    // References are lower-cased, the names of sections are not.
    const section = this.#table.findSection(place);
    return section === undefined ? undefined : (this.#last(section, option) ?? this.#last(defaultSection, option));
  }

  /** What `option` was before: before `from` where `from` defines it, otherwise before its last definition in the section. */
  #findKnown(from: OptionDefinition, option: string): OptionDefinition | undefined {
    const own = this.#table.definitions(this.#section, option);
    const defaults = this.#table.definitions(defaultSection, option);
    if (defaults.includes(from)) return defaults[defaults.indexOf(from) - 1];
    const before = own.includes(from) ? own.indexOf(from) - 1 : own.length - 2;
    // fail2ban ends with [DEFAULT]; a single definition in another option's section is what else can be meant.
    return own[before] ?? defaults.at(-1) ?? (own.includes(from) ? undefined : own[0]);
  }

  #last(section: string, option: string): OptionDefinition | undefined {
    return this.#table.definitions(section, option).at(-1);
  }

  #describeMissing(name: string): string {
    const shown = quoteText(`%(${name})s`);
    const slash = name.indexOf('/');
    const place = slash > 0 ? name.slice(0, slash) : '';
    if (place === 'known') {
      return `${shown} has no earlier value: no file read before this one sets it in [${this.#section}] or [${defaultSection}]; set it there, or write the value out`;
    }
    if (place !== '' && place !== 'default' && this.#table.findSection(place) === undefined) {
      const cure = suggestName(place, [...this.#table.sectionNames(), 'known', 'default']) || '; correct the name or add the section';
      return `${shown} names a section that does not exist${cure}`;
    }
    const sections = place === '' ? [this.#section, defaultSection] : [this.#table.findSection(place) ?? defaultSection, defaultSection];
    const known = new Set(sections.flatMap((section) => this.#table.options(section)).map((option) => option.name));
    if (place === '') for (const given of this.#given.keys()) known.add(given);
    const where = [...new Set(sections)].map((section) => `[${section}]`).join(' or ');
    const cure = suggestName(slash > 0 ? name.slice(slash + 1) : name, known) || '; set it there, or write %% for a percent sign';
    return `${shown} is set nowhere in ${where}${cure}`;
  }

  #copy(definition: OptionDefinition, from: number, text: string, isCopy: boolean): void {
    if (text === '') return;
    this.#pieces.push({ start: this.#length, definition, from, isCopy, depth: this.#open.length });
    this.#texts.push(text);
    this.#length += text.length;
    this.#work += text.length;
  }

  /** False ends the expansion of everything that is open. */
  #mayGoOn(definition: OptionDefinition, position: number): boolean {
    if (this.#work > maxWork) this.#report(definition, position, tooMuchWork);
    return this.#work <= maxWork && this.errors.length < maxErrors;
  }

  /** The same trouble is told once: it may come back by the million when definitions multiply each other. */
  #report(definition: OptionDefinition, offset: number, message: string): void {
    if (this.#reported.has(message)) return;
    this.#reported.add(message);
    const asked = this.#open[0] ?? definition;
    const reason = asked === definition ? '' : ` (for option ${quoteText(asked.name)} of [${this.#section}])`;
    this.errors.push({ ...originOf(definition, offset), section: this.#section, message: `${message}${reason}` });
  }
}

const tooMuchWork = `the value grows beyond ${maxWork / 1024 / 1024} MiB by its references; do they double each other?`;

/** Errors of one value after which the rest of it is not looked at. */
const maxErrors = 20;

function originOf(definition: OptionDefinition, offset: number): Origin {
  let row = 0;
  for (let index = definition.text.indexOf('\n'); index !== -1 && index < offset; index = definition.text.indexOf('\n', index + 1)) row++;
  return { file: definition.origin.file, line: definition.lines[row] ?? definition.origin.line };
}

function originIn(pieces: readonly Piece[], offset: number): Origin | undefined {
  const piece = pieces[pieceIndex(pieces, offset)];
  return piece && originOf(piece.definition, piece.isCopy ? piece.from + offset - piece.start : piece.from);
}

function originOfRange(pieces: readonly Piece[], start: number, end: number): Origin | undefined {
  let best: Piece | undefined;
  for (let index = Math.max(0, pieceIndex(pieces, start)); index < pieces.length; index++) {
    const piece = pieces[index];
    if (piece === undefined || (piece.start >= end && best !== undefined)) break;
    if (best === undefined || piece.depth < best.depth) best = piece;
  }
  return best && originIn([best], Math.max(start, best.start));
}
