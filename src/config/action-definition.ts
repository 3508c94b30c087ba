// action.d/NAME.conf with what is laid over it and a jail's arguments, to the commands of an action: all of fail2ban's dialect that
// concerns actions (jail.conf(5), "ACTION FILES"). Nothing is run here.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type CommandDefinition, type CommandName, type CommandSet, commandNames } from '../action/command-definition.ts';
import { fixedTags } from '../action/shell/placeholder.ts';
import type { ShellTemplate } from '../action/shell/shell-template.ts';
import { parseShellTemplate } from '../action/shell/shell-template-parser.ts';
import { parseDuration } from '../core/duration.ts';
import type { Family } from '../core/ip-network.ts';
import { ok, type Result } from '../core/result.ts';
import type { NamedDefinition } from './action-list.ts';
import { type ConfigError, type Origin, quoteText } from './config-error.ts';
import { loadMergedConfig } from './config-files.ts';
import { FilterValues, plainValue } from './filter-values.ts';
import type { ConfigValue, GivenValues } from './interpolation.ts';
import { knownList } from './known-list.ts';
import type { MergedConfig } from './merged-config.ts';
import { nearestName } from './nearest-name.ts';
import { parseBoolean } from './option-reader.ts';
import { TagSubstitution } from './tag-substitution.ts';

export interface ActionRequest {
  /** The jail that asks: <name> where the arguments do not set it. Errors carry it. */
  readonly section: string;
  /** Where the action and its arguments are named. */
  readonly origin: Origin;
  /** Other values of the jail that a definition may refer to. */
  readonly context?: GivenValues;
}

export interface LoadedAction {
  /** Undefined where there are errors. */
  readonly definition: CommandDefinition | undefined;
  readonly errors: readonly ConfigError[];
  /** What is likely a mistake. */
  readonly notices: readonly ConfigError[];
  /** All that was read of it. */
  readonly files: readonly string[];
}

const defaultTimeoutMs = 60_000;
const longestTimeoutMs = 60 * 60 * 1000;
const mostErrors = 50;

const settings = ['norestored', 'timeout', 'actionstart_on_demand', 'actionrepair_on_unban'] as const;

/** fail2ban's word for a ban that is there already; nothing ever runs it. */
const silentOptions = ['actionreban'];

/** `named`: `iptables[port=ssh]` parsed; the name stands for a file in action.d. Never throws for what is in the files. */
export function loadActionDefinition(directory: string, named: NamedDefinition, request: ActionRequest): LoadedAction {
  const refusal = refuseName(directory, named.name);
  if (refusal === undefined) return new ActionReader(directory, named, request).read();
  return { definition: undefined, errors: [{ ...request.origin, section: request.section, message: refusal }], notices: [], files: [] };
}

function refuseName(directory: string, name: string): string | undefined {
  if (!/^[\w.-]+$/.test(name) || name.startsWith('.'))
    return `${quoteText(name)} is no name of an action; name a file of action.d without .conf`;
  const base = resolve(directory, 'action.d', name);
  const isPython = name.endsWith('.py') || (existsSync(`${base}.py`) && !existsSync(`${base}.conf`));
  if (!isPython) return undefined;
  return `action ${quoteText(name)} is a Python program, which only fail2ban can run; take action = mail for mail over SMTP, or write its command into action.d`;
}

class ActionReader {
  readonly #errors: ConfigError[] = [];
  readonly #notices: ConfigError[] = [];
  readonly #name: string;
  readonly #request: ActionRequest;
  readonly #config: MergedConfig;
  readonly #values: Readonly<Record<Family, FilterValues>>;
  readonly #tags: Readonly<Record<Family, TagSubstitution>>;

  constructor(directory: string, { name, options }: NamedDefinition, request: ActionRequest) {
    this.#name = name;
    this.#request = request;
    this.#config = loadMergedConfig(directory, `action.d/${name}`);
    const given = new Map([...options].map(([option, text]) => [option, plainValue(text, request.origin)]));
    // A name in the arguments tells two uses of one action in one jail apart.
    if (!given.has('name')) given.set('name', plainValue(request.section, request.origin));
    if (!given.has('actname')) given.set('actname', plainValue(name, request.origin));
    const valuesOf = (family: Family) =>
      new FilterValues(this.#config, given, request.context ?? new Map(), request.origin, `family=inet${family}`);
    this.#values = { 4: valuesOf(4), 6: valuesOf(6) };
    const tagsOf = (family: Family) => new TagSubstitution((tag) => this.#find(family, tag));
    this.#tags = { 4: tagsOf(4), 6: tagsOf(6) };
    this.#add([...this.#config.errors, ...this.#values[4].errors]);
    if (this.#config.errors.length === 0 && !this.#config.hasSection('Definition'))
      this.#fail({ file: this.#config.files[0] ?? name, line: undefined }, 'no section [Definition]; put it above the commands');
  }

  read(): LoadedAction {
    if (this.#errors.length > 0) return this.#finish(undefined);
    this.#noticeNames();
    const texts = ([4, 6] as const).map((family) => this.#texts(family));
    const [first = new Map(), second = new Map()] = texts;
    const commands4 = this.#compile(first);
    const commands6 = this.#isSame(first, second) ? commands4 : this.#compile(second);
    const common: readonly CommandName[] = ['start', 'stop', 'check', 'flush', 'repair', 'reload'];
    const isPerFamily = common.some(
      (name) => first.get(name)?.text !== second.get(name)?.text || commands4[name]?.tags.has('family') === true,
    );
    return this.#finish({
      name: this.#name,
      commands: { 4: commands4, 6: commands6 },
      isPerFamily,
      isStartedOnDemand: this.#boolean('actionstart_on_demand', this.#hasConditions()),
      norestored: this.#boolean('norestored', false),
      repairsOnUnban: this.#boolean('actionrepair_on_unban', false),
      timeoutMs: this.#timeoutMs(),
    });
  }

  #finish(definition: CommandDefinition | undefined): LoadedAction {
    const isSound = this.#errors.length === 0;
    return { definition: isSound ? definition : undefined, errors: this.#errors, notices: this.#notices, files: this.#config.files };
  }

  #find(family: Family, tag: string): ReturnType<FilterValues['find']> {
    const found = this.#values[family].find(tag);
    const fixed = fixedTags.get(tag);
    if (!found.ok || found.value !== undefined || fixed === undefined) return found;
    return ok({ key: tag, value: plainValue(fixed, this.#request.origin) });
  }

  #value(family: Family, option: string): ConfigValue | undefined {
    const value = this.#values[family].get(option);
    const resolved: Result<ConfigValue | undefined, ConfigError[]> =
      value.ok && value.value !== undefined ? this.#tags[family].resolve(option, value.value) : value;
    if (!resolved.ok) this.#add(resolved.error);
    return resolved.ok ? resolved.value : undefined;
  }

  #texts(family: Family): Map<CommandName, ConfigValue> {
    const texts = new Map<CommandName, ConfigValue>();
    for (const name of commandNames) {
      const value = this.#value(family, `action${name}`);
      if (value !== undefined && value.text.trim() !== '') texts.set(name, value);
    }
    // Who writes `actionlist =` wants none.
    const isSet = this.#value(family, 'actionlist') !== undefined;
    const list = isSet ? undefined : knownList(texts.get('ban')?.text ?? '', family);
    if (list !== undefined) texts.set('list', plainValue(list, this.#request.origin));
    return texts;
  }

  #isSame(first: ReadonlyMap<CommandName, ConfigValue>, second: ReadonlyMap<CommandName, ConfigValue>): boolean {
    return commandNames.every((name) => first.get(name)?.text === second.get(name)?.text);
  }

  #compile(texts: ReadonlyMap<CommandName, ConfigValue>): CommandSet {
    const commands: Partial<Record<CommandName, ShellTemplate>> = {};
    for (const [name, value] of texts) {
      const parsed = parseShellTemplate(value.text);
      if (!parsed.ok) {
        for (const { offset, message } of parsed.error) this.#fail(value.originAt(offset), `action${name}: ${message}`);
        continue;
      }
      commands[name] = parsed.value.template;
      for (const { tag, offset } of parsed.value.unknownTags) {
        const message = `action${name}: nothing sets ${quoteText(`<${tag}>`)}, so that the shell reads a file of that name; set it in [Init]`;
        this.#notice(value.originAt(offset), message);
      }
    }
    return commands;
  }

  #hasConditions(): boolean {
    return this.#config.sections.some((section) => this.#config.options(section).some(({ name }) => name.includes('?family=')));
  }

  #boolean(option: string, fallback: boolean): boolean {
    const value = this.#value(4, option);
    if (value === undefined || value.text.trim() === '') return fallback;
    const parsed = parseBoolean(value.text.trim());
    if (parsed === undefined) this.#fail(value.origin, `${option} = ${quoteText(value.text)}: expected yes or no`);
    return parsed ?? fallback;
  }

  #timeoutMs(): number {
    const value = this.#value(4, 'timeout');
    if (value === undefined || value.text.trim() === '') return defaultTimeoutMs;
    const timeoutMs = parseDuration(value.text.trim());
    if (timeoutMs !== undefined && timeoutMs >= 1000 && timeoutMs <= longestTimeoutMs) return timeoutMs;
    this.#fail(value.origin, `timeout = ${quoteText(value.text)}: expected a time from 1s to 1h`);
    return defaultTimeoutMs;
  }

  #noticeNames(): void {
    const options = [...commandNames.map((name) => `action${name}`), ...settings];
    for (const { name, text, origin } of this.#config.options('Definition')) {
      const meant = options.includes(name) || silentOptions.includes(name) || text.trim() === '' ? undefined : nearestName(name, options);
      if (meant !== undefined) this.#notice(origin, `nothing reads ${quoteText(name)}; did you mean "${meant}"?`);
    }
  }

  #fail({ file, line }: { readonly file: string; readonly line?: number | undefined }, message: string): void {
    this.#add([{ file, line, section: undefined, message }]);
  }

  #notice({ file, line }: Origin, message: string): void {
    const isTold = this.#notices.some((notice) => notice.file === file && notice.line === line && notice.message === message);
    if (!isTold) this.#notices.push({ file, line, section: this.#request.section, message });
  }

  /** The two families end in the same errors, mostly. */
  #add(errors: readonly ConfigError[]): void {
    for (const error of errors) {
      const { file, line, message } = error;
      const isTold = this.#errors.some((other) => other.file === file && other.line === line && other.message === message);
      if (!isTold && this.#errors.length < mostErrors) this.#errors.push({ ...error, section: this.#request.section });
    }
  }
}
