// What curl and wget make of text: a part of what they send, or else the name of a file, the page they ask, an option (curl(1), wget(1)).
// Pure.
import { nameOf, type Program, programOf, type ShellWord } from './simple-command.ts';

/** How an option takes its value. `form`: a field as curl's -F has it. `data`: "@" before the name of a file, if it begins so. */
type ValueUse = 'form' | 'data' | 'encoded' | 'field' | 'text' | 'none' | 'other';

interface Transfer {
  /** Of one letter, those with a value: all others have none. */
  readonly valued: string;
  readonly uses: ReadonlyMap<string, ValueUse>;
}

function transfer(valued: string, uses: Readonly<Partial<Record<ValueUse, string>>>): Transfer {
  const list = Object.entries(uses).flatMap(([use, options]) => options.split(' ').map((option) => [option, use as ValueUse] as const));
  return { valued, uses: new Map(list) };
}

const transfers: ReadonlyMap<string, Transfer> = new Map([
  [
    'curl',
    transfer('AbcCdDeEFHhKmoPQrtTuUwxXyYz', {
      form: '-F --form',
      data: '-d --data --data-ascii --data-binary --json',
      encoded: '--data-urlencode --url-query',
      field: '--form-string',
      text: '-H --header -A --user-agent -e --referer --data-raw',
      none: '--silent --show-error --fail --fail-with-body --location --insecure --get --compressed --no-progress-meter --globoff --ipv4 --ipv6',
    }),
  ],
  [
    'wget',
    transfer('aeioBtOTwQPUlARDIX', {
      text: '--header -U --user-agent --referer --post-data --body-data',
      none: '--quiet --no-verbose --spider --no-check-certificate',
    }),
  ],
]);

interface TransferValue {
  readonly name: string;
  readonly use: ValueUse | 'page';
  readonly option: string;
  /** Before the text. */
  readonly prefix: string;
}

/** As what the text would be sent that stands in `word`; undefined where the command is none of them. */
function sentValueOf({ words, name: own, isData }: Program, word: ShellWord): TransferValue | undefined {
  // To somebody's own script the name is a word.
  const isOther = isData || /\.[a-z]\w*$/.test(own);
  const at = transfers.has(own) || isOther ? -1 : words.findIndex((one) => transfers.has(nameOf(one)));
  const name = at === -1 ? own : nameOf(words[at]);
  const known = transfers.get(name);
  if (known === undefined) return undefined;
  const glued = optionIn(word.literal, known);
  if (glued !== undefined) return { name, use: useOf(glued.option, known), ...glued };
  const before = optionIn(words.at(-1)?.literal ?? '', known);
  const isValue = before?.prefix === '' && useOf(before.option, known) !== 'none';
  if (isValue) return { name, use: useOf(before.option, known), option: before.option, prefix: word.literal };
  return { name, use: 'page', option: '', prefix: word.literal };
}

const useOf = (option: string, { uses }: Transfer): ValueUse => uses.get(option) ?? 'other';

/** The option with a value at the end of a word, and what the word has of its value; undefined where it has none. */
function optionIn(literal: string, { valued, uses }: Transfer): { readonly option: string; readonly prefix: string } | undefined {
  const [, long, value] = /^(--[\w-]+)(?:=(.*))?$/s.exec(literal) ?? [];
  if (long !== undefined) return uses.get(long) === 'none' ? undefined : { option: long, prefix: value ?? '' };
  if (!/^-\w/.test(literal)) return undefined;
  const at = Array.from(literal).findIndex((letter, index) => index > 0 && valued.includes(letter));
  return at === -1 ? undefined : { option: `-${literal[at]}`, prefix: literal.slice(at + 1) };
}

const asFile = 'curl would send the file that a text beginning with "@" names; write name=<tag> with --data-urlencode';
const asField = 'what follows "&" in it would be another field; write name=<tag> with --data-urlencode';
const asForm = 'curl would read ";headers=@file" and the like in it; write --form-string name=<tag>, or --data-urlencode name=<tag>';

/** Why nothing but an address may stand in `word`; undefined where more may. */
export function refuseInTransfer(program: Program, word: ShellWord): string | undefined {
  const value = sentValueOf(program, word);
  if (value === undefined) return undefined;
  const { name, use, option, prefix } = value;
  if (use === 'page') return isPage(word) ? undefined : `${name} would ask the page that it names`;
  if (use === 'data' || use === 'encoded') return prefix === '' || (use === 'encoded' && !prefix.includes('=')) ? asFile : undefined;
  if (use === 'field') return prefix.includes('=') ? undefined : 'it would name the field';
  if (use === 'text') return name === 'curl' && /^(?:-H|--header)$/.test(option) && prefix === '' ? asFile : undefined;
  return use === 'other' ? `${name} may take more than text from ${option}` : undefined;
}

/** The same for text from a log, where a word of letters and digits does no harm. */
export function refuseTextInTransfer(program: Program, word: ShellWord): string | undefined {
  const value = sentValueOf(program, word);
  if (value?.use === 'form') return asForm;
  return value !== undefined && isField(value) ? asField : undefined;
}

/** Whether such a word alone may stand there. */
export function isWordInTransfer(program: Program, word: ShellWord): boolean {
  const value = sentValueOf(program, word);
  return value !== undefined && (value.use === 'form' || isField(value));
}

/** Why no variable of a command may hold text from a log; undefined where one may. */
export function refuseVariableInTransfer(all: readonly ShellWord[]): string | undefined {
  const isForm = (word: ShellWord, at: number) =>
    word.expands !== undefined && sentValueOf(programOf(all.slice(0, at)), word)?.use === 'form';
  return all.some(isForm) ? asForm : undefined;
}

/** curl or wget, where it reads what to ask, or all its options, from its input: `curl -K -`. */
export function readsRequests(all: readonly ShellWord[]): string | undefined {
  const isInput = (prefix: string): boolean => /^(?:-|\/(?:dev|proc)\/.*)$/s.test(prefix);
  return all.flatMap((word, at) => {
    const value = sentValueOf(programOf(all.slice(0, at)), word);
    const isRead = value !== undefined && isInput(value.prefix) && requests.get(value.name)?.test(value.option) === true;
    return isRead ? [value.name] : [];
  })[0];
}

const requests: ReadonlyMap<string, RegExp> = new Map([
  ['curl', /^(?:-K|--config)$/],
  ['wget', /^(?:-i|--input-file|--config)$/],
]);

/** `name=`, but not `payload={`. */
const isField = ({ use, option, prefix }: TransferValue): boolean =>
  (use === 'data' || /^--(?:data-raw|(?:post|body)-data)$/.test(option)) && /^[^{["]*=[^{["]*$/.test(prefix);

/** Whether it has the host already: what follows leads to no other. */
const isPage = ({ literal, expands }: ShellWord): boolean =>
  /^\w+:\/\/[^/?#]+[/?#]/.test(literal) || (expands === 'first' && /[/?#]/.test(literal));
