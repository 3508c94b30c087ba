// `<name>` in the options of a filter: replaced by the option of that name, inside out (`<mdre-<mode>>`), until nothing is left to replace
// (jail.conf(5), "FILTER FILES"). A tag that no option has stays: <HOST>, <F-USER>, the `<name>` of `(?P<name>...)`. Pure.
import { err, ok, type Result } from '../core/result.ts';
import { ComposedValue } from './composed-value.ts';
import { type ConfigError, quoteText } from './config-error.ts';
import type { ConfigValue } from './interpolation.ts';

/** An option that a tag names. */
export interface TagTarget {
  /** The same for each way to name the option. */
  readonly key: string;
  readonly value: ConfigValue;
}

/** The option that a tag names, if any. */
export type TagLookup = (tag: string) => Result<TagTarget | undefined, ConfigError[]>;

/** fail2ban's own limit for one tag in one value. */
const maxRepeats = 25;

/** Stock filters nest 5 deep. */
const maxDepth = 100;

/** The longest final expression of fail2ban's filters has 2483 characters. */
const maxLength = 256 * 1024;

/** Characters looked at for one filter; values that multiply each other end here. */
const maxWork = 32 * 1024 * 1024;

export class TagSubstitution {
  readonly #find: TagLookup;
  readonly #found = new Map<string, Result<TagTarget | undefined, ConfigError[]>>();
  readonly #resolved = new Map<string, Result<ConfigValue, ConfigError[]>>();
  /** Keys, the outermost first. */
  readonly #open: string[] = [];
  #work = 0;

  constructor(find: TagLookup) {
    this.#find = find;
  }

  /** `key`: of the option that `value` belongs to. The errors come without a section; the first one ends a value. */
  resolve(key: string, value: ConfigValue): Result<ConfigValue, ConfigError[]> {
    const known = this.#resolved.get(key);
    if (known !== undefined) return known;
    this.#open.push(key);
    const resolved = this.#expand(value);
    this.#open.pop();
    this.#resolved.set(key, resolved);
    return resolved;
  }

  #expand(original: ConfigValue): Result<ConfigValue, ConfigError[]> {
    let value = ComposedValue.of(original);
    const repeats = new Map<string, number>();
    let position = 0;
    let isChanged = false;
    for (;;) {
      const match = tagAt(value.text, position);
      this.#work += (match?.end ?? value.text.length) - position + 1;
      if (match === undefined) {
        // What was put in may have completed a tag that begins before it.
        if (!isChanged) return ok(value);
        position = 0;
        isChanged = false;
        continue;
      }
      const target = this.#lookup(match.tag);
      if (!target.ok) return target;
      if (target.value === undefined || this.#isItself(value, match, target.value)) {
        position = match.end;
        continue;
      }
      const count = repeats.get(match.tag) ?? 0;
      repeats.set(match.tag, count + 1);
      const replaced = this.#replace(value, match, target.value, count);
      if (!replaced.ok) return replaced;
      if (replaced.value === value) position = match.end;
      else {
        value = replaced.value;
        position = match.start;
        isChanged = true;
      }
    }
  }

  /** [lt_x] without `datepattern` falls back to [DEFAULT], where it is <lt_<logtype>/datepattern>: fail2ban lets such a tag stand. */
  #isItself(value: ConfigValue, { tag }: TagMatch, target: TagTarget): boolean {
    return target.key.includes('/') && this.#open.at(-1) === target.key && value.text === `<${tag}>`;
  }

  /** `value` itself where the tag stands for itself. */
  #replace(value: ComposedValue, { tag, start }: TagMatch, target: TagTarget, count: number): Result<ComposedValue, ConfigError[]> {
    const part = `<${tag}>`;
    const fail = (message: string): Result<never, ConfigError[]> =>
      err([{ ...value.originAt(start), section: undefined, message: `${quoteText(part)} ${message}` }]);
    if (this.#open.includes(target.key)) {
      const chain = [...this.#open.slice(this.#open.indexOf(target.key)), target.key].map((key) => key.slice(0, 40)).join(' -> ');
      return fail(`leads back to itself: ${quoteText(chain)}; take one of them out`);
    }
    if (count > maxRepeats) return fail(`comes back after it was replaced ${maxRepeats} times; do its values build it again?`);
    if (this.#open.length >= maxDepth) return fail(`is nested more than ${maxDepth} deep; write the values out`);
    const replacement = this.resolve(target.key, target.value);
    if (!replacement.ok) return replacement;
    if (replacement.value.text === part) return ok(value);
    const uses = value.text.split(part).length - 1;
    const length = value.text.length + uses * (replacement.value.text.length - part.length);
    this.#work += value.text.length + length;
    if (length > maxLength) return fail(`makes the value longer than ${maxLength / 1024} KiB; do values double each other?`);
    if (this.#work > maxWork) return fail('needs too many steps together with the other tags of this filter; do values double each other?');
    return ok(value.replaceAll(part, replacement.value));
  }

  #lookup(tag: string): Result<TagTarget | undefined, ConfigError[]> {
    let found = this.#found.get(tag);
    if (found === undefined) {
      found = this.#find(tag);
      this.#found.set(tag, found);
      if (found.ok && found.value !== undefined) this.#work += found.value.value.text.length;
    }
    return found;
  }
}

interface TagMatch {
  readonly tag: string;
  readonly start: number;
  readonly end: number;
}

/** The first `<tag>` at or after `position` that has no other in it. */
function tagAt(text: string, position: number): TagMatch | undefined {
  const pattern = /<([^ <>]+)>/g;
  pattern.lastIndex = position;
  const match = pattern.exec(text);
  return match?.[1] === undefined ? undefined : { tag: match[1], start: match.index, end: match.index + match[0].length };
}
