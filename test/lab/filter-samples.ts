// Samples of our own filters, test/samples/filter.d/NAME.log: `EXPECTED | LINE`. The form is told at the top of sshd.log.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What an attacker wrote: «any text», or ‹the name of a host›, which has few characters only. */
export type HostileKind = 'text' | 'name';

/** What a sample's line is made of. */
interface SamplePart {
  readonly text: string;
  /** Undefined: the program wrote it. */
  readonly hostile: HostileKind | undefined;
}

export interface FilterSample {
  /** File and line, for messages. */
  readonly place: string;
  readonly parts: readonly SamplePart[];
  /** Undefined: counts against nobody. */
  readonly address: string | undefined;
  /** Undefined: any. */
  readonly user: string | undefined;
}

/** Lines for one filter, in order: what it knows of sessions carries over. */
export interface SampleGroup {
  readonly options: ReadonlyMap<string, string>;
  readonly samples: readonly FilterSample[];
}

const directory = join(import.meta.dirname, '../../../test/samples/filter.d');

export function loadFilterSamples(name: string): SampleGroup[] {
  const groups: { options: Map<string, string>; samples: FilterSample[] }[] = [];
  const lines = readFileSync(join(directory, `${name}.log`), 'utf8').split('\n');
  for (const [index, line] of lines.entries()) {
    const place = `${name}.log:${index + 1}`;
    if (line.startsWith('##')) groups.push({ options: readOptions(line), samples: [] });
    else if (line !== '' && !line.startsWith('#')) {
      const [, address, user, text] = /^(-|[\da-f.:/]+)(?: \((.*?)\))? \| (.*)$/.exec(line) ?? [];
      const group = groups.at(-1);
      if (address === undefined || text === undefined || group === undefined) throw new Error(`${place}: not EXPECTED | LINE`);
      group.samples.push({ place, parts: readParts(text), address: address === '-' ? undefined : address, user });
    }
  }
  return groups;
}

/** `write`: what stands in place of an attacker's text; without it, the sample's own does. */
export function lineOf({ parts }: FilterSample, write?: (kind: HostileKind) => string): string {
  return parts.map(({ text, hostile }) => (hostile === undefined || write === undefined ? text : write(hostile))).join('');
}

function readOptions(line: string): Map<string, string> {
  return new Map([...line.matchAll(/(\w+)=(\w+)/g)].map(([, name = '', value = '']) => [name, value]));
}

function readParts(line: string): SamplePart[] {
  return [...line.matchAll(/«(.*?)»|‹(.*?)›|[^«‹]+/g)].map(([all, text, name]) => {
    if (text !== undefined) return { text, hostile: 'text' };
    return name === undefined ? { text: all, hostile: undefined } : { text: name, hostile: 'name' };
  });
}
