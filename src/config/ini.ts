// One configuration file's text as sections and options: the dialect of Python's configparser (docs.python.org, "Supported INI file
// structure") as fail2ban sets it up: strict, ` ;` begins a comment inside a line, empty lines belong to a value. Pure.
import { type ConfigError, type Origin, quoteText } from './config-error.ts';

/** One `name = text`, nothing interpolated. Two definitions of one option are two objects: their identity tells them apart. */
export interface OptionDefinition {
  /** Lower case. */
  readonly name: string;
  /** The lines of the value, each trimmed, joined by "\n"; the first is empty where the value begins on the next line. */
  readonly text: string;
  readonly origin: Origin;
  /** For each line of `text` its line in the file. */
  readonly lines: readonly number[];
}

interface IniSection {
  readonly name: string;
  readonly line: number;
  readonly options: readonly OptionDefinition[];
}

export interface IniFile {
  readonly file: string;
  readonly sections: readonly IniSection[];
  readonly errors: readonly ConfigError[];
}

/** The section whose options are the defaults of all others. */
export const defaultSection = 'DEFAULT';

/** The section that names other files; it configures nothing else. */
export const includesSection = 'INCLUDES';

/** After so many errors a file is something else, and a longer list helps nobody. */
const maxErrors = 50;

/** Never throws; a section or option that cannot be taken is in `errors` and not in `sections`. `file` is only a name here. */
export function parseIni(text: string, file: string): IniFile {
  const nul = text.indexOf('\0');
  if (nul !== -1) {
    const message = 'binary data (a NUL character) in a configuration file; put a text file here or remove it';
    return { file, sections: [], errors: [{ file, line: lineAt(text, nul), section: undefined, message }] };
  }
  const reader = new IniReader(file);
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  for (const [index, line] of lines.entries()) if (!reader.read(line, index + 1)) break;
  return reader.finish();
}

interface OpenSection {
  name: string;
  line: number;
  options: Map<string, OpenOption>;
}

interface OpenOption {
  line: number;
  values: string[];
  lines: number[];
}

class IniReader {
  readonly #file: string;
  readonly #errors: ConfigError[] = [];
  readonly #sections = new Map<string, OpenSection>();
  #section: OpenSection | undefined;
  /** What an indented line continues; it may belong to no section when its option is in error. */
  #option: OpenOption | undefined;
  #indent = 0;
  #isHeaderMissed = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** False when it makes no sense to go on. */
  read(line: string, number: number): boolean {
    const commentStart = findComment(line);
    const value = line.slice(0, commentStart).trim();
    if (value === '') {
      if (commentStart === undefined) this.#continueWith('', number);
      return true;
    }
    const indent = line.search(/\S/);
    if (this.#option !== undefined && indent > this.#indent) {
      this.#continueWith(value, number);
      return true;
    }
    this.#indent = indent;
    const header = /^\[([^\]]+)\]/.exec(value)?.[1];
    if (header !== undefined) this.#openSection(header, number);
    else if (this.#section === undefined) this.#missHeader(value, number);
    else this.#openOption(value, number, this.#section);
    return this.#errors.length < maxErrors;
  }

  finish(): IniFile {
    const sections = [...this.#sections.values()].map((section) => ({
      name: section.name,
      line: section.line,
      options: [...section.options].map(([name, option]) => closeOption(name, option, this.#file)),
    }));
    return { file: this.#file, sections, errors: this.#errors };
  }

  #continueWith(value: string, line: number): void {
    this.#option?.values.push(value);
    this.#option?.lines.push(line);
  }

  #openSection(name: string, line: number): void {
    this.#option = undefined;
    const earlier = this.#sections.get(name);
    if (earlier !== undefined && name !== defaultSection) {
      this.#report(line, name, `section [${name}] is already in this file, at line ${earlier.line}; put its options there`);
      // Taken apart from the first, so that its options are checked and not used.
      this.#section = { name, line, options: new Map() };
      return;
    }
    this.#section = earlier ?? { name, line, options: new Map() };
    this.#sections.set(name, this.#section);
  }

  #missHeader(value: string, line: number): void {
    if (this.#isHeaderMissed) return;
    this.#isHeaderMissed = true;
    this.#report(line, undefined, `${quoteText(value)} stands before the first section; put a line such as [DEFAULT] or [sshd] above it`);
  }

  #openOption(value: string, line: number, section: OpenSection): void {
    const option: OpenOption = { line, values: [], lines: [line] };
    this.#option = option;
    const delimiter = value.search(/[=:]/);
    const name = value.slice(0, Math.max(0, delimiter)).trimEnd().toLowerCase();
    option.values.push(value.slice(delimiter + 1).trimStart());
    if (delimiter === -1) {
      this.#report(
        line,
        section.name,
        `${quoteText(value)} is no option; write "name = value", or indent it if it continues the line above`,
      );
    } else if (name === '') {
      this.#report(line, section.name, `no option name before ${quoteText(value)}; write "name = value"`);
    } else {
      const earlier = section.options.get(name);
      if (earlier === undefined) section.options.set(name, option);
      else
        this.#report(
          line,
          section.name,
          `option ${quoteText(name)} is already in [${section.name}], at line ${earlier.line}; keep one of them`,
        );
    }
  }

  #report(line: number, name: string | undefined, message: string): void {
    // What is wrong in these two concerns every section.
    const section = name === defaultSection || name === includesSection ? undefined : name;
    this.#errors.push({ file: this.#file, line, section, message });
    if (this.#errors.length === maxErrors) {
      this.#errors.push({
        file: this.#file,
        line,
        section: undefined,
        message: `more than ${maxErrors} errors; the rest of the file is not read`,
      });
    }
  }
}

/** Where the comment of this line begins: `;` after white space or at the start, or `#` where it is the first character. */
function findComment(line: string): number | undefined {
  if (/^\s*[#;]/.test(line)) return 0;
  const index = line.search(/\s;/);
  return index === -1 ? undefined : index + 1;
}

function closeOption(name: string, option: OpenOption, file: string): OptionDefinition {
  const text = option.values.join('\n').trimEnd();
  return { name, text, origin: { file, line: option.line }, lines: option.lines };
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let index = text.indexOf('\n'); index !== -1 && index < offset; index = text.indexOf('\n', index + 1)) line++;
  return line;
}
